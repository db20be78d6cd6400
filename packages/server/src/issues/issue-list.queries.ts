/** Reading issues, always within an organization: an issue of another one is as good as none. */
import type { Grouping, IssueStatus, Level } from "@mesher/protocol";
import type { Database } from "../db/database.ts";

export interface Issue {
  readonly id: string;
  readonly projectId: string;
  readonly projectSlug: string;
  readonly number: number;
  readonly title: string;
  readonly culprit: string;
  readonly level: Level;
  readonly platform: string;
  readonly status: IssueStatus;
  readonly assignedTo: string | null;
  readonly regressedAt: Date | null;
  readonly eventCount: number;
  readonly firstSeen: Date;
  readonly lastSeen: Date;
}

interface IssueRow {
  id: string;
  project_id: string;
  project_slug: string;
  number: number;
  title: string;
  culprit: string;
  level: Level;
  platform: string;
  status: IssueStatus;
  assigned_to: string | null;
  regressed_at: Date | null;
  event_count: number;
  first_seen: Date;
  last_seen: Date;
}

const COLUMNS = `i.id, i.project_id, p.slug as project_slug, i.number, i.title, i.culprit, i.level, i.platform, i.status,
  i.assigned_to, i.regressed_at, c.event_count, c.first_seen, c.last_seen`;

const issueOf = (row: IssueRow): Issue => ({
  id: row.id,
  projectId: row.project_id,
  projectSlug: row.project_slug,
  number: row.number,
  title: row.title,
  culprit: row.culprit,
  level: row.level,
  platform: row.platform,
  status: row.status,
  assignedTo: row.assigned_to,
  regressedAt: row.regressed_at,
  eventCount: row.event_count,
  firstSeen: row.first_seen,
  lastSeen: row.last_seen,
});

export interface IssueFilter {
  readonly projectId: string;
  readonly status?: IssueStatus | undefined;
  readonly level?: Level | undefined;
  readonly limit: number;
  /** The last issue of the page before. */
  readonly after?: { readonly lastSeen: Date; readonly id: string } | undefined;
}

/** A page of a project's issues, last seen first. */
export async function listIssues(database: Database, filter: IssueFilter): Promise<Issue[]> {
  const { rows } = await database.query<IssueRow>({
    name: "issues.list",
    text: `
      select ${COLUMNS}
      from issues i
      join issue_counters c on c.project_id = i.project_id and c.issue_id = i.id
      join projects p on p.id = i.project_id
      where i.project_id = $1
        and ($2::text is null or i.status = $2)
        and ($3::text is null or i.level = $3)
        and ($4::timestamptz is null or (c.last_seen, i.id) < ($4, $5::uuid))
      order by c.last_seen desc, i.id desc
      limit $6`,
    values: [
      filter.projectId,
      filter.status ?? null,
      filter.level ?? null,
      filter.after?.lastSeen ?? null,
      filter.after?.id ?? null,
      filter.limit,
    ],
  });
  return rows.map(issueOf);
}

/** By its id, or that of an issue that went into it. */
export async function findIssue(
  database: Database,
  organizationId: string,
  id: string,
): Promise<(Issue & { grouping: Grouping }) | undefined> {
  const { rows } = await database.query<IssueRow & { grouping: Grouping }>({
    name: "issues.find",
    text: `
      select ${COLUMNS}, i.grouping
      from issues i
      join issue_counters c on c.project_id = i.project_id and c.issue_id = i.id
      join projects p on p.id = i.project_id
      where p.organization_id = $1 and i.id = coalesce(
        (select id from issues where id = $2), (select into_issue_id from merged_issues where id = $2)
      )`,
    values: [organizationId, id],
  });
  return rows[0] && { ...issueOf(rows[0]), grouping: rows[0].grouping };
}
