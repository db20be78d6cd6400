/** Work by the clock that is cut into parts, each a transaction: what fails of one project is told at the end, and stops no other. */
import type { InTransaction, Transaction } from "../db/transaction.ts";

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
  async attempt<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result | undefined> {
    try {
      return await this.#do(work);
    } catch (error) {
      this.#faults.push(error);
      return undefined;
    }
  }

  /** The same where there is another way: the fault is not the run's. */
  attemptQuietly<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result | undefined> {
    return this.#do(work).catch(() => undefined);
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

  async #do<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result> {
    this.#signal.throwIfAborted();
    return this.#write(work);
  }
}
