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
    // A clock that was put back makes nothing wait longer.
    const waitMs = Math.min(everyMs, Math.max(0, this.#readAtMs + everyMs - Date.now()));
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#readAtMs = Date.now();
      if (this.#read()) this.soon(everyMs);
    }, waitMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
