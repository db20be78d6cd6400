/**
 * Lets what came in one turn of the event loop go on together: each of its steps for all of them, before the next step of any. A
 * request's way alone is more code than a processor's caches hold, and would be fetched again for every request.
 */
export class Gathering {
  #turn: Promise<void> | undefined;

  /** Resolves once everything that was ready was read, for all that wait by then. Between steps there is to be an `await`. */
  join(): Promise<void> {
    this.#turn ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#turn = undefined;
        resolve();
      });
    });
    return this.#turn;
  }
}
