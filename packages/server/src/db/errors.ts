import { DatabaseError } from "pg";

/**
 * The connection was lost while committing: the work is stored, or it is not. Whoever retries must do
 * so in a way that changes nothing the second time.
 */
export class CommitUnknownError extends Error {
  override readonly name = "CommitUnknownError";
}

/** The transaction outlived its deadline. PostgreSQL rolls it back. */
export class TransactionTimeoutError extends Error {
  override readonly name = "TransactionTimeoutError";
}

/** PostgreSQL's error codes that our code decides by. The only place that spells them. */
export const PG = {
  uniqueViolation: "23505",
  foreignKeyViolation: "23503",
  checkViolation: "23514",
  serializationFailure: "40001",
  deadlockDetected: "40P01",
  lockNotAvailable: "55P03",
  queryCanceled: "57014",
  adminShutdown: "57P01",
  crashShutdown: "57P02",
  cannotConnectNow: "57P03",
  idleSessionTimeout: "57P05",
  idleInTransactionTimeout: "25P03",
  transactionTimeout: "25P04",
  readOnlyTransaction: "25006",
  tooManyConnections: "53300",
  outOfMemory: "53200",
  internalError: "XX000",
  undefinedTable: "42P01",
  undefinedDatabase: "3D000",
  characterNotInRepertoire: "22021",
  untranslatableCharacter: "22P05",
} as const;

/** Codes that say nothing against the statement: the same may succeed in a moment. */
const TRANSIENT_CODES: ReadonlySet<string> = new Set([
  PG.serializationFailure,
  PG.deadlockDetected,
  PG.lockNotAvailable,
  PG.queryCanceled,
  PG.adminShutdown,
  PG.crashShutdown,
  PG.cannotConnectNow,
  PG.idleSessionTimeout,
  PG.idleInTransactionTimeout,
  PG.transactionTimeout,
  // What a primary that became a standby says, until the address points to the new primary.
  PG.readOnlyTransaction,
  PG.tooManyConnections,
]);

/** Class 08 of PostgreSQL's codes: connection exceptions. */
const CONNECTION_EXCEPTION_PREFIX = "08";

/** How the operating system says that the database cannot be reached. `ENOENT`: its socket file is missing. */
const NETWORK_CODES: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ENOENT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ERR_STREAM_DESTROYED",
  "ERR_STREAM_WRITE_AFTER_END",
  "ERR_STREAM_PREMATURE_CLOSE",
]);

/** `pg` gives these no code. */
const CONNECTION_MESSAGES =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|timeout e|Query read timeout|Cannot use a pool|The server does not support SSL)/;

/** Whether the same work may succeed when it is tried again: the database is away, restarting, overloaded or was in each other's way. */
export function isTransient(error: unknown): boolean {
  if (error instanceof CommitUnknownError || error instanceof TransactionTimeoutError) return true;
  const code = sqlState(error);
  if (code !== undefined) return TRANSIENT_CODES.has(code) || code.startsWith(CONNECTION_EXCEPTION_PREFIX);
  return isConnectionFailure(error);
}

/** Whether the connection itself failed, so that what was sent may or may not have been done. */
export function isConnectionFailure(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof DatabaseError) return false;
  const { code } = error as NodeJS.ErrnoException;
  if (typeof code === "string" && NETWORK_CODES.has(code)) return true;
  return CONNECTION_MESSAGES.test(error.message);
}

/** Errors with which no connection came about. */
const CONNECT_FAULTS = new WeakSet<object>();

export function markConnectFault(error: unknown): void {
  if (typeof error === "object" && error !== null) CONNECT_FAULTS.add(error);
}

/**
 * Whether there was no connection to send anything on, for whatever reason: an expired certificate, no free port, somebody else
 * who answers at that address. Nothing that was to be stored is to blame.
 */
export function hasFailedToConnect(error: unknown): boolean {
  return typeof error === "object" && error !== null && CONNECT_FAULTS.has(error);
}

/** Whether a text could not be stored as it is: PostgreSQL knows no character zero, and no half of a surrogate pair in JSON. */
export function isUnstorableText(error: unknown): boolean {
  const code = sqlState(error);
  return code === PG.characterNotInRepertoire || code === PG.untranslatableCharacter;
}

/** PostgreSQL's five-character code, where PostgreSQL itself answered with the error. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof DatabaseError ? error.code : undefined;
}
