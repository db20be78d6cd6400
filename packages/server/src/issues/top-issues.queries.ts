import type { IssueStatus, Level } from "@mesher/protocol";
import type { Database } from "../db/database.ts";

export interface TopIssue {
  readonly id: string;
  readonly number: number;
  readonly title: string;
  readonly level: Level;
  readonly status: IssueStatus;
  readonly events: number;
  readonly users: number;
  readonly lastSeen: Date;
}

interface TopRow {
  id: string;
  number: number;
  title: string;
  level: Level;
  status: IssueStatus;
  events: number;
  users: number;
  last_seen: Date;
}

const topOf = ({ last_seen, ...row }: TopRow): TopIssue => ({ ...row, lastSeen: last_seen });

/** The unresolved issues with the most events in all their life. */
export async function listTopIssues(database: Database, projectId: string, limit: number): Promise<TopIssue[]> {
  const { rows } = await database.query<TopRow>({
    name: "issues.top",
    text: `
      select i.id, i.number, i.title, i.level, i.status, c.event_count as events, c.user_count as users, c.last_seen
      from issues i
      join issue_counters c on c.project_id = i.project_id and c.issue_id = i.id
      where i.project_id = $1 and i.status = 'unresolved'
      order by c.event_count desc, i.id limit $2`,
    values: [projectId, limit],
  });
  return rows.map(topOf);
}

/** Those with the most events in some hours, the last one excluded. */
export async function listTopIssuesOfHours(
  database: Database,
  projectId: string,
  limit: number,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Promise<TopIssue[]> {
  const { rows } = await database.query<TopRow>({
    name: "issues.top_of_hours",
    text: `
      select i.id, i.number, i.title, i.level, i.status, h.events, c.user_count as users, c.last_seen
      from (
        select issue_id, sum(count)::bigint as events from issue_counts
        where project_id = $1 and hour >= $3 and hour < $4
        group by issue_id
      ) h
      join issues i on i.project_id = $1 and i.id = h.issue_id
      join issue_counters c on c.project_id = i.project_id and c.issue_id = i.id
      where i.status = 'unresolved'
      order by h.events desc, i.id limit $2`,
    values: [projectId, limit, new Date(fromMs), new Date(toMs)],
  });
  return rows.map(topOf);
}

/** Issues that appeared since the last midnight in a zone. */
export async function countNewIssues(database: Database, projectId: string, now: Date, zone: string): Promise<number> {
  const { rows } = await database.query<{ count: number }>({
    name: "issues.count_new",
    text: `
      select count(*) from issues i
      join issue_counters c on c.project_id = i.project_id and c.issue_id = i.id
      where i.project_id = $1 and c.first_seen >= date_trunc('day', $2::timestamptz at time zone $3) at time zone $3`,
    values: [projectId, now, zone],
  });
  return rows[0]?.count ?? 0;
}
