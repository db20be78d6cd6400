/** Statements on the hourly roll-ups, which this folder owns. Written in the transaction that stores the events. */
import type { Category, Outcome } from "@mesher/protocol";
import type { Database } from "../db/database.ts";
import { deleteChunk, deleteChunkBefore } from "../db/delete-chunk.ts";
import type { Transaction } from "../db/transaction.ts";

export const HOUR_MS = 3_600_000;

/** The start of the UTC hour a moment is in. */
export function hourOf(ms: number): number {
  return Math.floor(ms / HOUR_MS) * HOUR_MS;
}

export interface EventCount {
  readonly projectId: string;
  readonly hourMs: number;
  readonly level: string;
  readonly count: number;
}

export async function addEventCounts(tx: Transaction, counts: readonly EventCount[]): Promise<void> {
  await tx.query({
    name: "rollups.add_event_counts",
    text: `
      insert into event_counts as c (project_id, hour, level, count)
      select * from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::bigint[]) order by 1, 2, 3
      on conflict (project_id, hour, level) do update set count = c.count + excluded.count`,
    values: [
      counts.map(({ projectId }) => projectId),
      counts.map(({ hourMs }) => new Date(hourMs)),
      counts.map(({ level }) => level),
      counts.map(({ count }) => count),
    ],
  });
}

export interface IssueHourCount {
  readonly projectId: string;
  readonly issueId: string;
  readonly hourMs: number;
  readonly count: number;
}

export async function addIssueCounts(tx: Transaction, counts: readonly IssueHourCount[]): Promise<void> {
  await tx.query({
    name: "rollups.add_issue_counts",
    text: `
      insert into issue_counts as c (project_id, issue_id, hour, count)
      select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::bigint[]) order by 1, 2, 3
      on conflict (project_id, issue_id, hour) do update set count = c.count + excluded.count`,
    values: [
      counts.map(({ projectId }) => projectId),
      counts.map(({ issueId }) => issueId),
      counts.map(({ hourMs }) => new Date(hourMs)),
      counts.map(({ count }) => count),
    ],
  });
}

/** Of issues that are deleted. What all events of a project were keeps its count. */
export async function deleteIssueCounts(
  tx: Transaction,
  issues: readonly { readonly projectId: string; readonly issueId: string }[],
): Promise<void> {
  for (const table of ["issue_tags", "user_sketches", "issue_counts"]) {
    await tx.query({
      name: `rollups.delete_issue_rows_of_${table}`,
      text: `
        delete from ${table} c
        using unnest($1::uuid[], $2::uuid[]) as gone (project_id, issue_id)
        where c.project_id = gone.project_id and c.issue_id = gone.issue_id`,
      values: [issues.map(({ projectId }) => projectId), issues.map(({ issueId }) => issueId)],
    });
  }
}

/** Makes the hours of issues the sums of their fingerprints' shares; those of an issue that has none are removed. */
export async function sumFingerprintCounts(
  tx: Transaction,
  projectId: string,
  issueIds: readonly string[],
): Promise<void> {
  await deleteIssueCounts(
    tx,
    issueIds.map((issueId) => ({ projectId, issueId })),
  );
  await tx.query({
    name: "rollups.sum_fingerprint_counts",
    text: `
      insert into issue_counts (project_id, issue_id, hour, count)
      select f.project_id, f.issue_id, c.hour, sum(c.count)
      from issue_fingerprints f
      join fingerprint_counts c on c.project_id = f.project_id and c.fingerprint = f.fingerprint
      where f.project_id = $1 and f.issue_id = any($2::uuid[])
      group by f.project_id, f.issue_id, c.hour`,
    values: [projectId, issueIds],
  });
}

/** Stands for "no project could be told". */
export const NIL_PROJECT_ID = "00000000-0000-0000-0000-000000000000";

export interface OutcomeCount {
  readonly projectId: string;
  readonly hourMs: number;
  readonly outcome: Outcome;
  readonly category: Category;
  readonly reason: string;
  readonly count: number;
}

