import type { Database } from "../db/database.ts";
import type { Attempt, Job } from "./job.ts";
import { runLeaseJob } from "./run-lease-job.ts";
import { runTransactionJob } from "./run-transaction-job.ts";

/** Runs a job if it is due and no other node has it. Throws when the database cannot be asked. */
export function runJob(database: Database, job: Job, holder: string, signal: AbortSignal): Promise<Attempt> {
  return job.kind === "lease"
    ? runLeaseJob(database, job, holder, signal)
    : runTransactionJob(database, job, holder, signal);
}
