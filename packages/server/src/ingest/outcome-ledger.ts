/**
 * Outcomes of what was refused or left out at the door, added up in memory and written every few seconds. Outcomes of
 * accepted events are not kept here: they are written in the transaction that stores the events.
 */
import type { Category, Outcome } from "@mesher/protocol";
import { addOutcomeCounts, hourOf, NIL_PROJECT_ID, type OutcomeCount } from "../dashboards/rollups.queries.ts";
import type { Database } from "../db/database.ts";
import type { Log } from "../runtime/log.ts";
import type { Service } from "../runtime/service.ts";

const WRITE_MS = 5_000;

/** Different kinds held while the database is away. Beyond it, reasons are no longer told apart. */
const KINDS_MAX = 10_000;

export interface DoorOutcome {
  readonly projectId?: string;
  readonly outcome: Outcome;
  readonly category: Category;
  readonly quantity: number;
  readonly reason?: string;
}

export class OutcomeLedger implements Service {
  readonly name = "outcome ledger";
  readonly #database: Database;
  readonly #log: Log;
  readonly #now: () => number;
  #counts = new Map<string, OutcomeCount & { count: number }>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(database: Database, log: Log, now: () => number = Date.now) {
    this.#database = database;
    this.#log = log;
    this.#now = now;
  }

  async start(): Promise<void> {
    this.#timer = setInterval(() => {
      this.#writing = this.#writing.then(() => this.#writeOrKeep());
    }, WRITE_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#writing;
    await this.#writeOrKeep();
  }

  count({ projectId = NIL_PROJECT_ID, outcome, category, quantity, reason = "" }: DoorOutcome): void {
    this.#add({ projectId, hourMs: hourOf(this.#now()), outcome, category, reason, count: quantity });
  }

  #add(added: OutcomeCount): void {
    const reason = this.#counts.size < KINDS_MAX ? added.reason.slice(0, 100) : "";
    const key = [added.projectId, added.hourMs, added.outcome, added.category, reason].join(" ");
    const counted = this.#counts.get(key);
    if (counted === undefined) this.#counts.set(key, { ...added, reason });
    else counted.count += added.count;
  }

  async #writeOrKeep(): Promise<void> {
    if (this.#counts.size === 0) return;
    const counts = [...this.#counts.values()];
    this.#counts = new Map();
    try {
      await addOutcomeCounts(this.#database, counts);
    } catch (error) {
      for (const count of counts) this.#add(count);
      this.#log.debug("Outcomes could not be written; they are kept", { error: String(error), kinds: counts.length });
    }
  }
}
