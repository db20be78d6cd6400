/** Random numbers that are the same for the same seed (mulberry32). For believable data, not for secrets. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 up to, but not including, 1. */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Both ends included. */
  integer(min: number, max: number): number {
    return min + Math.floor(this.fraction() * (max - min + 1));
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  hex(digits: number): string {
    return Array.from({ length: digits }, () => this.integer(0, 15).toString(16)).join("");
  }

  pick<T>(choices: readonly T[]): T {
    return this.pickWeighted(choices, () => 1);
  }

  pickWeighted<T>(choices: readonly T[], weightOf: (choice: T, index: number) => number): T {
    const total = choices.reduce((sum, choice, index) => sum + weightOf(choice, index), 0);
    let left = this.fraction() * total;
    const found = choices.find((choice, index) => {
      left -= weightOf(choice, index);
      return left < 0;
    });
    const chosen = found ?? choices.at(-1);
    if (chosen === undefined) throw new RangeError("there is nothing to pick from");
    return chosen;
  }
}
