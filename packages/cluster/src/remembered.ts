/** The latest of what was heard, so that it is known when it comes again. */
export class Remembered {
  readonly #max: number;
  readonly #texts = new Set<string>();

  constructor(max: number) {
    this.#max = max;
  }

  /** False: it was heard already. */
  add(text: string): boolean {
    if (this.#texts.has(text)) return false;
    this.#texts.add(text);
    const oldest = this.#texts.values().next().value;
    if (this.#texts.size > this.#max && oldest !== undefined) this.#texts.delete(oldest);
    return true;
  }
}
