/** Reading issues, always within an organization: an issue of another one is as good as none. */
import { type Grouping, type Level, type Priority, type SearchQuery, type SearchTerm, termsOf } from "@mesher/protocol";
import { isFullyCounted } from "../dashboards/counted-tags.ts";
import { listCountedKeys } from "../dashboards/tags.queries.ts";
import type { Database } from "../db/database.ts";
import type { IssueSpan } from "../events/events.queries.ts";
import { findIssuesOfTerm } from "../search/found-issues.queries.ts";
import { type FoundIssues, issueCondition, type SearchedIssues } from "../search/issue-condition.ts";
import { conditionOf, SqlValues } from "../search/sql.ts";
import { ISSUE_ORDERS, type IssueSort, isBehind, orderOf } from "./issue-order.ts";
import type { IssueKey } from "./issues.queries.ts";
import type { Standing } from "./lifecycle.ts";
import { FINGERPRINTS_MAX } from "./merge-issues.ts";
import { STANDING_COLUMNS, type StandingColumns, standingOf } from "./standing.ts";

export interface Issue {
  readonly id: string;
  readonly projectId: string;
  readonly projectSlug: string;
  readonly number: number;
  readonly title: string;
  readonly culprit: string;
  readonly level: Level;
  readonly platform: string;
  readonly standing: Standing;
  readonly prioritySet: Priority | null;
  readonly assignedTo: string | null;
  readonly assignedTeam: string | null;
  readonly regressedAt: Date | null;
  readonly eventCount: number;
  readonly userCount: number;
  readonly firstSeen: Date;
  readonly lastSeen: Date;
}

interface IssueRow extends StandingColumns {
  id: string;
  project_id: string;
  project_slug: string;
  number: number;
  title: string;
  culprit: string;
  level: Level;
  platform: string;
  priority_set: Priority | null;
  assigned_to: string | null;
  assigned_team: string | null;
  regressed_at: Date | null;
  event_count: number;
  user_count: number;
  first_seen: Date;
  last_seen: Date;
}

const COLUMNS = `i.id, i.project_id, p.slug as project_slug, i.number, i.title, i.culprit, i.level, i.platform, ${STANDING_COLUMNS},
  i.priority_set, i.assigned_to, i.assigned_team, i.regressed_at, c.event_count, c.user_count, c.first_seen, c.last_seen`;

const issueOf = (row: IssueRow): Issue => ({
  id: row.id,
  projectId: row.project_id,
  projectSlug: row.project_slug,
  number: row.number,
  title: row.title,
  culprit: row.culprit,
  level: row.level,
  platform: row.platform,
  standing: standingOf(row),
  prioritySet: row.priority_set,
  assignedTo: row.assigned_to,
  assignedTeam: row.assigned_team,
  regressedAt: row.regressed_at,
  eventCount: row.event_count,
  userCount: row.user_count,
  firstSeen: row.first_seen,
  lastSeen: row.last_seen,
});

export interface IssueSearch extends Omit<SearchedIssues, "isCounted" | "found"> {
  readonly query: SearchQuery;
  readonly sort: IssueSort;
  /** Only issues that had events between these moments, the last one excluded. */
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  readonly limit: number;
  /** The sort key and id of the last issue of the page before. */
  readonly after?: { readonly key: string; readonly id: string } | undefined;
}

/** An issue of a list, and what it was sorted by: an ISO time or a whole number. */
export interface ListedIssue extends Issue {
  readonly sortKey: string;
}

/** A page of a project's issues. */
export async function listIssues(database: Database, search: IssueSearch): Promise<ListedIssue[]> {
  const searched = await lookUpTerms(database, search);
  const values = new SqlValues();
  const order = ISSUE_ORDERS[search.sort];
  const project = values.add(search.projectId, "uuid");
  const conditions = [
    `c.project_id = ${project}`,
    conditionOf(search.query, (term) => issueCondition(term, searched, values)),
  ];
  if (search.fromMs !== undefined)
    conditions.push(`c.last_seen >= ${values.add(new Date(search.fromMs), "timestamptz")}`);
  if (search.toMs !== undefined) conditions.push(`c.first_seen < ${values.add(new Date(search.toMs), "timestamptz")}`);
  if (search.after !== undefined) {
    const { key, id } = search.after;
    conditions.push(isBehind(order, values.add(key, order.type), values.add(id, "uuid")));
  }
  const { rows } = await database.query<IssueRow & { sort_key: Date | number }>({
    // The page is chosen by ids and sort keys alone: to carry titles through the sort of all issues takes three times as long.
    text: `
      select ${COLUMNS}, chosen.sort_key
      from (
        select i.id, ${order.expression} as sort_key
        from issue_counters c
        join issues i on i.project_id = c.project_id and i.id = c.issue_id
        where ${conditions.join("\n          and ")}
        order by ${orderOf(order)}
        limit ${values.add(search.limit, "integer")}
      ) chosen
      join issues i on i.project_id = ${project} and i.id = chosen.id
      join issue_counters c on c.project_id = i.project_id and c.issue_id = i.id
      join projects p on p.id = i.project_id
      order by chosen.sort_key desc, i.id desc`,
    values: values.values,
  });
  return rows.map((row) => ({
    ...issueOf(row),
    sortKey: row.sort_key instanceof Date ? row.sort_key.toISOString() : String(row.sort_key),
  }));
}

