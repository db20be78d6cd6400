/**
 * `events` has one partition for each UTC day of `received_at`, so that retention drops days instead of deleting rows.
 * Each partition carries `unique (project_id, event_id)`: the parent cannot, its keys must hold `received_at`.
 */
import type { Database } from "../db/database.ts";
import { withTransaction } from "../db/transaction.ts";

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
  const found = await database.query<{ name: string }>({
    name: "events.find_partitions",
    text: "select relname as name from pg_class where relname = any($1::text[]) and relispartition",
    values: [[...wanted.keys()]],
  });
  for (const { name } of found.rows) wanted.delete(name);
  for (const [name, dayMs] of wanted) await createPartition(database, name, dayMs);
  return [...wanted.keys()];
}

/** The days that must have a partition at this moment. */
export function daysAhead(nowMs: number): number[] {
  return Array.from({ length: DAYS_AHEAD }, (_, day) => dayOf(nowMs) + day * DAY_MS);
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
    // Payloads are compressed already; trying again would only cost.
    await tx.query({ text: `alter table ${name} alter column payload set storage external` });
    await tx.query({ text: `create unique index ${name}_event_id on ${name} (project_id, event_id)` });
    await tx.query({ text: `alter table events attach partition ${name} for values from ('${from}') to ('${to}')` });
  });
}
