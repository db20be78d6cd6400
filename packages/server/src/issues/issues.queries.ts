/** Statements that storing runs on the tables `issues`, `issue_fingerprints` and `issue_counters`, which this folder owns. */
import type { IssueStatus } from "@mesher/protocol";
import type { Database } from "../db/database.ts";
import { deleteChunk, deleteChunkBefore } from "../db/delete-chunk.ts";
import type { Transaction } from "../db/transaction.ts";
import { decodeTsvector, type Tsvector } from "../db/tsvector.ts";
import { tsvectorText } from "../db/tsvector-text.ts";
import { urgencySql } from "./priority-sql.ts";

export interface FingerprintKey {
  readonly projectId: string;
  readonly fingerprint: string;
}

export interface FoundIssue extends FingerprintKey {
  readonly issueId: string;
  readonly status: IssueStatus;
  /** An event may end its resolution or archive: see `wakeIssues`. */
  readonly mayWake: boolean;
  /** Of a fingerprint whose events are counted apart, too: its id, as it stands in the place of an issue's. */
  readonly shareId: string | undefined;
}

/** The issues that fingerprints lead to. Those without one are left out. */
export async function findIssuesByFingerprint(tx: Transaction, keys: readonly FingerprintKey[]): Promise<FoundIssue[]> {
  const { rows } = await tx.query<{
    project_id: string;
    fingerprint: string;
    issue_id: string;
    status: IssueStatus;
    may_wake: boolean;
    is_counted: boolean;
  }>({
    name: "issues.find_by_fingerprint",
    text: `
      select f.project_id, f.fingerprint, f.issue_id, i.status, f.is_counted,
        i.status = 'resolved' or i.archived_until_count is not null as may_wake
      from unnest($1::uuid[], $2::uuid[]) as k (project_id, fingerprint)
      join issue_fingerprints f on f.project_id = k.project_id and f.fingerprint = k.fingerprint
      join issues i on i.project_id = f.project_id and i.id = f.issue_id`,
    values: [keys.map(({ projectId }) => projectId), keys.map(({ fingerprint }) => fingerprint)],
  });
  return rows.map((row) => ({
    projectId: row.project_id,
    fingerprint: row.fingerprint.replaceAll("-", ""),
    issueId: row.issue_id,
    status: row.status,
    mayWake: row.may_wake,
    shareId: row.is_counted ? row.fingerprint : undefined,
  }));
}

export interface NewIssue extends FingerprintKey {
  readonly issueId: string;
  readonly title: string;
  readonly culprit: string;
  readonly level: string;
  readonly platform: string;
  readonly groupingJson: string;
  /** Of its first event, to find it by. */
  readonly words: Tsvector;
}

/**
 * Makes issues for fingerprints that have none, and returns those that were really made. Of all the transactions that see
 * a new fingerprint at once, exactly one makes its issue: the others wait for it here, and then find it.
 */
export async function createIssues(tx: Transaction, issues: readonly NewIssue[]): Promise<Set<string>> {
  const { rows } = await tx.query<{ id: string }>({
    name: "issues.create",
    text: `
      with incoming as (
        select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::jsonb[], $9::text[])
          as t (project_id, fingerprint, issue_id, title, culprit, level, platform, grouping, search)
      ), claimed as (
        insert into issue_fingerprints (project_id, fingerprint, issue_id)
        -- In one order everywhere, so that two transactions never wait for each other.
        select project_id, fingerprint, issue_id from incoming order by project_id, fingerprint
        on conflict (project_id, fingerprint) do nothing
        returning project_id, fingerprint
      )
      insert into issues (project_id, id, title, culprit, level, platform, grouping, search)
      select project_id, issue_id, title, culprit, level, platform, grouping, search::tsvector
      from incoming join claimed using (project_id, fingerprint)
      returning id`,
    values: [
      issues.map(({ projectId }) => projectId),
      issues.map(({ fingerprint }) => fingerprint),
      issues.map(({ issueId }) => issueId),
      issues.map(({ title }) => title),
      issues.map(({ culprit }) => culprit),
      issues.map(({ level }) => level),
      issues.map(({ platform }) => platform),
      issues.map(({ groupingJson }) => groupingJson),
      issues.map(({ words }) => tsvectorText(decodeTsvector(words))),
    ],
  });
  return new Set(rows.map(({ id }) => id));
}

