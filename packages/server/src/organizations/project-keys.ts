/**
 * The active keys of all projects, in memory: checking a key costs no query, and events are accepted while the database
 * is away. Whoever changes a project says so to every node, which reads that project again; what a node out of contact
 * missed it sees within `REFRESH_MS`. A key that is new is found at its first use.
 */
import type { Database } from "../db/database.ts";
import type { Log } from "../runtime/log.ts";
import type { Service } from "../runtime/service.ts";
import { findActiveKey, listActiveKeys, listActiveKeysOf } from "./organizations.queries.ts";
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
  #isRefreshing = false;
  #isDatabaseAway = false;
  #refreshing: Promise<void> = Promise.resolve();

  constructor(database: Database, log: Log) {
    this.#database = database;
    this.#log = log;
  }

  async start(): Promise<void> {
    await this.#refresh();
    this.#timer = setInterval(() => this.#refreshRegularly(), REFRESH_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#refreshing;
  }

  /** Whether the keys could not be read when that was last tried, a few seconds ago. */
  get isDatabaseAway(): boolean {
    return this.#isDatabaseAway;
  }

  /** Reads a project's keys again: somebody says that they changed. */
  reload(projectId: string): void {
    this.#next(() => this.#refreshProject(projectId));
  }

  /** Resolves when everything that was asked for so far is read. */
  settled(): Promise<void> {
    return this.#refreshing;
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

  /** Not while the last one still waits: a silent database would let them pile up, and a stop wait for all of them. */
  #refreshRegularly(): void {
    if (this.#isRefreshing) return;
    this.#isRefreshing = true;
    this.#next(async () => {
      try {
        await this.#refresh();
        this.#isDatabaseAway = false;
      } catch (error) {
        this.#isDatabaseAway = true;
        throw error;
      } finally {
        this.#isRefreshing = false;
      }
    });
  }

  /** One reading after the other, so that none ends with what was true before another. Never rejects. */
  #next(read: () => Promise<void>): void {
    this.#refreshing = this.#refreshing.then(read).catch((error: unknown) => {
      this.#log.debug("Project keys could not be refreshed; the known ones stay in use", { error: String(error) });
    });
  }

  async #refreshProject(projectId: string): Promise<void> {
    const keys = await listActiveKeysOf(this.#database, projectId, KEYS_MAX);
    for (const [publicKey, key] of this.#keys) if (key.projectId === projectId) this.#keys.delete(publicKey);
    for (const key of keys) {
      this.#keys.set(key.publicKey, key);
      this.#unknown.delete(key.publicKey);
    }
  }

  async #refresh(): Promise<void> {
    const keys = await listActiveKeys(this.#database, KEYS_MAX);
    this.#keys = new Map(keys.map((key) => [key.publicKey, key]));
    this.#unknown = new Set();
  }
}
