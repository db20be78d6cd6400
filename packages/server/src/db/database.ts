import { setTimeout as sleep } from "node:timers/promises";
import { DatabaseError, Pool, type PoolClient } from "pg";
import { isTransient, markConnectFault } from "./errors.ts";
import { beginOf, readAddress } from "./pooler.ts";
import { VALUE_TYPES } from "./value-types.ts";

/** Tells a person what happened; `details` are for the structured log. */
export type Log = (message: string, details?: object) => void;

/** One SQL statement. With a `name`, PostgreSQL prepares it once per connection. */
export interface Statement {
  /** `<folder>.<verb>`, the same for the same text always. */
  readonly name?: string;
  readonly text: string;
  readonly values?: readonly unknown[];
  /** How long the client waits for the answer, if not as long as the database's `statementTimeoutMs` has it. */
  readonly timeoutMs?: number;
}

export interface Rows<Row> {
  readonly rows: Row[];
  /** Rows returned or changed. */
  readonly rowCount: number;
}

/** What runs statements: the database, each on a connection of its own, or a transaction. */
export interface Queryable {
  query<Row = Record<string, unknown>>(statement: Statement): Promise<Rows<Row>>;
}

/** A pool of connections to one PostgreSQL. */
export interface Database extends Queryable, AsyncDisposable {
  /** A connection from the pool, for the functions of this folder. Whoever takes it gives it back. */
  acquire(): Promise<PooledConnection>;
  /** Waits for running statements for some seconds, then closes all connections. */
  close(): Promise<void>;
  /** For metrics. */
  readonly connections: { readonly total: number; readonly idle: number; readonly waiting: number };
}

export interface PooledConnection {
  readonly client: PoolClient;
  /** The statement that begins a transaction. */
  readonly begin: string;
  /** Gives the connection back; with a `fault`, closes it at once because nobody knows its state. */
  readonly release: (fault?: Error) => void;
}

export interface DatabaseOptions {
  readonly url: string;
  /** Connections at most. */
  readonly poolSize?: number;
  /** What `pg_stat_activity` shows. */
  readonly applicationName: string;
  readonly log: Log;
  /** After which PostgreSQL gives up a statement; the client gives up a little later. */
  readonly statementTimeoutMs?: number;
}

const POOL_SIZE = 10;
const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 25_000;

/**
 * How much longer than PostgreSQL the client waits. Only a database that has gone silent is met by this
 * timeout: a living one answers with its own first, and the connection stays usable.
 */
const SILENCE_GRACE_MS = 5_000;
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_DELAY_MS = 10_000;
const IDLE_CONNECTION_MS = 30_000;
/** Old connections are replaced, so that an address that now points to another server is noticed. */
const CONNECTION_LIFETIME_SECONDS = 1_800;
const CLOSE_TIMEOUT_MS = 10_000;

/** Opens no connection yet: see `waitForDatabase`. */
export function openDatabase(options: DatabaseOptions): Database {
  const { url, applicationName, log, poolSize = POOL_SIZE, statementTimeoutMs = STATEMENT_TIMEOUT_MS } = options;
  const { connectionString, isBehindPooler } = readAddress(url);
  const limits = { statementTimeoutMs, idleInTransactionTimeoutMs: IDLE_IN_TRANSACTION_TIMEOUT_MS };
  const pool = new Pool({
    connectionString,
    application_name: applicationName,
    max: poolSize,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: statementTimeoutMs + SILENCE_GRACE_MS,
    ...(!isBehindPooler && {
      statement_timeout: limits.statementTimeoutMs,
      idle_in_transaction_session_timeout: limits.idleInTransactionTimeoutMs,
    }),
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_DELAY_MS,
    idleTimeoutMillis: IDLE_CONNECTION_MS,
    maxLifetimeSeconds: CONNECTION_LIFETIME_SECONDS,
    types: VALUE_TYPES,
  });
  if (isBehindPooler) pool.on("connect", (client) => void NOT_PREPARING.add(client));
  return new PooledDatabase(pool, { log, begin: isBehindPooler ? beginOf(limits) : "begin" });
}

/** Connections whose statements are not prepared under their names. */
const NOT_PREPARING = new WeakSet<PoolClient>();

class PooledDatabase implements Database {
  readonly #pool: Pool;
  readonly #log: Log;
  readonly #begin: string;
  readonly #open = new Set<PoolClient>();
  #closed: Promise<void> | undefined;

