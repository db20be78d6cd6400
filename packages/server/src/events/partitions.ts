/**
 * `events` has one partition for each UTC day of `received_at`, so that retention drops days instead of deleting rows.
 * Each partition carries `unique (project_id, event_id)`: the parent cannot, its keys must hold `received_at`.
 */
import type { Database } from "../db/database.ts";
import { type Transaction, withTransaction } from "../db/transaction.ts";

export const DAY_MS = 86_400_000;

/** Partitions exist this many days ahead, today included. */
export const DAYS_AHEAD = 7;

/** Serializes the making of partitions over all nodes. Any number, but always the same. */
const PARTITIONS_LOCK = 7_304_101;

/** The start of the UTC day a moment is in. */
export function dayOf(ms: number): number {
  return Math.floor(ms / DAY_MS) * DAY_MS;
}

export function partitionName(dayMs: number): string {
  return `events_${new Date(dayMs).toISOString().slice(0, 10).replaceAll("-", "")}`;
}

/** Makes the partitions of the days these moments are in, where they do not exist yet. Safe on several nodes at once. Returns what was made. */
export async function ensurePartitions(database: Database, daysMs: readonly number[]): Promise<string[]> {
  const wanted = new Map(daysMs.map((ms) => [partitionName(ms), dayOf(ms)]));
  for (const name of await findPartitions(database, [...wanted.keys()])) wanted.delete(name);
  for (const [name, dayMs] of wanted) await createPartition(database, name, dayMs);
  return [...wanted.keys()];
}

/** Those partitions that there are of the days from one moment to another. */
export async function existingPartitions(tx: Transaction, fromMs: number, toMs: number): Promise<string[]> {
  return findPartitions(tx, daysBetween(fromMs, toMs).map(partitionName));
}

async function findPartitions(database: Pick<Database, "query">, names: readonly string[]): Promise<string[]> {
  const { rows } = await database.query<{ name: string }>({
    name: "events.find_partitions",
    text: "select relname as name from pg_class where relname = any($1::text[]) and relispartition",
    values: [names],
  });
  return rows.map(({ name }) => name);
}

/** The days that must have a partition at this moment. */
export function daysAhead(nowMs: number): number[] {
  return daysBetween(nowMs, nowMs + (DAYS_AHEAD - 1) * DAY_MS);
}

/** The starts of the days from that of one moment to that of another, both included. */
function daysBetween(fromMs: number, toMs: number): number[] {
  const days = (dayOf(toMs) - dayOf(fromMs)) / DAY_MS + 1;
  return Array.from({ length: days }, (_, day) => dayOf(fromMs) + day * DAY_MS);
}

async function createPartition(database: Database, name: string, dayMs: number): Promise<void> {
  const from = new Date(dayMs).toISOString();
  const to = new Date(dayMs + DAY_MS).toISOString();
  await withTransaction(database, async (tx) => {
    await tx.query({ text: "select pg_advisory_xact_lock($1)", values: [PARTITIONS_LOCK] });
    const { rowCount } = await tx.query({ text: "select 1 from pg_class where relname = $1", values: [name] });
    if (rowCount !== 0) return;
    // Made apart and attached, so that no lock on the parent is held while the indexes are made.
    await tx.query({ text: `create table ${name} (like events including defaults including constraints)` });
    await tx.query({ text: `alter table ${name} ${STORAGE}` });
    await tx.query({ text: `create unique index ${name}_event_id on ${name} (project_id, event_id)` });
    await tx.query({ text: `alter table events attach partition ${name} for values from ('${from}') to ('${to}')` });
  });
}

/**
 * How finely ANALYZE looks at columns, instead of PostgreSQL's 100: it reads 300 rows for each of the highest, every time
 * that the day has grown by a share. No plan asks for the values of those with 0.
 */
const STATISTICS = {
  project_id: 20,
  event_id: 20,
  issue_id: 20,
  received_at: 20,
  occurred_at: 20,
  level: 20,
  title: 20,
  environment: 20,
  release: 20,
  // Only those of 30,000 rows would tell of rare words and tags; searches do without (`search-events.queries.ts`).
  search: 10,
  tags: 0,
  grouping: 0,
  receipt: 0,
  payload: 0,
  payload_source: 0,
  payload_encoding: 0,
  payload_offset: 0,
  payload_length: 0,
  placed_by: 0,
};

/**
 * Where a row does not fit, its payload is stored beside it before anything is compressed, and then its words: payloads are
 * compressed already, and compressing the rest takes longer than writing it. Rows of small events stay whole, two of them
 * on a page.
 *
 * A day only grows, and is dropped whole. VACUUM then reads every page again and writes it to the log, to note that all of
 * it can be seen: the lists' indexes gain by that, what is stored beside rows does not. It still comes after deletes.
 */
const STORAGE = `
  alter column payload set storage external,
  alter column search set storage external,
  alter column tags set storage main,
  alter column grouping set storage main,
  ${Object.entries(STATISTICS)
    .map(([column, target]) => `alter column ${column} set statistics ${target}`)
    .join(", ")},
  set (
    toast_tuple_target = 4080,
    autovacuum_analyze_scale_factor = 0.2,
    autovacuum_vacuum_insert_scale_factor = 0.5,
    toast.autovacuum_vacuum_insert_threshold = -1
  )`;

export interface Partition {
  readonly name: string;
  readonly dayMs: number;
  /** With its indexes and what is stored beside its rows. */
  readonly bytes: number;
  /** As PostgreSQL estimates them. */
  readonly rowsEstimate: number;
}

/** All that there are, the oldest day first. */
export async function listPartitions(database: Database): Promise<Partition[]> {
  const { rows } = await database.query<{ name: string; bytes: number; rows_estimate: number }>({
    name: "events.list_partitions",
    text: `
      select c.relname as name, pg_total_relation_size(c.oid) as bytes, greatest(0, c.reltuples)::bigint as rows_estimate
      from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = 'events'::regclass order by 1`,
  });
  return rows.map(({ name, bytes, rows_estimate }) => ({
    name,
    dayMs: dayOfName(name),
    bytes,
    rowsEstimate: rows_estimate,
  }));
}

function dayOfName(name: string): number {
  const [, year, month, day] = /^events_(\d{4})(\d{2})(\d{2})$/.exec(name) ?? [];
  if (day === undefined) throw new Error(`the partition ${name} of events is not named after a day`);
  return Date.UTC(Number(year), Number(month) - 1, Number(day));
}

/**
 * Drops the partition of a day, if there is one, and with it its disk space. Waits for who reads it no longer than `lockMs`,
 * since from then on everybody else waits behind: then it fails, and nothing has happened.
 */
export async function dropPartition(tx: Transaction, dayMs: number, lockMs: number): Promise<void> {
  await tx.query({
    name: "events.limit_lock",
    text: "select set_config('lock_timeout', $1, true)",
    values: [String(lockMs)],
  });
  await tx.query({ text: `drop table if exists ${partitionName(dayMs)}` });
}

/** The first moment that is kept. Days go as wholes: what is kept for 30 days is gone when it is 31 days old. */
export function keptSinceMs(retentionDays: number, nowMs: number): number {
  return dayOf(nowMs - retentionDays * DAY_MS);
}
