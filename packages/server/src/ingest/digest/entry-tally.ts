/** At most this many are remembered; the oldest is forgotten. */
const REMEMBERED_MAX = 1_000;

/** How often something happened to each of a few entries, by their sequences. */
export class EntryTally {
  readonly #counts = new Map<number, number>();

  /** Once more; how often by now. */
  add(sequence: number): number {
    const count = (this.#counts.get(sequence) ?? 0) + 1;
    this.#counts.set(sequence, count);
    const oldest = this.#counts.keys().next().value;
    if (this.#counts.size > REMEMBERED_MAX && oldest !== undefined) this.#counts.delete(oldest);
    return count;
  }

  /** Once more; whether it is now the last of so many times. Then it is counted anew. */
  reaches(sequence: number, times: number): boolean {
    if (this.add(sequence) < times) return false;
    this.forget(sequence);
    return true;
  }

  forget(sequence: number): void {
    this.#counts.delete(sequence);
  }
}
