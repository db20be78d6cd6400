import {
  hasFailedToConnect,
  isConnectionFailure,
  isTransient,
  PG,
  sqlState,
  TransactionTimeoutError,
} from "../../db/errors.ts";
import { BatchOverlapError, JournalFencedError } from "../journal/journal.queries.ts";
import type { BatchFault } from "./worker-messages.ts";

/**
 * Classes of PostgreSQL's codes that blame what was sent: cardinality violation, data exception, integrity violation,
 * limit exceeded.
 * https://www.postgresql.org/docs/18/errcodes-appendix.html
 */
const DATA_CLASSES = ["21", "22", "23", "54"];

const TOO_MUCH: ReadonlySet<string> = new Set([
  PG.queryCanceled,
  PG.transactionTimeout,
  PG.outOfMemory,
  PG.internalError,
]);

/** A batch of several entries is more than is digested at a time. */
export class BatchTooLargeError extends Error {
  override readonly name = "BatchTooLargeError";
}

/**
 * Whether an entry of the batch is to blame, so that trying the same again can never succeed. A full disk, a missing
 * table, a revoked right are not the batch's fault: it waits until somebody has mended them.
 */
function blamesEntry(error: unknown): boolean {
  if (isTransient(error) || isConnectionFailure(error) || hasFailedToConnect(error)) return false;
  const code = sqlState(error);
  // `events` has no partition for the day: ours to make, not the entry's fault.
  if (code === PG.checkViolation) return false;
  return code === undefined || DATA_CLASSES.some((prefix) => code.startsWith(prefix));
}

export function faultOf(error: unknown): BatchFault {
  if (error instanceof JournalFencedError) return "fenced";
  if (error instanceof BatchOverlapError) return "overlap";
  if (error instanceof BatchTooLargeError) return "too_large";
  if (isTooMuch(error)) return "too_much";
  return blamesEntry(error) ? "entry" : "database";
}

/** PostgreSQL answered that it could not manage. A smaller batch may stay within the limits of time and memory. */
function isTooMuch(error: unknown): boolean {
  const code = sqlState(error);
  return error instanceof TransactionTimeoutError || (code !== undefined && TOO_MUCH.has(code));
}
