/** What runs by the clock, once in the whole cluster. */
import type { PartedRun } from "../db/parted-run.ts";
import type { InTransaction, Transaction } from "../db/transaction.ts";
import type { Schedule } from "./due.ts";

export type { InTransaction } from "../db/transaction.ts";

/** What a run tells whoever looks at the list of jobs: a few numbers and names, kept in the job's row. */
export type JobResult = Readonly<Record<string, unknown>>;

/** The moment a run belongs to, by the database's clock, and the end of its node's patience. */
export interface Run {
  readonly nowMs: number;
  /** Aborted when the server stops, or somebody else has taken the job. */
  readonly signal: AbortSignal;
}

interface NamedJob extends Schedule {
  /** Its key in the database, in logs and in metrics: never another one. */
  readonly name: string;
  /** How people call it. */
  readonly title: string;
  /** What it does: one sentence. */
  readonly about: string;
}

/** A job whose work is one short transaction: that transaction is also what keeps the other nodes away. */
export interface TransactionJob extends NamedJob {
  readonly kind: "transaction";
  /** All writes go through `tx`; a statement may take `STATEMENT_MS`. */
  readonly run: (tx: Transaction, run: Run) => Promise<Done>;
}

/** A job that takes long, in many transactions: it holds a lease, and each of its writes is refused once that is lost. */
export interface LeaseJob extends NamedJob {
  readonly kind: "lease";
  /** Somebody waits for what it does: it takes no turn behind jobs that may take hours. */
  readonly isUrgent?: boolean;
  /** All writes go through `write`; between them the run looks at its signal. */
  readonly run: (write: InTransaction, run: Run) => Promise<JobResult>;
}

export interface Done {
  readonly result: JobResult;
  /** Called on the node that ran it, after the commit. */
  readonly tell?: () => void;
}

export type Job = TransactionJob | LeaseJob;

/** The lease was lost to another node, or to time. Nothing of the refused write was done. */
export class LeaseLostError extends Error {
  override readonly name = "LeaseLostError";
}

/**
 * How an attempt to run a job ended. `not_due`: another node was quicker. `lost`: another node has taken the lease.
 * `handed_over`: the server stops, and another node goes on.
 */
export type Attempt =
  | { readonly outcome: "succeeded"; readonly result: JobResult }
  | { readonly outcome: "failed"; readonly error: unknown }
  | { readonly outcome: "not_due" | "lost" | "handed_over" };

/** A run that did some of its work, and could not do the rest. What it did is committed and kept as its result. */
export class JobIncompleteError extends Error {
  override readonly name = "JobIncompleteError";
  readonly result: JobResult;

  constructor(message: string, result: JobResult, cause: unknown) {
    super(message, { cause });
    this.result = result;
  }
}

/** What a run tells whose parts each failed or not. Throws a `JobIncompleteError` where one did. */
export function resultOfParts({ faults }: PartedRun, result: JobResult): JobResult {
  const [first] = faults;
  if (faults.length === 0) return result;
  throw new JobIncompleteError(`${faults.length} parts failed, the first: ${String(first)}`, result, first);
}