  constructor(pool: Pool, { log, begin }: { readonly log: Log; readonly begin: string }) {
    this.#pool = pool;
    this.#log = log;
    this.#begin = begin;
    // An idle connection that the server closes raises `error` on the pool, which without a listener ends the process.
    pool.on("error", (error) => log("database connection lost while idle", { error: error.message }));
    pool.on("connect", (client) => this.#open.add(client));
    pool.on("remove", (client) => this.#open.delete(client));
  }

  get connections() {
    return { total: this.#pool.totalCount, idle: this.#pool.idleCount, waiting: this.#pool.waitingCount };
  }

  async query<Row>(statement: Statement): Promise<Rows<Row>> {
    const { client, release } = await this.acquire();
    let fault: Error | undefined;
    try {
      return await runStatement<Row>(client, statement);
    } catch (error) {
      fault = connectionFault(error);
      throw error;
    } finally {
      release(fault);
    }
  }

  async acquire(): Promise<PooledConnection> {
    const client = await this.#pool.connect().catch((error: unknown) => {
      markConnectFault(error);
      throw error;
    });
    // The pool listens only while the connection is idle. Whoever waits for a statement hears of it from the statement.
    client.on("error", ignoreSeenByStatement);
    return {
      client,
      begin: this.#begin,
      release: (fault) => {
        client.off("error", ignoreSeenByStatement);
        client.release(fault);
        if (fault !== undefined) client.connection.stream.destroy();
      },
    };
  }

  close(): Promise<void> {
    this.#closed ??= this.#closePool();
    return this.#closed;
  }

  async #closePool(): Promise<void> {
    const timer = setTimeout(() => {
      this.#log("database connections still busy, closing them", { connections: this.#open.size });
      for (const client of this.#open) client.connection.stream.destroy();
    }, CLOSE_TIMEOUT_MS);
    try {
      await this.#pool.end();
      await this.#allClosed();
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * `end` has told every connection to end, and waits for none. A server that is stopped right now would end them itself, and
   * tell that as a fault.
   */
  async #allClosed(): Promise<void> {
    while (this.#open.size > 0) await new Promise<void>((resolve) => this.#pool.once("remove", () => resolve()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Runs one statement on one connection. */
export async function runStatement<Row>(client: PoolClient, statement: Statement): Promise<Rows<Row>> {
  const { name, text, values, timeoutMs } = statement;
  const config = {
    text,
    ...(name === undefined || NOT_PREPARING.has(client) ? {} : { name }),
    ...(values === undefined ? {} : { values: [...values] }),
    ...(timeoutMs === undefined ? {} : { query_timeout: timeoutMs }),
  };
  const result = await client.query<Record<string, unknown>>(config);
  return { rows: result.rows as Row[], rowCount: result.rowCount ?? 0 };
}

/** The error as a reason to close its connection: an error that PostgreSQL itself answered with leaves it usable. */
export function connectionFault(error: unknown): Error | undefined {
  if (error instanceof DatabaseError && error.severity !== "FATAL") return undefined;
  return error instanceof Error ? error : new Error(String(error));
}

function ignoreSeenByStatement(): void {
  // The statement that waits on this connection rejects with the same error.
}

const WAIT_PAUSE_MIN_MS = 100;
const WAIT_PAUSE_MAX_MS = 5_000;

/**
 * Resolves when the database answers. Keeps trying for `timeoutMs` as long as it is merely away, with
 * one log line when the waiting starts; a wrong password or name is thrown at once.
 */
export async function waitForDatabase(
  database: Database,
  { timeoutMs, log, signal }: { timeoutMs: number; log: Log; signal?: AbortSignal | undefined },
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (let pauseMs = WAIT_PAUSE_MIN_MS; ; pauseMs = Math.min(pauseMs * 2, WAIT_PAUSE_MAX_MS)) {
    try {
      await database.query({ text: "select 1" });
      return;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (!isTransient(error)) throw new Error(`The database refuses: ${reason}`, { cause: error });
      if (Date.now() + pauseMs >= deadline) {
        throw new Error(`The database did not answer within ${timeoutMs / 1000} s: ${reason}`, { cause: error });
      }
      if (pauseMs === WAIT_PAUSE_MIN_MS) log("Waiting for the database", { reason });
    }
    await sleep(pauseMs, undefined, { signal });
  }
}
