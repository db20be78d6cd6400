/** Statements that storing runs on the tables `issues`, `issue_fingerprints` and `issue_counters`, which this folder owns. */
import type { IssueStatus } from "@mesher/protocol";
import { deleteChunk } from "../db/delete-chunk.ts";
import type { Transaction } from "../db/transaction.ts";

export interface FingerprintKey {
  readonly projectId: string;
  readonly fingerprint: string;
}

export interface FoundIssue extends FingerprintKey {
  readonly issueId: string;
  readonly status: IssueStatus;
}

/** The issues that fingerprints lead to. Those without one are left out. */
export async function findIssuesByFingerprint(tx: Transaction, keys: readonly FingerprintKey[]): Promise<FoundIssue[]> {
  const { rows } = await tx.query<{ project_id: string; fingerprint: string; issue_id: string; status: IssueStatus }>({
    name: "issues.find_by_fingerprint",
    text: `
      select f.project_id, f.fingerprint, f.issue_id, i.status
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
  }));
}

export interface NewIssue extends FingerprintKey {
  readonly issueId: string;
  readonly title: string;
  readonly culprit: string;
  readonly level: string;
  readonly platform: string;
  readonly groupingJson: string;
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
        select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::jsonb[])
          as t (project_id, fingerprint, issue_id, title, culprit, level, platform, grouping)
      ), claimed as (
        insert into issue_fingerprints (project_id, fingerprint, issue_id)
        -- In one order everywhere, so that two transactions never wait for each other.
        select project_id, fingerprint, issue_id from incoming order by project_id, fingerprint
        on conflict (project_id, fingerprint) do nothing
        returning project_id, fingerprint
      )
      insert into issues (project_id, id, title, culprit, level, platform, grouping)
      select project_id, issue_id, title, culprit, level, platform, grouping
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
    ],
  });
  return new Set(rows.map(({ id }) => id));
}

export interface IssueKey {
  readonly projectId: string;
  readonly issueId: string;
}

/** Makes resolved issues unresolved again and returns them: each regression is seen by exactly one caller. */
export async function regressResolvedIssues(
  tx: Transaction,
  keys: readonly IssueKey[],
  at: Date,
): Promise<Set<string>> {
  const { rows } = await tx.query<{ id: string }>({
    name: "issues.regress_resolved",
    text: `
      with resolved as (
        select i.project_id, i.id
        from unnest($1::uuid[], $2::uuid[]) as k (project_id, id)
        join issues i on i.project_id = k.project_id and i.id = k.id
        where i.status = 'resolved'
        order by i.project_id, i.id
        for update of i
      )
      update issues set status = 'unresolved', regressed_at = $3
      from resolved
      where issues.project_id = resolved.project_id and issues.id = resolved.id and issues.status = 'resolved'
      returning issues.id`,
    values: [keys.map(({ projectId }) => projectId), keys.map(({ issueId }) => issueId), at],
  });
  return new Set(rows.map(({ id }) => id));
}

export interface IssueCount extends IssueKey {
  readonly events: number;
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
}

/** Counts a batch's events into their issues: one row for each issue, however many events it has. */
export async function countIntoIssues(tx: Transaction, counts: readonly IssueCount[]): Promise<void> {
  await tx.query({
    name: "issues.count",
    text: `
      insert into issue_counters as c (project_id, issue_id, event_count, first_seen, last_seen)
      select * from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::timestamptz[], $5::timestamptz[])
        as t (project_id, issue_id, events, first_seen, last_seen)
      order by 1, 2
      on conflict (project_id, issue_id) do update set
        event_count = c.event_count + excluded.event_count,
        first_seen = least(c.first_seen, excluded.first_seen),
        last_seen = greatest(c.last_seen, excluded.last_seen)`,
    values: [
      counts.map(({ projectId }) => projectId),
      counts.map(({ issueId }) => issueId),
      counts.map(({ events }) => events),
      counts.map(({ firstSeenMs }) => new Date(firstSeenMs)),
      counts.map(({ lastSeenMs }) => new Date(lastSeenMs)),
    ],
  });
}

/** What is left of the issues of a project that is gone: up to `rowsMax` rows of the table; how many. */
export function deleteIssuesOf(
  tx: Transaction,
  table: "issues" | "issue_fingerprints" | "issue_counters",
  projectId: string,
  rowsMax: number,
): Promise<number> {
  return deleteChunk(tx, { table, column: "project_id", value: projectId, rowsMax });
}
