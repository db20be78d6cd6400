/** Statements on the table `jobs`, which this folder owns. All times are the database's. */
import type { Database } from "../db/database.ts";
import { isAhead } from "../db/is-ahead.ts";
import type { Transaction } from "../db/transaction.ts";
import type { JobResult } from "./job.ts";

/** Makes the rows of jobs that have none yet; they are due at once. */
export async function registerJobs(database: Database, names: readonly string[]): Promise<void> {
  await database.query({
    name: "jobs.register",
    text: `
      insert into jobs (name, due_at) select name, clock_timestamp() from unnest($1::text[]) as t (name) order by name
      on conflict (name) do nothing`,
    values: [names],
  });
}

export interface JobState {
  readonly name: string;
  readonly dueAtMs: number;
  /** Grows with every run that is begun, on whichever node. */
  readonly epoch: number;
  /** Another run holds it. */
  readonly isLeased: boolean;
  /** The database's clock at this moment. */
  readonly nowMs: number;
}

interface StateRow {
  name: string;
  due_at: Date;
  epoch: number;
  is_leased: boolean;
  now: Date;
}

/** A holder that died while the clock was ahead has left a lease that nobody renews, and that would last until then. */
const IS_LEASED = `
  coalesce(lease_until > clock_timestamp() and not (${isAhead("lease_until", "clock_timestamp()")}), false)`;

const SELECT_STATE = `
  select name, due_at, epoch, ${IS_LEASED} as is_leased, clock_timestamp() as now
  from jobs`;

const stateOf = (row: StateRow): JobState => ({
  name: row.name,
  dueAtMs: row.due_at.getTime(),
  epoch: row.epoch,
  isLeased: row.is_leased,
  nowMs: row.now.getTime(),
});

export async function listJobStates(database: Database, names: readonly string[]): Promise<JobState[]> {
  const { rows } = await database.query<StateRow>({
    name: "jobs.list_states",
    text: `${SELECT_STATE} where name = any($1::text[]) order by due_at, name`,
    values: [names],
  });
  return rows.map(stateOf);
}

/**
 * Locks a job's row until the transaction ends; undefined when another transaction has it. Lock and state come from one
 * statement, so that the state is never older than the lock.
 */
export async function lockJob(tx: Transaction, name: string): Promise<JobState | undefined> {
  const { rows } = await tx.query<StateRow>({
    name: "jobs.lock",
    text: `${SELECT_STATE} where name = $1 for update skip locked`,
    values: [name],
  });
  return rows[0] && stateOf(rows[0]);
}

/** Waits for the row and locks it, if it still is as the run of that epoch left it. */
export async function lockRun(tx: Transaction, { name, epoch }: LeaseKey): Promise<JobState | undefined> {
  const { rows } = await tx.query<StateRow>({
    name: "jobs.lock_run",
    text: `${SELECT_STATE} where name = $1 and epoch = $2 for update`,
    values: [name, epoch],
  });
  return rows[0] && stateOf(rows[0]);
}

export interface RunEnd {
  readonly name: string;
  readonly holder: string;
  /** Of the run that ends. */
  readonly epoch: number;
  readonly startedAtMs: number;
  readonly dueAtMs: number;
  readonly outcome: "succeeded" | "failed";
  readonly result: JobResult | null;
  readonly error: string | null;
}

/** Writes down a run of which nothing is written yet. The row is locked. */
export async function recordRun(tx: Transaction, end: RunEnd): Promise<void> {
  await tx.query({
    name: "jobs.record_run",
    text: `
      update jobs set epoch = $2, holder = $3, started_at = $4, finished_at = clock_timestamp(), due_at = $5, outcome = $6,
        result = $7, error = $8, lease_until = null
      where name = $1`,
    values: [
      end.name,
      end.epoch,
      end.holder,
      new Date(end.startedAtMs),
      new Date(end.dueAtMs),
      end.outcome,
      end.result,
      end.error,
    ],
  });
}

/** Begins a run that holds a lease. The row is locked. */
export async function beginLease(
  tx: Transaction,
  { name, holder, epoch, leaseMs }: { name: string; holder: string; epoch: number; leaseMs: number },
): Promise<void> {
  await tx.query({
    name: "jobs.begin_lease",
    text: `
      update jobs set epoch = $2, holder = $3, started_at = clock_timestamp(), finished_at = null,
        lease_until = clock_timestamp() + make_interval(secs => $4::double precision / 1000)
      where name = $1`,
    values: [name, epoch, holder, leaseMs],
  });
}

export interface LeaseKey {
  readonly name: string;
  readonly epoch: number;
}

/** False: the lease is lost. */
export async function renewLease(database: Database, { name, epoch }: LeaseKey, leaseMs: number): Promise<boolean> {
  const { rowCount } = await database.query({
    name: "jobs.renew_lease",
    text: `
      update jobs set lease_until = clock_timestamp() + make_interval(secs => $3::double precision / 1000)
      where name = $1 and epoch = $2 and lease_until > clock_timestamp()`,
    values: [name, epoch, leaseMs],
    timeoutMs: leaseMs,
  });
  return rowCount === 1;
}

/**
 * Whether the lease is still held; if so, nobody can take it before the transaction ends. The lock is the weakest there is
 * that a taker (`lockJob`) waits for: the holder's own renewals do not.
 */
export async function holdLease(tx: Transaction, { name, epoch }: LeaseKey): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: "jobs.hold_lease",
    text: "select 1 from jobs where name = $1 and epoch = $2 and lease_until > clock_timestamp() for key share",
    values: [name, epoch],
  });
  return rowCount === 1;
}

/** Ends a run that was stopped before it was done: whoever looks next goes on with it. */
export async function giveUpLease(database: Database, { name, epoch }: LeaseKey): Promise<void> {
  await database.query({
    name: "jobs.give_up_lease",
    text: "update jobs set lease_until = null where name = $1 and epoch = $2",
    values: [name, epoch],
  });
}

export interface StoredJob {
  readonly name: string;
  readonly dueAt: Date;
  readonly isRunning: boolean;
  readonly epoch: number;
  readonly holder: string | null;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly durationMs: number | null;
  readonly outcome: "succeeded" | "failed" | null;
  readonly result: JobResult | null;
  readonly error: string | null;
}

export async function listStoredJobs(database: Database, names: readonly string[]): Promise<StoredJob[]> {
  const { rows } = await database.query<{
    name: string;
    due_at: Date;
    is_running: boolean;
    epoch: number;
    holder: string | null;
    started_at: Date | null;
    finished_at: Date | null;
    duration_ms: number | null;
    outcome: StoredJob["outcome"];
    result: JobResult | null;
    error: string | null;
  }>({
    name: "jobs.list",
    text: `
      select name, due_at, ${IS_LEASED} as is_running, epoch, holder, started_at,
        finished_at, extract(epoch from finished_at - started_at) * 1000 as duration_ms, outcome, result, error
      from jobs where name = any($1::text[]) order by name`,
    values: [names],
  });
  return rows.map((row) => ({
    name: row.name,
    dueAt: row.due_at,
    isRunning: row.is_running,
    epoch: row.epoch,
    holder: row.holder,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    durationMs: row.duration_ms === null ? null : Math.round(row.duration_ms),
    outcome: row.outcome,
    result: row.result,
    error: row.error,
  }));
}
