/** One run of a job that holds a lease: taken, renewed while the run goes on, and looked at by each of its writes. */
import type { Database } from "../db/database.ts";
import { isDue, nextDueMs, retryDueMs } from "./due.ts";
import { type Attempt, JobIncompleteError, type JobResult, type LeaseJob, LeaseLostError } from "./job.ts";
import { inJobTransaction } from "./job-transaction.ts";
import {
  beginLease,
  giveUpLease,
  holdLease,
  type JobState,
  type LeaseKey,
  lockJob,
  lockRun,
  recordRun,
  renewLease,
} from "./jobs.queries.ts";
import { LEASE_MS, LEASE_RENEWAL_MS } from "./limits.ts";

export async function runLeaseJob(
  database: Database,
  job: LeaseJob,
  holder: string,
  stopping: AbortSignal,
): Promise<Attempt> {
  const taken = await takeLease(database, job, holder);
  if (taken === undefined) return { outcome: "not_due" };
  const lease: LeaseKey = { name: job.name, epoch: taken.epoch + 1 };

  const lost = new AbortController();
  const signal = AbortSignal.any([stopping, lost.signal]);
  const renewals = keepRenewing(database, lease, lost);
  const ran = await runToItsEnd(database, job, lease, { nowMs: taken.nowMs, signal });
  await renewals.stop();

  if (lost.signal.aborted || (ran.outcome === "failed" && ran.error instanceof LeaseLostError))
    return { outcome: "lost" };
  if (ran.outcome === "failed" && stopping.aborted) {
    await giveUpLease(database, lease);
    return { outcome: "handed_over" };
  }
  return (await recordEnd(database, job, holder, taken, ran)) ? ran : { outcome: "lost" };
}

function takeLease(database: Database, job: LeaseJob, holder: string): Promise<JobState | undefined> {
  return inJobTransaction(database, async (tx) => {
    const state = await lockJob(tx, job.name);
    if (state === undefined || state.isLeased || !isDue(job, state.dueAtMs, state.nowMs)) return undefined;
    await beginLease(tx, { name: job.name, holder, epoch: state.epoch + 1, leaseMs: LEASE_MS });
    return state;
  });
}

type Ran =
  | { readonly outcome: "succeeded"; readonly result: JobResult }
  | { readonly outcome: "failed"; readonly error: unknown };

async function runToItsEnd(
  database: Database,
  job: LeaseJob,
  lease: LeaseKey,
  run: { readonly nowMs: number; readonly signal: AbortSignal },
): Promise<Ran> {
  try {
    const result = await job.run(
      (work) =>
        inJobTransaction(database, async (tx) => {
          run.signal.throwIfAborted();
          if (!(await holdLease(tx, lease))) throw new LeaseLostError(`${lease.name} is run by another node now`);
          return work(tx);
        }),
      run,
    );
    return { outcome: "succeeded", result };
  } catch (error) {
    return { outcome: "failed", error };
  }
}

/** Renews until it is stopped, or the lease is lost. */
function keepRenewing(database: Database, lease: LeaseKey, lost: AbortController): { stop(): Promise<void> } {
  let renewing: Promise<void> | undefined;
  const timer = setInterval(() => {
    if (lost.signal.aborted) return;
    renewing ??= renewOnce(database, lease, lost).finally(() => {
      renewing = undefined;
    });
  }, LEASE_RENEWAL_MS).unref();
  return {
    stop: async () => {
      clearInterval(timer);
      await renewing;
    },
  };
}

async function renewOnce(database: Database, lease: LeaseKey, lost: AbortController): Promise<void> {
  let isHeld: boolean;
  try {
    isHeld = await renewLease(database, lease, LEASE_MS);
  } catch {
    // The database does not answer. It is asked again, and then says itself whether the lease was lost meanwhile.
    return;
  }
  if (!isHeld) lost.abort(new LeaseLostError(`${lease.name} is run by another node now`));
}

/** False: another node has begun a run since. */
function recordEnd(
  database: Database,
  job: LeaseJob,
  holder: string,
  { epoch, nowMs: startedAtMs, dueAtMs }: JobState,
  ran: Ran,
): Promise<boolean> {
  return inJobTransaction(database, async (tx) => {
    const state = await lockRun(tx, { name: job.name, epoch: epoch + 1 });
    if (state === undefined) return false;
    const isDone = ran.outcome === "succeeded";
    await recordRun(tx, {
      name: job.name,
      holder,
      epoch: epoch + 1,
      startedAtMs,
      dueAtMs: isDone ? nextDueMs(job, dueAtMs, startedAtMs) : retryDueMs(job, dueAtMs, state.nowMs),
      outcome: ran.outcome,
      result: isDone ? ran.result : ran.error instanceof JobIncompleteError ? ran.error.result : null,
      error: isDone ? null : String(ran.error),
    });
    return true;
  });
}
