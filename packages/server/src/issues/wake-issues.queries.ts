/** Statements on `issues` that storing runs for those that an event may make unresolved again. */
import type { Transaction } from "../db/transaction.ts";
import type { IssueKey } from "./issues.queries.ts";
import type { Standing } from "./lifecycle.ts";
import { STANDING_COLUMNS, type StandingColumns, standingOf } from "./standing.ts";

export interface SleepingIssue extends IssueKey {
  readonly standing: Standing;
  /** Since when it has this status. */
  readonly sinceMs: number;
}

/** Those of these issues that are resolved, or archived for a number of events, locked until the transaction ends. */
export async function lockSleepingIssues(tx: Transaction, keys: readonly IssueKey[]): Promise<SleepingIssue[]> {
  const { rows } = await tx.query<StandingColumns & { project_id: string; id: string; since: Date }>({
    name: "issues.lock_sleeping",
    text: `
      select i.project_id, i.id, coalesce(i.status_changed_at, i.created_at) as since, ${STANDING_COLUMNS}
      from unnest($1::uuid[], $2::uuid[]) as k (project_id, id)
      join issues i on i.project_id = k.project_id and i.id = k.id
      where i.status = 'resolved' or i.archived_until_count is not null
      order by i.project_id, i.id
      for update of i`,
    values: [keys.map(({ projectId }) => projectId), keys.map(({ issueId }) => issueId)],
  });
  return rows.map((row) => ({
    projectId: row.project_id,
    issueId: row.id,
    standing: standingOf(row),
    sinceMs: row.since.getTime(),
  }));
}

/** By the issues' ids. */
export async function findEventCounts(
  tx: Transaction,
  keys: readonly IssueKey[],
): Promise<ReadonlyMap<string, number>> {
  if (keys.length === 0) return new Map();
  const { rows } = await tx.query<{ issue_id: string; event_count: number }>({
    name: "issues.find_event_counts",
    text: `
      select c.issue_id, c.event_count
      from unnest($1::uuid[], $2::uuid[]) as k (project_id, issue_id)
      join issue_counters c using (project_id, issue_id)`,
    values: [keys.map(({ projectId }) => projectId), keys.map(({ issueId }) => issueId)],
  });
  return new Map(rows.map((row) => [row.issue_id, row.event_count]));
}

/** Makes locked issues unresolved. `regressedAt`: of those that were resolved. */
export async function setAwake(
  tx: Transaction,
  issues: readonly (IssueKey & { readonly regressedAt: Date | undefined })[],
): Promise<void> {
  if (issues.length === 0) return;
  await tx.query({
    name: "issues.set_awake",
    text: `
      update issues i set
        status = 'unresolved', resolution = null, resolved_release = null, archive_mode = null, archived_until = null,
        archived_until_count = null, status_changed_at = now(), regressed_at = coalesce(t.regressed_at, i.regressed_at)
      from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as t (project_id, id, regressed_at)
      where i.project_id = t.project_id and i.id = t.id`,
    values: [
      issues.map(({ projectId }) => projectId),
      issues.map(({ issueId }) => issueId),
      issues.map(({ regressedAt }) => regressedAt ?? null),
    ],
  });
}
