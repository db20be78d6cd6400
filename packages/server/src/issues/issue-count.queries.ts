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

/** By id of the project. */
export async function countIssuesByProject(
  database: Database,
  projectIds: readonly string[],
  now: Date,
  zone: string,
): Promise<Map<string, IssueCounts>> {
  const { rows } = await database.query<IssueCounts & { project_id: string }>({
    name: "issues.count_by_project",
    text: `
      select project_id,
        (select count(*) from issues i where i.project_id = given.project_id and i.status = 'unresolved') as unresolved,
        (select count(*) from issue_counters c
          where c.project_id = given.project_id
            and c.first_seen >= date_trunc('day', $2::timestamptz at time zone $3) at time zone $3) as "newToday"
      from unnest($1::uuid[]) as given (project_id)`,
    values: [projectIds, now, zone],
  });
  return new Map(rows.map(({ project_id, unresolved, newToday }) => [project_id, { unresolved, newToday }]));
}
