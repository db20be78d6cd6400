/** Statements that take issues away, with all that this folder keeps of them. */
import type { Transaction } from "../db/transaction.ts";
import type { IssueSelection } from "./change-issues.queries.ts";
import type { IssueKey } from "./issues.queries.ts";

export async function findProjectsOfIssues(
  tx: Transaction,
  { organizationId, projectId, ids }: IssueSelection,
): Promise<string[]> {
  const { rows } = await tx.query<{ project_id: string }>({
    name: "issues.find_projects",
    text: `
      select distinct i.project_id
      from issues i join projects p on p.id = i.project_id
      where p.organization_id = $1 and i.id = any($2::uuid[]) and ($3::uuid is null or i.project_id = $3)`,
    values: [organizationId, ids, projectId ?? null],
  });
  return rows.map((row) => row.project_id);
}

export interface DeletedIssue extends IssueKey {
  readonly number: number;
  readonly title: string;
}

/** Removes issues, and with them their fingerprints, counters and activity. The caller has locked them and their projects. */
export async function deleteIssueRows(tx: Transaction, issues: readonly IssueKey[]): Promise<DeletedIssue[]> {
  const { rows } = await tx.query<{ project_id: string; id: string; number: number; title: string }>({
    name: "issues.delete",
    text: `
      with gone as (
        select * from unnest($1::uuid[], $2::uuid[]) as t (project_id, issue_id)
      ), fingerprints as (
        delete from issue_fingerprints f using gone
        where f.project_id = gone.project_id and f.issue_id = gone.issue_id
        returning f.project_id, f.fingerprint
      ), shares as (
        delete from fingerprint_counters c using fingerprints f
        where c.project_id = f.project_id and c.fingerprint = f.fingerprint
      ), hourly_shares as (
        delete from fingerprint_counts c using fingerprints f
        where c.project_id = f.project_id and c.fingerprint = f.fingerprint
      ), counters as (
        delete from issue_counters c using gone where c.project_id = gone.project_id and c.issue_id = gone.issue_id
      ), merged as (
        delete from merged_issues m using gone where m.project_id = gone.project_id and m.into_issue_id = gone.issue_id
        returning m.project_id, m.id
      ), activity as (
        delete from issue_activity a
        using (select project_id, issue_id from gone union select project_id, id from merged) as any_gone
        where a.project_id = any_gone.project_id and a.issue_id = any_gone.issue_id
      )
      delete from issues i using gone
      where i.project_id = gone.project_id and i.id = gone.issue_id
      returning i.project_id, i.id, i.number, i.title`,
    values: [issues.map(({ projectId }) => projectId), issues.map(({ issueId }) => issueId)],
  });
  return rows.map((row) => ({ projectId: row.project_id, issueId: row.id, number: row.number, title: row.title }));
}
