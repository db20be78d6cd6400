/** The last rows of many, newest first. Adding one costs the same however many there are; the oldest make room. */
export class Ring<Row> {
  readonly #slots: (Row | undefined)[];
  #added = 0;

  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1) throw new RangeError("a ring has room for at least one row");
    this.#slots = Array.from<Row | undefined>({ length: capacity });
  }

  get size(): number {
    return Math.min(this.#added, this.#slots.length);
  }

  add(row: Row): void {
    this.#slots[this.#added % this.#slots.length] = row;
    this.#added += 1;
  }

  /** 0 is the newest. Undefined where there is none. */
  at(index: number): Row | undefined {
    if (index < 0 || index >= this.size) return undefined;
    return this.#slots[(this.#added - 1 - index) % this.#slots.length];
  }

  clear(): void {
    this.#slots.fill(undefined);
    this.#added = 0;
  }
}
