import type { Database } from "../db/database.ts";

export async function countUnresolvedIssues(database: Database, projectId: string): Promise<number> {
  const { rows } = await database.query<{ count: number }>({
    name: "issues.count_unresolved",
    text: "select count(*) from issues where project_id = $1 and status = 'unresolved'",
    values: [projectId],
  });
  return rows[0]?.count ?? 0;
}

export interface IssueCounts {
  readonly unresolved: number;
  readonly newToday: number;
}

/** By id of the project; one without issues is not among them. */
export async function countIssuesByProject(
  database: Database,
  projectIds: readonly string[],
  now: Date,
  zone: string,
): Promise<Map<string, IssueCounts>> {
  const { rows } = await database.query<IssueCounts & { project_id: string }>({
    name: "issues.count_by_project",
    text: `
      select i.project_id, count(*) filter (where i.status = 'unresolved')::bigint as unresolved,
        count(*) filter (where c.first_seen >= date_trunc('day', $2::timestamptz at time zone $3) at time zone $3)::bigint
          as "newToday"
      from issues i
      join issue_counters c on c.project_id = i.project_id and c.issue_id = i.id
      where i.project_id = any($1::uuid[])
      group by i.project_id`,
    values: [projectIds, now, zone],
  });
  return new Map(rows.map(({ project_id, unresolved, newToday }) => [project_id, { unresolved, newToday }]));
}
