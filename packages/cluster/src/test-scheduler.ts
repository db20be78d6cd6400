/** Time and chance of a simulated world: everything that happens is an event of one queue, and a seed tells all of it. */

interface Happening {
  readonly atMs: number;
  /** Among those of one moment: the earlier planned is first. */
  readonly order: number;
  readonly actor: Actor | undefined;
  readonly run: () => void;
}

/** A life of a process. What was planned for it does not happen once it is gone, and waits while it is frozen. */
export interface Actor {
  isGone: boolean;
  frozenUntilMs: number;
}

/** Far more than any history needs: beyond it something feeds itself. */
const HAPPENINGS_MAX = 200_000;

export class Scheduler {
  nowMs = 0;
  #order = 0;
  #count = 0;
  #state: number;
  readonly #heap: Happening[] = [];

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** From 0 up to 1 (mulberry32). */
  random = (): number => {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };

  /** From `min` up to and without `max`. */
  between(min: number, max: number): number {
    return min + Math.floor(this.random() * (max - min));
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.between(0, items.length)];
    if (item === undefined) throw new RangeError("nothing to pick from");
    return item;
  }

  shuffle<T>(items: readonly T[]): T[] {
    return items
      .map((item) => ({ item, at: this.random() }))
      .sort((one, other) => one.at - other.at)
      .map(({ item }) => item);
  }

  chance(probability: number): boolean {
    return this.random() < probability;
  }

  after(waitMs: number, run: () => void, actor?: Actor): () => void {
    let isOff = false;
    this.#push({ atMs: this.nowMs + waitMs, order: ++this.#order, actor, run: () => isOff || run() });
    return () => {
      isOff = true;
    };
  }

  /** Lets happen what happens within so long. */
  async run(forMs: number): Promise<void> {
    const untilMs = this.nowMs + forMs;
    await settled();
    for (let next = this.#heap[0]; next !== undefined && next.atMs <= untilMs; next = this.#heap[0]) {
      this.#pop();
      const { actor } = next;
      if (actor?.isGone === true) continue;
      if (actor !== undefined && actor.frozenUntilMs > next.atMs) {
        this.#push({ ...next, atMs: actor.frozenUntilMs });
        continue;
      }
      this.nowMs = next.atMs;
      this.#count += 1;
      if (this.#count > HAPPENINGS_MAX) throw new Error("it does not come to rest");
      next.run();
      await settled();
    }
    this.nowMs = untilMs;
  }

  #push(happening: Happening): void {
    const heap = this.#heap;
    let at = heap.push(happening) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (isEarlier(heap[parent] as Happening, happening)) break;
      heap[at] = heap[parent] as Happening;
      at = parent;
    }
    heap[at] = happening;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isEarlier(heap[child + 1] as Happening, heap[child] as Happening)) child += 1;
      if (isEarlier(last, heap[child] as Happening)) break;
      heap[at] = heap[child] as Happening;
      at = child;
    }
    heap[at] = last;
  }
}

/** Promises and ticks that follow from an event belong to its moment. */
function settled(): Promise<void> {
  return new Promise(setImmediate);
}

function isEarlier(one: Happening, other: Happening): boolean {
  return one.atMs === other.atMs ? one.order < other.order : one.atMs < other.atMs;
}

/**
 * Runs a history for each of so many seeds. A fault names its seed; given to the history alone it happens again.
 * The first seed is another one every time.
 */
export async function runHistories(count: number, history: (seed: number) => Promise<void>): Promise<void> {
  const first = Math.floor(Math.random() * 2 ** 31);
  for (let seed = first; seed < first + count; seed += 1)
    await history(seed).catch((cause: unknown) => {
      throw new Error(`history of seed ${seed}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    });
}
