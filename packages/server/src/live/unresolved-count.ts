/** How many issues of a project are unresolved: counted when that may have changed, and at most once a second. */

export const COUNT_EVERY_MS = 1_000;

/** Wait after a count that failed. */
const RETRY_MS = 5_000;

export class UnresolvedCount<Asker> {
  readonly #count: () => Promise<number>;
  readonly #tell: (count: number, isNew: boolean, waiting: readonly Asker[]) => void;
  readonly #onError: (error: unknown) => void;
  #known: number | undefined;
  #waiting = new Set<Asker>();
  #timer: NodeJS.Timeout | undefined;
  #isCounting = false;
  #isStale = false;
  #countedAtMs = Number.NEGATIVE_INFINITY;
  #isStopped = false;

  /** `tell` gets the count, whether it differs from the last one, and who asked for it. */
  constructor(
    count: () => Promise<number>,
    tell: (count: number, isNew: boolean, waiting: readonly Asker[]) => void,
    onError: (error: unknown) => void,
  ) {
    this.#count = count;
    this.#tell = tell;
    this.#onError = onError;
  }

  ask(asker: Asker): void {
    this.#waiting.add(asker);
    this.changed();
  }

  forget(asker: Asker): void {
    this.#waiting.delete(asker);
  }

  /** The count may be another now. */
  changed(): void {
    this.#isStale = true;
    this.#schedule(this.#countedAtMs + COUNT_EVERY_MS - performance.now());
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #schedule(waitMs: number): void {
    if (this.#isStopped || this.#isCounting || this.#timer !== undefined) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        void this.#run();
      },
      Math.max(0, waitMs),
    ).unref();
  }

  async #run(): Promise<void> {
    this.#isCounting = true;
    this.#isStale = false;
    this.#countedAtMs = performance.now();
    const waiting = [...this.#waiting];
    let retryMs = COUNT_EVERY_MS;
    try {
      const count = await this.#count();
      const isNew = count !== this.#known;
      this.#known = count;
      for (const asker of waiting) this.#waiting.delete(asker);
      if (!this.#isStopped) this.#tell(count, isNew, waiting);
    } catch (error) {
      this.#isStale = true;
      retryMs = RETRY_MS;
      this.#onError(error);
    }
    this.#isCounting = false;
    if (this.#isStale) this.#schedule(retryMs);
  }
}
