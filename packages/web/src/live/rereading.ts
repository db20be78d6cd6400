/** Reads something again when it has changed: at once after a quiet time, else at most so often, and never while it is being read. */
export class Rereading {
  readonly #read: () => boolean;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #readAtMs = Number.NEGATIVE_INFINITY;

  /** `read` returns whether it has to be done once more: what it would have asked for was on its way already. */
  constructor(read: () => boolean) {
    this.#read = read;
  }

  soon(everyMs: number): void {
    this.#timer ??= setTimeout(
      () => {
        this.#timer = undefined;
        this.#readAtMs = Date.now();
        if (this.#read()) this.soon(everyMs);
      },
      waitMs(this.#readAtMs, everyMs),
    );
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

/** Until it may be read again. A clock that was put back makes nothing wait longer. */
export function waitMs(readAtMs: number, everyMs: number): number {
  return Math.min(everyMs, Math.max(0, readAtMs + everyMs - Date.now()));
}
