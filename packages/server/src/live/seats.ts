/** How many clients may be connected: on this node, and for each who connects. */
export const CONNECTIONS_MAX = 1_000;

/** For one token or person: some browser tabs, and programs. */
export const CONNECTIONS_PER_HOLDER_MAX = 50;

export type SeatRefusal = "too_many_connections" | "too_many_connections_of_yours";

export class Seats {
  #taken = 0;
  readonly #byHolder = new Map<string, number>();

  get taken(): number {
    return this.#taken;
  }

  /** Gives back how to leave the seat; calling that twice does no harm. */
  take(holder: string): (() => void) | SeatRefusal {
    const ofHolder = this.#byHolder.get(holder) ?? 0;
    if (ofHolder >= CONNECTIONS_PER_HOLDER_MAX) return "too_many_connections_of_yours";
    if (this.#taken >= CONNECTIONS_MAX) return "too_many_connections";
    this.#taken += 1;
    this.#byHolder.set(holder, ofHolder + 1);
    let isTaken = true;
    return () => {
      if (!isTaken) return;
      isTaken = false;
      this.#taken -= 1;
      const left = (this.#byHolder.get(holder) ?? 1) - 1;
      if (left > 0) this.#byHolder.set(holder, left);
      else this.#byHolder.delete(holder);
    };
  }
}