async function lookUpTerms(database: Database, search: IssueSearch): Promise<SearchedIssues> {
  const ownKeys = await countedOwnKeys(database, search);
  const isCounted = (key: string) => isFullyCounted(key) || ownKeys.has(key);
  const found = new Map<SearchTerm, FoundIssues>();
  // One after the other: a search of many terms is not to take all connections.
  for (const [term, isNegated] of termsWithSigns(search.query))
    found.set(term, await findIssuesOfTerm(database, term, isNegated, { ...search, isCounted }));
  return { ...search, isCounted, found };
}

function termsWithSigns(query: SearchQuery, isNegated = false): (readonly [term: SearchTerm, isNegated: boolean])[] {
  if (query.kind === "not") return termsWithSigns(query.of, !isNegated);
  if (query.kind === "all" || query.kind === "any") return query.of.flatMap((each) => termsWithSigns(each, isNegated));
  return [[query, isNegated]];
}

/** Which of the tags that are searched are among the project's own that are counted. */
async function countedOwnKeys(database: Database, { projectId, query }: IssueSearch): Promise<ReadonlySet<string>> {
  const keys = [...termsOf(query)].flatMap((term) =>
    (term.kind === "has" || term.kind === "match") && "tag" in term.key ? [term.key.tag] : [],
  );
  return keys.length === 0 ? new Set() : listCountedKeys(database, projectId, keys);
}

/** An issue with all that is told of it alone. */
export interface IssueDetail extends Issue {
  readonly grouping: Grouping;
  readonly statusChangedAt: Date | null;
  readonly firstRelease: string | null;
  readonly lastRelease: string | null;
}

interface DetailRow extends IssueRow {
  grouping: Grouping;
  status_changed_at: Date | null;
  first_release: string | null;
  last_release: string | null;
}

const SELECT_DETAIL = `
  select ${COLUMNS}, i.grouping, i.status_changed_at, c.first_release, c.last_release
  from issues i
  join issue_counters c on c.project_id = i.project_id and c.issue_id = i.id
  join projects p on p.id = i.project_id`;

const detailOf = (row: DetailRow): IssueDetail => ({
  ...issueOf(row),
  grouping: row.grouping,
  statusChangedAt: row.status_changed_at,
  firstRelease: row.first_release,
  lastRelease: row.last_release,
});

/** By its id, or that of an issue that went into it. */
export async function findIssue(
  database: Database,
  organizationId: string,
  id: string,
): Promise<IssueDetail | undefined> {
  const { rows } = await database.query<DetailRow>({
    name: "issues.find",
    text: `${SELECT_DETAIL}
      where p.organization_id = $1 and i.id = coalesce(
        (select id from issues where id = $2), (select into_issue_id from merged_issues where id = $2)
      )`,
    values: [organizationId, id],
  });
  return rows[0] && detailOf(rows[0]);
}

/** By its number, or that of an issue that went into it. */
export async function findIssueByNumber(
  database: Database,
  projectId: string,
  number: number,
): Promise<IssueDetail | undefined> {
  const { rows } = await database.query<DetailRow>({
    name: "issues.find_by_number",
    text: `${SELECT_DETAIL}
      where i.project_id = $1 and i.id = coalesce(
        (select id from issues where project_id = $1 and number = $2),
        (select into_issue_id from merged_issues where project_id = $1 and number = $2)
      )`,
    values: [projectId, number],
  });
  return rows[0] && detailOf(rows[0]);
}

/** The issue that an event's `issue_id` means: after a merge its events still follow for a while. */
export async function findSpanOf(
  database: Database,
  projectId: string,
  issueId: string,
): Promise<IssueSpan | undefined> {
  const { rows } = await database.query<{ issue_id: string; first_seen: Date; last_seen: Date }>({
    name: "issues.find_span",
    text: `
      select c.issue_id, c.first_seen, c.last_seen
      from issue_counters c
      where c.project_id = $1 and c.issue_id = coalesce(
        (select id from issues where project_id = $1 and id = $2),
        (select into_issue_id from merged_issues where project_id = $1 and id = $2)
      )`,
    values: [projectId, issueId],
  });
  return (
    rows[0] && { projectId, issueId: rows[0].issue_id, firstSeen: rows[0].first_seen, lastSeen: rows[0].last_seen }
  );
}

export interface FingerprintShare {
  readonly fingerprint: string;
  readonly mergedFrom: { readonly id: string; readonly number: number; readonly title: string } | null;
  readonly eventCount: number | null;
}

/** Its own first, then those that came by merges. */
export async function listFingerprintShares(
  database: Database,
  { projectId, issueId }: IssueKey,
): Promise<FingerprintShare[]> {
  const { rows } = await database.query<{
    fingerprint: string;
    merged_from: string | null;
    number: number;
    title: string;
    event_count: number | null;
  }>({
    name: "issues.list_fingerprint_shares",
    text: `
      select f.fingerprint, f.merged_from, m.number, m.title, c.event_count
      from issue_fingerprints f
      left join merged_issues m on m.project_id = f.project_id and m.id = f.merged_from
      left join fingerprint_counters c on c.project_id = f.project_id and c.fingerprint = f.fingerprint
      where f.project_id = $1 and f.issue_id = $2
      order by f.merged_from is not null, m.number, f.fingerprint
      limit $3`,
    values: [projectId, issueId, FINGERPRINTS_MAX],
  });
  return rows.map((row) => ({
    fingerprint: row.fingerprint.replaceAll("-", ""),
    mergedFrom: row.merged_from === null ? null : { id: row.merged_from, number: row.number, title: row.title },
    eventCount: row.event_count,
  }));
}
