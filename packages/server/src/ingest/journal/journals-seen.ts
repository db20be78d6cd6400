/**
 * Notes in the database that the journals which this node stores are in use: what nobody has used for long is not kept for
 * ever (`jobs/retention.ts`).
 */
import type { Database } from "../../db/database.ts";
import type { Log } from "../../runtime/log.ts";
import type { Service } from "../../runtime/service.ts";
import { markJournalsSeen } from "./journal.queries.ts";

const EVERY_MS = 3_600_000;

export class JournalsSeen implements Service {
  readonly name = "journals seen";
  readonly #database: Database;
  readonly #journalIds: () => readonly string[];
  readonly #log: Log;
  #timer: NodeJS.Timeout | undefined;
  #marking: Promise<void> = Promise.resolve();

  constructor(database: Database, journalIds: () => readonly string[], log: Log) {
    this.#database = database;
    this.#journalIds = journalIds;
    this.#log = log;
  }

  /** The first note is the claim of the start. */
  async start(): Promise<void> {
    this.#timer = setInterval(() => {
      this.#marking = this.#marking.then(() => this.#mark());
    }, EVERY_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#marking;
  }

  async #mark(): Promise<void> {
    try {
      await markJournalsSeen(this.#database, this.#journalIds());
    } catch (error) {
      // It is noted an hour later. Months may be missed.
      this.#log.debug("Use of journals could not be noted", { error: String(error) });
    }
  }
}