export async function addOutcomeCounts(
  database: Database | Transaction,
  added: readonly OutcomeCount[],
): Promise<void> {
  const counts = sumEqual(added);
  await database.query({
    name: "rollups.add_outcome_counts",
    text: `
      insert into outcome_counts as c (project_id, hour, outcome, category, reason, count)
      select * from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::bigint[]) order by 1, 2, 3, 4, 5
      on conflict (project_id, hour, outcome, category, reason) do update set count = c.count + excluded.count`,
    values: [
      counts.map(({ projectId }) => projectId),
      counts.map(({ hourMs }) => new Date(hourMs)),
      counts.map(({ outcome }) => outcome),
      counts.map(({ category }) => category),
      counts.map(({ reason }) => reason),
      counts.map(({ count }) => count),
    ],
  });
}

/** One count for each kind: a statement may touch a row only once. */
function sumEqual(counts: readonly OutcomeCount[]): OutcomeCount[] {
  const sums = new Map<string, OutcomeCount>();
  for (const count of counts) {
    const key = [count.projectId, count.hourMs, count.outcome, count.category, count.reason].join(" ");
    const sum = sums.get(key);
    sums.set(key, sum === undefined ? count : { ...count, count: sum.count + count.count });
  }
  return [...sums.values()];
}

/** Events of an issue per hour, `hours` of them up to and including the hour of `nowMs`, oldest first, zero-filled. */
export async function listIssueVolume(
  database: Database,
  issue: { readonly projectId: string; readonly issueId: string },
  nowMs: number,
  hours: number,
): Promise<{ hour: Date; count: number }[]> {
  const { rows } = await database.query<{ hour: Date; count: number }>({
    name: "rollups.list_issue_volume",
    text: `
      select h.hour, coalesce(c.count, 0) as count
      from generate_series($3::timestamptz, $4::timestamptz, interval '1 hour') as h (hour)
      left join issue_counts c on c.project_id = $1 and c.issue_id = $2 and c.hour = h.hour
      order by h.hour`,
    values: [issue.projectId, issue.issueId, new Date(hourOf(nowMs) - (hours - 1) * HOUR_MS), new Date(hourOf(nowMs))],
  });
  return rows;
}

/** Sums of outcomes since a moment, for one project. */
export async function listOutcomes(
  database: Database,
  projectId: string,
  since: Date,
): Promise<{ outcome: Outcome; category: Category; reason: string; count: number }[]> {
  const { rows } = await database.query<{ outcome: Outcome; category: Category; reason: string; count: number }>({
    name: "rollups.list_outcomes",
    text: `
      select outcome, category, reason, sum(count)::bigint as count
      from outcome_counts where project_id = $1 and hour >= $2
      group by 1, 2, 3 order by 4 desc`,
    values: [projectId, since],
  });
  return rows;
}

/** The tables of this folder. */
export const COUNT_TABLES = [
  "tag_counts",
  "issue_tags",
  "tag_keys",
  "user_sketches",
  "issue_counts",
  "event_counts",
  "outcome_counts",
] as const;
export type CountTable = (typeof COUNT_TABLES)[number];

/** What is left of the counts of a project that is gone: up to `rowsMax` rows of the table; how many. */
export function deleteCountsOf(
  tx: Transaction,
  table: CountTable,
  projectId: string,
  rowsMax: number,
): Promise<number> {
  return deleteChunk(tx, { table, column: "project_id", value: projectId, rowsMax });
}

/** Those that are kept by the hour. The sketches of an issue's whole life are in the hour `infinity`, which is never over. */
export const HOURLY_TABLES = ["tag_counts", "user_sketches", "issue_counts", "event_counts", "outcome_counts"] as const;

/** Up to `rowsMax` rows of hours before a moment, of all projects; how many. */
export function deleteHoursBefore(
  tx: Transaction,
  table: (typeof HOURLY_TABLES)[number],
  before: Date,
  rowsMax: number,
): Promise<number> {
  return deleteChunkBefore(tx, { table, column: "hour", before, rowsMax });
}

/** Stored events by the day (UTC) they were received on: of one project, and of all, to tell its share. */
export async function listEventsByDay(
  database: Database,
  projectId: string,
  since: Date,
): Promise<{ readonly dayMs: number; readonly own: number; readonly total: number }[]> {
  const { rows } = await database.query<{ day: Date; own: number; total: number }>({
    name: "rollups.list_events_by_day",
    text: `
      select date_trunc('day', hour, 'UTC') as day, coalesce(sum(count) filter (where project_id = $1), 0) as own,
        sum(count) as total
      from event_counts where hour >= $2 group by 1 order by 1`,
    values: [projectId, since],
  });
  return rows.map(({ day, own, total }) => ({ dayMs: day.getTime(), own, total }));
}
