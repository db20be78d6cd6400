import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import type { Log } from "../database.ts";
import { isTransient } from "../errors.ts";
import { DATABASE_NAME } from "./cluster.ts";
import type { Postmaster } from "./postmaster.ts";
import { socketUrl } from "./socket-dir.ts";

/** After a crash PostgreSQL replays its log first; with much of it that takes minutes on a slow disk. */
const READY_TIMEOUT_MS = 15 * 60_000;
const READY_POLL_MS = 25;
const READY_POLL_MAX_MS = 500;
const CONNECT_TIMEOUT_MS = 5_000;
const PROGRESS_MS = 10_000;

/** Resolves when the postmaster takes connections and our database exists in it. Rejects when it ends before. */
export async function becomeReady(postmaster: Postmaster, log: Log): Promise<void> {
  const ended = postmaster.exited.then((reason) => {
    throw new Error(`The embedded database ended while starting (${reason})`);
  });
  const done = new AbortController();
  try {
    await Promise.race([ended, pollUntilReady(postmaster, log, done.signal)]);
  } finally {
    done.abort();
  }
}

async function pollUntilReady({ pid, socketDir }: Postmaster, log: Log, signal: AbortSignal): Promise<void> {
  const startedAt = Date.now();
  let progressAt = startedAt + PROGRESS_MS;
  for (let pollMs = READY_POLL_MS; !signal.aborted; pollMs = Math.min(pollMs * 2, READY_POLL_MAX_MS)) {
    try {
      await ensureDatabase(socketUrl(socketDir, "postgres"));
      return;
    } catch (error) {
      if (!isTransient(error)) throw error;
      const waitedMs = Date.now() - startedAt;
      if (waitedMs > READY_TIMEOUT_MS) {
        throw new Error(`The embedded database (process ${pid}) does not answer`, { cause: error });
      }
      if (Date.now() > progressAt) {
        log("Waiting for the embedded database to recover", { waitedSeconds: Math.round(waitedMs / 1000) });
        progressAt = Date.now() + PROGRESS_MS;
      }
    }
    await sleep(pollMs);
  }
}

async function ensureDatabase(url: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  // What breaks the connection also rejects the statement.
  client.on("error", () => undefined);
  try {
    await client.connect();
    const { rowCount } = await client.query("select from pg_database where datname = $1", [DATABASE_NAME]);
    if (rowCount === 0) await client.query(`create database ${DATABASE_NAME}`);
  } finally {
    await client.end();
  }
}
