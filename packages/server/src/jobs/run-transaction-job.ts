/** One run of a job that is one transaction: the row's lock, what is due, the work and its record commit together. */
import type { Database } from "../db/database.ts";
import { isDue, nextDueMs, retryDueMs } from "./due.ts";
import type { Attempt, Done, TransactionJob } from "./job.ts";
import { inJobTransaction } from "./job-transaction.ts";
import { type JobState, lockJob, lockRun, recordRun } from "./jobs.queries.ts";

export async function runTransactionJob(
  database: Database,
  job: TransactionJob,
  holder: string,
  signal: AbortSignal,
): Promise<Attempt> {
  let state: JobState | undefined;
  let done: Done | undefined;
  try {
    await inJobTransaction(database, async (tx) => {
      state = await lockJob(tx, job.name);
      if (state === undefined || !isDue(job, state.dueAtMs, state.nowMs)) return;
      const { nowMs, dueAtMs, epoch } = state;
      const ran = await job.run(tx, { nowMs, signal });
      await recordRun(tx, {
        name: job.name,
        holder,
        epoch: epoch + 1,
        startedAtMs: nowMs,
        dueAtMs: nextDueMs(job, dueAtMs, nowMs),
        outcome: "succeeded",
        result: ran.result,
        error: null,
      });
      done = ran;
    });
  } catch (error) {
    // What broke before there was a state is no run that failed, but a database that could not be asked.
    if (state === undefined) throw error;
    await recordFailure(database, job, holder, state, error);
    return { outcome: "failed", error };
  }
  if (done === undefined) return { outcome: "not_due" };
  done.tell?.();
  return { outcome: "succeeded", result: done.result };
}

/** Unless another node has run it in the meantime. */
async function recordFailure(
  database: Database,
  job: TransactionJob,
  holder: string,
  { epoch, dueAtMs, nowMs: startedAtMs }: JobState,
  error: unknown,
): Promise<void> {
  await inJobTransaction(database, async (tx) => {
    const state = await lockRun(tx, { name: job.name, epoch });
    if (state === undefined) return;
    await recordRun(tx, {
      name: job.name,
      holder,
      epoch: epoch + 1,
      startedAtMs,
      dueAtMs: retryDueMs(job, dueAtMs, state.nowMs),
      outcome: "failed",
      result: null,
      error: String(error),
    });
  });
}