export interface IssueKey {
  readonly projectId: string;
  readonly issueId: string;
}

/** A release, and when the event that named it was received. */
export interface SeenVersion {
  readonly version: string;
  readonly atMs: number;
}

export interface IssueCount extends IssueKey {
  readonly events: number;
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
  /** Of the first and the last of these events that name one. */
  readonly firstRelease: SeenVersion | undefined;
  readonly lastRelease: SeenVersion | undefined;
  /** Of an issue that was just made: its priority follows from it. */
  readonly newIssueLevel: string | undefined;
}

/** What is counted of an issue, or of a fingerprint. */
type Count = Omit<IssueCount, "issueId" | "newIssueLevel">;

const COUNTED = "events, first_seen, last_seen, first_release, last_release, first_release_at, last_release_at";

/** Of an insert of counts, which go by a second id within their projects; of issues with what follows from their levels. */
const countsFrom = (id: "issue_id" | "fingerprint", levels: { readonly select: string } | undefined) => `
      select project_id, ${id}, ${COUNTED}${levels === undefined ? "" : `, ${levels.select}`}
      from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::timestamptz[], $5::timestamptz[],
          $6::text[], $7::text[], $8::timestamptz[], $9::timestamptz[]${levels === undefined ? "" : ", $10::text[]"})
        as t (project_id, ${id}, ${COUNTED}${levels === undefined ? "" : ", level"})
      order by 1, 2`;

function countValues(counts: readonly Count[], ids: readonly string[]): unknown[] {
  return [
    counts.map(({ projectId }) => projectId),
    ids,
    counts.map(({ events }) => events),
    counts.map(({ firstSeenMs }) => new Date(firstSeenMs)),
    counts.map(({ lastSeenMs }) => new Date(lastSeenMs)),
    counts.map(({ firstRelease }) => firstRelease?.version ?? null),
    counts.map(({ lastRelease }) => lastRelease?.version ?? null),
    counts.map(({ firstRelease }) => firstRelease && new Date(firstRelease.atMs)),
    counts.map(({ lastRelease }) => lastRelease && new Date(lastRelease.atMs)),
  ];
}

/** Events are stored in another order than they came, so the releases follow the times and not the statements. */
const ADD_COUNTS = `
        event_count = c.event_count + excluded.event_count,
        first_seen = least(c.first_seen, excluded.first_seen),
        last_seen = greatest(c.last_seen, excluded.last_seen),
        first_release = case when excluded.first_release_at < c.first_release_at or c.first_release_at is null
          then excluded.first_release else c.first_release end,
        first_release_at = least(c.first_release_at, excluded.first_release_at),
        last_release = case when excluded.last_release_at >= c.last_release_at or c.last_release_at is null
          then excluded.last_release else c.last_release end,
        last_release_at = greatest(c.last_release_at, excluded.last_release_at)`;

/**
 * Counts a batch's events into their issues: one row for each issue, however many events it has. Gives back how many events
 * each issue has now.
 */
export async function countIntoIssues(tx: Transaction, counts: readonly IssueCount[]): Promise<Map<string, number>> {
  const { rows } = await tx.query<{ issue_id: string; event_count: number }>({
    name: "issues.count",
    text: `
      insert into issue_counters as c (project_id, issue_id, event_count, first_seen, last_seen,
        first_release, last_release, first_release_at, last_release_at, urgency)
      ${countsFrom("issue_id", { select: urgencySql("null", "level") })}
      on conflict (project_id, issue_id) do update set ${ADD_COUNTS}
      returning c.issue_id, c.event_count`,
    values: [
      ...countValues(
        counts,
        counts.map(({ issueId }) => issueId),
      ),
      counts.map(({ newIssueLevel }) => newIssueLevel ?? null),
    ],
  });
  return new Map(rows.map(({ issue_id, event_count }) => [issue_id, event_count]));
}

export interface UserCount extends IssueKey {
  /** Users it affected in all its life. */
  readonly users: number;
}

