/** Work that must not be done side by side: each begins when what came before has ended, however it ended. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  take<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Resolves when all that was taken by now has ended. */
  async ended(): Promise<void> {
    await this.#last;
  }
}
