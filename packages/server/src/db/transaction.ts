import type { PoolClient } from "pg";
import { sendCopy } from "./copy-protocol.ts";
import { connectionFault, type Database, type Queryable, type Rows, runStatement, type Statement } from "./database.ts";
import { CommitUnknownError, isConnectionFailure, TransactionTimeoutError } from "./errors.ts";

/** A running transaction. A function that takes one does its work in it, and leaves its end to the caller. */
export interface Transaction extends Queryable {
  readonly inTransaction: true;
  /** Sends `bytes` to a `copy … from stdin` statement; the number of rows. See `copyBinary`. */
  copyFrom(text: string, bytes: Uint8Array): Promise<number>;
}

/** Does work in a transaction of its own. */
export type InTransaction = <T>(work: (tx: Transaction) => Promise<T>) => Promise<T>;

export interface TransactionOptions {
  /** For the whole transaction, its commit included. After it the connection is closed and PostgreSQL rolls back. */
  readonly timeoutMs?: number;
}

const TRANSACTION_TIMEOUT_MS = 60_000;

/** How long to wait for a rollback before the connection is thrown away instead. */
const ROLLBACK_TIMEOUT_MS = 5_000;

/**
 * All of `work` or nothing: what it throws rolls everything back and is thrown on.
 *
 * Never ends well without a commit: a statement that failed inside `work` and was caught there has spoilt
 * the transaction, and PostgreSQL would answer the commit with a silent rollback. A commit whose answer
 * is lost is a `CommitUnknownError`.
 */
export async function withTransaction<T>(
  database: Database,
  work: (tx: Transaction) => Promise<T>,
  { timeoutMs = TRANSACTION_TIMEOUT_MS }: TransactionOptions = {},
): Promise<T> {
  const { client, begin, release } = await database.acquire();
  let fault: Error | undefined;
  let timeout: TransactionTimeoutError | undefined;
  const deadline = setTimeout(() => {
    timeout = new TransactionTimeoutError(`The transaction took longer than ${timeoutMs / 1000} s`);
    client.connection.stream.destroy(timeout);
  }, timeoutMs);

  try {
    await client.query(begin);
    const result = await work(new ClientTransaction(client));
    await commit(client);
    return result;
  } catch (error) {
    // A connection that broke, was given up as silent, or cannot even roll back is in an unknown state.
    fault = timeout ?? (isConnectionFailure(error) ? connectionFault(error) : await rollbackFault(client));
    if (timeout === undefined || error instanceof CommitUnknownError) throw error;
    timeout.cause = error;
    throw timeout;
  } finally {
    clearTimeout(deadline);
    release(fault);
  }
}

class ClientTransaction implements Transaction {
  readonly inTransaction = true;
  readonly #client: PoolClient;

  constructor(client: PoolClient) {
    this.#client = client;
  }

  query<Row>(statement: Statement): Promise<Rows<Row>> {
    return runStatement<Row>(this.#client, statement);
  }

  copyFrom(text: string, bytes: Uint8Array): Promise<number> {
    return sendCopy(this.#client, text, bytes);
  }
}

async function commit(client: PoolClient): Promise<void> {
  let command: string;
  try {
    ({ command } = await client.query("commit"));
  } catch (error) {
    if (connectionFault(error) === undefined) throw error;
    throw new CommitUnknownError("The database was lost while committing", { cause: error });
  }
  if (command !== "COMMIT") throw new Error("A statement of the transaction had failed, so it was rolled back");
}

/** Rolls back; the reason why that failed, if it did. */
async function rollbackFault(client: PoolClient): Promise<Error | undefined> {
  const rollback = { text: "rollback", query_timeout: ROLLBACK_TIMEOUT_MS };
  try {
    await client.query(rollback);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