/**
 * The issues are counted already. The counts come from sketches that only grow, so of two the greater is the later, but where
 * issues were merged or taken apart: there a count `mayFall`. They are estimates, but no issue has more users than events.
 */
export async function setUserCounts(
  tx: Transaction,
  counts: readonly UserCount[],
  { mayFall = false } = {},
): Promise<void> {
  await tx.query({
    name: mayFall ? "issues.replace_user_counts" : "issues.set_user_counts",
    text: `
      update issue_counters c set user_count = least(${mayFall ? "k.users" : "greatest(c.user_count, k.users)"}, c.event_count)
      from unnest($1::uuid[], $2::uuid[], $3::integer[]) as k (project_id, issue_id, users)
      where c.project_id = k.project_id and c.issue_id = k.issue_id`,
    values: [
      counts.map(({ projectId }) => projectId),
      counts.map(({ issueId }) => issueId),
      counts.map(({ users }) => users),
    ],
  });
}

/** As `countIntoIssues`, for fingerprints of issues that have several. */
export async function countIntoFingerprints(
  tx: Transaction,
  counts: readonly (FingerprintKey & Count)[],
): Promise<void> {
  await tx.query({
    name: "issues.count_fingerprints",
    text: `
      insert into fingerprint_counters as c (project_id, fingerprint, event_count, first_seen, last_seen,
        first_release, last_release, first_release_at, last_release_at)
      ${countsFrom("fingerprint", undefined)}
      on conflict (project_id, fingerprint) do update set ${ADD_COUNTS}`,
    values: countValues(
      counts,
      counts.map(({ fingerprint }) => fingerprint),
    ),
  });
}

export async function countIntoFingerprintHours(
  tx: Transaction,
  counts: readonly (FingerprintKey & { readonly hourMs: number; readonly count: number })[],
): Promise<void> {
  await tx.query({
    name: "issues.count_fingerprint_hours",
    text: `
      insert into fingerprint_counts as c (project_id, fingerprint, hour, count)
      select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::bigint[]) order by 1, 2, 3
      on conflict (project_id, fingerprint, hour) do update set count = c.count + excluded.count`,
    values: [
      counts.map(({ projectId }) => projectId),
      counts.map(({ fingerprint }) => fingerprint),
      counts.map(({ hourMs }) => new Date(hourMs)),
      counts.map(({ count }) => count),
    ],
  });
}

/** `SHOP-12` of each of these issues of a project. */
export async function listShortIds(
  database: Database,
  projectId: string,
  issueIds: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await database.query<{ id: string; short_id: string }>({
    name: "issues.short_ids",
    text: `
      select i.id, upper(p.slug) || '-' || i.number as short_id from issues i join projects p on p.id = i.project_id
      where i.project_id = $1 and i.id = any($2::uuid[])`,
    values: [projectId, issueIds],
  });
  return new Map(rows.map(({ id, short_id }) => [id, short_id]));
}

/** The tables of this folder. */
export const ISSUE_TABLES = [
  "issues",
  "issue_fingerprints",
  "issue_counters",
  "issue_activity",
  "merged_issues",
  "fingerprint_counters",
  "fingerprint_counts",
] as const;

/** Of one project, and of all, to tell its share. */
export async function countIssues(database: Database, projectId: string): Promise<{ own: number; total: number }> {
  const { rows } = await database.query<{ own: number; total: number }>({
    name: "issues.count_of_project",
    text: "select count(*) filter (where project_id = $1) as own, count(*) as total from issues",
    values: [projectId],
  });
  return rows[0] ?? { own: 0, total: 0 };
}

/** What is left of the issues of a project that is gone: up to `rowsMax` rows of the table; how many. */
export function deleteIssuesOf(
  tx: Transaction,
  table: (typeof ISSUE_TABLES)[number],
  projectId: string,
  rowsMax: number,
): Promise<number> {
  return deleteChunk(tx, { table, column: "project_id", value: projectId, rowsMax });
}

/** Up to `rowsMax` shares of fingerprints in hours before a moment, of all projects; how many. */
export function deleteFingerprintHoursBefore(tx: Transaction, before: Date, rowsMax: number): Promise<number> {
  return deleteChunkBefore(tx, { table: "fingerprint_counts", column: "hour", before, rowsMax });
}
