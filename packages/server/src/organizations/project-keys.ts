/**
 * The active keys of all projects, in memory: checking a key costs no query, and events are accepted while the database
 * is away. Changes made on any node are seen within `REFRESH_MS`; a key that is new is found at its first use.
 */
import type { Database } from "../db/database.ts";
import type { Log } from "../runtime/log.ts";
import type { Service } from "../runtime/service.ts";
import { findActiveKey, listActiveKeys } from "./organizations.queries.ts";
import type { ProjectKey } from "./project-key.ts";

const REFRESH_MS = 5_000;

/** Keys held in memory, about 300 bytes each. Beyond it, keys are looked up when they are used. */
const KEYS_MAX = 100_000;

/** Unknown keys that are remembered, so that a client with a wrong key does not cost a query an event. */
const UNKNOWN_MAX = 10_000;

export class ProjectKeys implements Service {
  readonly name = "project keys";
  readonly #database: Database;
  readonly #log: Log;
  #keys = new Map<string, ProjectKey>();
  #unknown = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #refreshing: Promise<void> = Promise.resolve();

  constructor(database: Database, log: Log) {
    this.#database = database;
    this.#log = log;
  }

  async start(): Promise<void> {
    await this.#refresh();
    this.#timer = setInterval(() => this.reload(), REFRESH_MS).unref();
  }

  /** Reads them again now: somebody says that they were changed. */
  reload(): void {
    this.#refreshing = this.#refreshing
      .then(() => this.#refresh())
      .catch((error: unknown) => {
        this.#log.debug("Project keys could not be refreshed; the known ones stay in use", { error: String(error) });
      });
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#refreshing;
  }

  /** `undefined`: no active key. While the database is away, keys that were not known before count as unknown. */
  find(publicKey: string): ProjectKey | undefined | Promise<ProjectKey | undefined> {
    const known = this.#keys.get(publicKey);
    if (known !== undefined) return known;
    if (this.#unknown.has(publicKey)) return undefined;
    return this.#lookUp(publicKey);
  }

  async #lookUp(publicKey: string): Promise<ProjectKey | undefined> {
    let found: ProjectKey | undefined;
    try {
      found = await findActiveKey(this.#database, publicKey);
    } catch (error) {
      this.#log.warn("Project key could not be looked up", { error: String(error) });
      return undefined;
    }
    if (found !== undefined) this.#keys.set(publicKey, found);
    else if (this.#unknown.size < UNKNOWN_MAX) this.#unknown.add(publicKey);
    return found;
  }

  async #refresh(): Promise<void> {
    const keys = await listActiveKeys(this.#database, KEYS_MAX);
    this.#keys = new Map(keys.map((key) => [key.publicKey, key]));
    this.#unknown = new Set();
  }
}
