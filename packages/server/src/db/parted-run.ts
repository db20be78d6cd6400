/** Work by the clock that is cut into parts, most a transaction each: what fails of one is told at the end, and stops no other. */
import type { InTransaction, Transaction } from "./transaction.ts";

interface OfProject {
  readonly projectId: string;
}

export interface PartedRunOptions {
  readonly write: InTransaction;
  /** By the database's clock. */
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

export class PartedRun {
  readonly nowMs: number;
  readonly #write: InTransaction;
  readonly #signal: AbortSignal;
  readonly #faults: unknown[] = [];

  constructor({ write, nowMs, signal }: PartedRunOptions) {
    this.#write = write;
    this.nowMs = nowMs;
    this.#signal = signal;
  }

  /** Why parts could not be done. */
  get faults(): readonly unknown[] {
    return this.#faults;
  }

  /** What the part gives; undefined: it failed, or the run is over. */
  attempt<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result | undefined> {
    return this.attemptToRead(() => this.#write(work));
  }

  /** The same for what only reads, and may take longer than a transaction may. */
  async attemptToRead<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
    try {
      this.#signal.throwIfAborted();
      return await work();
    } catch (error) {
      this.#faults.push(error);
      return undefined;
    }
  }

  /** The same where there is another way: the fault is not the run's. */
  async attemptQuietly<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result | undefined> {
    try {
      this.#signal.throwIfAborted();
      return await this.#write(work);
    } catch {
      return undefined;
    }
  }

  /** Each project by itself. */
  async byProject<Item extends OfProject, Result>(
    items: readonly Item[],
    work: (tx: Transaction, items: readonly Item[]) => Promise<Result>,
  ): Promise<Result[]> {
    const results: Result[] = [];
    for (const ofProject of Map.groupBy(items, ({ projectId }) => projectId).values()) {
      const result = await this.attempt((tx) => work(tx, ofProject));
      if (result !== undefined) results.push(result);
    }
    return results;
  }

  /** All at once, which is cheap; where that fails, each project by itself. */
  async together<Item extends OfProject, Result>(
    items: readonly Item[],
    work: (tx: Transaction, items: readonly Item[]) => Promise<readonly Result[]>,
  ): Promise<Result[]> {
    if (items.length === 0) return [];
    const all = await this.attemptQuietly((tx) => work(tx, items));
    return all === undefined ? (await this.byProject(items, work)).flat() : [...all];
  }
}
