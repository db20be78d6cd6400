/** What alerts need to know of issues. */
import type { Queryable } from "../db/database.ts";

export interface IssueOfProject {
  readonly projectId: string;
  readonly issueId: string;
}

export interface AlertedIssue {
  readonly id: string;
  readonly shortId: string;
  readonly title: string;
  readonly culprit: string;
  readonly level: string;
  readonly eventCount: number;
}

/** By id; those that are gone are left out. */
export async function findAlertedIssues(
  database: Queryable,
  issues: readonly IssueOfProject[],
): Promise<ReadonlyMap<string, AlertedIssue>> {
  if (issues.length === 0) return new Map();
  const { rows } = await database.query<{
    id: string;
    slug: string;
    number: string;
    title: string;
    culprit: string;
    level: string;
    event_count: number;
  }>({
    name: "alerts.find_issues",
    text: `
      select i.id, p.slug, i.number, i.title, i.culprit, i.level, c.event_count
      from unnest($1::uuid[], $2::uuid[]) as k (project_id, id)
      join issues i on i.project_id = k.project_id and i.id = k.id
      join projects p on p.id = i.project_id
      join issue_counters c on c.project_id = i.project_id and c.issue_id = i.id`,
    values: keysOf(issues),
  });
  return new Map(
    rows.map(({ id, slug, number, title, culprit, level, event_count }) => [
      id,
      { id, shortId: `${slug.toUpperCase()}-${number}`, title, culprit, level, eventCount: event_count },
    ]),
  );
}

/** Ids of those whose alerts nobody is told of now. */
export async function listSilencedIssues(
  database: Queryable,
  issues: readonly IssueOfProject[],
): Promise<ReadonlySet<string>> {
  if (issues.length === 0) return new Set();
  const { rows } = await database.query<{ issue_id: string }>({
    name: "alerts.list_silenced_issues",
    text: `
      select s.issue_id from unnest($1::uuid[], $2::uuid[]) as k (project_id, issue_id)
      join alert_issue_silences s using (project_id, issue_id)
      where s.silenced_until > clock_timestamp()`,
    values: keysOf(issues),
  });
  return new Set(rows.map(({ issue_id }) => issue_id));
}

function keysOf(issues: readonly IssueOfProject[]): [string[], string[]] {
  return [issues.map(({ projectId }) => projectId), issues.map(({ issueId }) => issueId)];
}
