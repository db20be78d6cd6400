/**
 * The queue of jobs in PostgreSQL, by graphile-worker, in a schema of its own. Jobs are added by SQL in whatever transaction
 * they belong to (`add_job`), and run by a `Runner` on every node.
 */
import { EventEmitter } from "node:events";
import { Logger, type Runner, run, runMigrations, type TaskList } from "graphile-worker";
import { Pool } from "pg";
import type { Database, Log } from "./database.ts";
import { isTransient, sqlState } from "./errors.ts";
import { readAddress } from "./pooler.ts";
import type { Transaction } from "./transaction.ts";

/** Not graphile-worker's own name, which another program may use in the same database. */
export const QUEUE_SCHEMA = "mesher_queue";

const QUIET = new Logger(() => () => undefined);

/** Tries to bring the queue's tables to their version, while other nodes do the same. */
const MIGRATION_TRIES = 5;

/**
 * Makes the queue's tables, or brings them up to date. Safe on several nodes at once: each migration is a transaction
 * that begins with the row which says that it is done, so that one node makes it and the others wait for its end. Only
 * making the schema itself can fail for others who make it too, and is tried again then.
 */
export async function migrateQueue(database: Database): Promise<void> {
  const connect = async () => {
    const { client, release } = await database.acquire();
    return { query: client.query.bind(client), release: (fault?: Error) => release(fault) };
  };
  const pgPool = Object.assign(new EventEmitter(), { connect });
  for (const event of ["error", "connect"]) pgPool.on(event, () => undefined);
  for (let attempt = 1; ; attempt += 1) {
    try {
      await runMigrations({ pgPool: pgPool as never, schema: QUEUE_SCHEMA, logger: QUIET });
      return;
    } catch (error) {
      const wasInTheWay = CLASHES.has(sqlState(error) ?? "") || isTransient(error);
      if (!wasInTheWay || attempt >= MIGRATION_TRIES) throw error;
    }
  }
}

/** Unique, duplicate schema, table and object; what is updated by two at once. */
const CLASHES: ReadonlySet<string> = new Set(["23505", "42P06", "42P07", "42710", "XX000"]);

export interface QueueOptions {
  readonly url: string;
  readonly tasks: TaskList;
  /** Jobs that this node runs at a time. */
  readonly concurrency: number;
  /** How often to look for what has become due; new jobs are heard of at once. */
  readonly pollMs: number;
  /** What runs at a stop has this long to end. */
  readonly stopMs: number;
  readonly log: Log;
}

/** One listens, for as long as the queue runs; one takes jobs and gives them back. */
const CONNECTIONS = 2;
const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 10_000;

export interface RunningQueue {
  /** Rejects when the queue has ended by itself: it can be run anew. */
  readonly ended: Promise<void>;
  /** Takes no further job, and waits for those that run. */
  stop(): Promise<void>;
}

/**
 * Runs jobs. Its connections are its own: one is held for ever to listen, which would be one less for those who wait for
 * an answer, and the library expects `pg`'s own types of values.
 */
export async function runQueue({ url, tasks, concurrency, pollMs, stopMs, log }: QueueOptions): Promise<RunningQueue> {
  const { connectionString, isBehindPooler } = readAddress(url);
  const pool = new Pool({
    connectionString,
    application_name: "mesher queue",
    max: CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    ...(!isBehindPooler && { statement_timeout: STATEMENT_TIMEOUT_MS }),
    query_timeout: STATEMENT_TIMEOUT_MS * 2,
    keepAlive: true,
  });
  // Whoever waits for a statement hears of a lost connection from the statement.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => void client.on("error", () => undefined));
  try {
    const runner: Runner = await run({
      pgPool: pool,
      schema: QUEUE_SCHEMA,
      taskList: tasks,
      parsedCronItems: [],
      concurrency,
      pollInterval: pollMs,
      gracefulShutdownAbortTimeout: stopMs,
      noHandleSignals: true,
      // Behind a pooler nothing is heard, either: jobs are found by looking for them.
      noPreparedStatements: isBehindPooler,
      logger: new Logger(() => (level, message) => {
        if (level === "error") log(`Queue: ${message}`);
      }),
    });
    const ended = endOf(runner, pool);
    // Whoever stops it does not wait for this one.
    ended.catch(() => undefined);
    return {
      ended,
      stop: async () => {
        await runner.stop();
        await ended.catch(() => undefined);
      },
    };
  } catch (error) {
    await pool.end();
    throw error;
  }
}

async function endOf(runner: Runner, pool: Pool): Promise<void> {
  try {
    await runner.promise;
  } finally {
    await pool.end();
  }
}

export interface QueuedJob {
  readonly task: string;
  /** One job of a key waits at a time; adding another replaces it. */
  readonly key: string;
  readonly payload: Readonly<Record<string, string>>;
  /** Absent: at once. */
  readonly runAt?: Date;
}

/** Adds jobs in the transaction they belong to: they are there when it is committed. */
export async function addJobs(tx: Transaction, jobs: readonly QueuedJob[]): Promise<void> {
  if (jobs.length === 0) return;
  await tx.query({
    name: "queue.add_jobs",
    text: `
      select count(*) from ${QUEUE_SCHEMA}.add_jobs(array(
        select row(task, payload, null, run_at, null, key, null, null)::${QUEUE_SCHEMA}.job_spec
        from unnest($1::text[], $2::text[], $3::json[], $4::timestamptz[]) as job (task, key, payload, run_at)
      ))`,
    values: [
      jobs.map(({ task }) => task),
      jobs.map(({ key }) => key),
      jobs.map(({ payload }) => JSON.stringify(payload)),
      jobs.map(({ runAt }) => runAt ?? null),
    ],
  });
}
