import type { Database } from "../db/database.ts";

export async function countUnresolvedIssues(database: Database, projectId: string): Promise<number> {
  const { rows } = await database.query<{ count: number }>({
    name: "issues.count_unresolved",
    text: "select count(*) from issues where project_id = $1 and status = 'unresolved'",
    values: [projectId],
  });
  return rows[0]?.count ?? 0;
}
