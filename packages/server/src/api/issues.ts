import {
  type ApiFoundEvent,
  type ApiIssue,
  type ApiIssueDetail,
  type ApiListedIssue,
  type ApiPage,
  type ApiStatusDetails,
  ISSUE_STATS,
} from "@mesher/protocol";
import { Type } from "typebox";
import { countIssueBuckets } from "../dashboards/dashboards.queries.ts";
import { listIssueVolume } from "../dashboards/rollups.queries.ts";
import { lifeOf, listIssueEvents } from "../events/events.queries.ts";
import { listEvents } from "../events/search-events.queries.ts";
import { listActivity } from "../issues/activity.queries.ts";
import {
  findIssue,
  findIssueByNumber,
  type Issue,
  type IssueDetail,
  type ListedIssue,
  listFingerprintShares,
  listIssues,
} from "../issues/issue-list.queries.ts";
import { ISSUE_ORDERS, ISSUE_SORTS, type IssueSort } from "../issues/issue-order.ts";
import type { Standing } from "../issues/lifecycle.ts";
import { priorityOf } from "../issues/priority.ts";
import { findSimilarIssues } from "../issues/similar-issues.ts";
import { notFound, RequestRefusedError } from "./api-error.ts";
import type { ApiDependencies, App } from "./dependencies.ts";
import { showFoundEvent } from "./event-search.ts";
import {
  isEventId,
  isUuid,
  oneOf,
  PageQuery,
  pageOf,
  parseCursor,
  parseLimit,
  parseNumberCursor,
} from "./pages-of-lists.ts";
import { findProject } from "./projects.ts";
import {
  assigneesAsSeenBy,
  IssueFilters,
  readIssueSearch,
  readSearch,
  SearchParameter,
  searching,
} from "./search-request.ts";
import { showActivity } from "./show-activity.ts";
import { BucketQuery, parseBuckets, parseOpenRange, RangeQuery } from "./time-range.ts";

const VOLUME_HOURS = 24;

const BUCKETS_OF = { "24h": 24, "14d": 14 } as const;

/** Of the activity, in an issue's own answer. */
const ACTIVITY_SHOWN = 20;

const IssuesQuery = Type.Object({
  ...PageQuery,
  ...RangeQuery,
  ...SearchParameter,
  ...IssueFilters,
  sort: Type.Optional(Type.String({ description: ISSUE_SORTS.join(", ") })),
  stats: Type.Optional(Type.String({ description: "With each issue its events per hour (`24h`) or day (`14d`)" })),
  tz: BucketQuery.tz,
});
const EventsQuery = Type.Object({ ...PageQuery, ...RangeQuery, ...SearchParameter });

const READ = { config: { access: { role: "member", scope: "event:read" } } } as const;

export function registerIssueRoutes(app: App, deps: ApiDependencies): void {
  app.get<{ Params: { project: string }; Querystring: Type.Static<typeof IssuesQuery> }>(
    "/api/v1/projects/:project/issues",
    { schema: { querystring: IssuesQuery }, ...READ },
    async (request): Promise<ApiPage<ApiListedIssue>> => {
      const actor = await deps.authenticate(request);
      const project = await findProject(deps, actor.organizationId, request.params.project);
      const limit = parseLimit(request.query.limit);
      const sort = oneOf("sort", ISSUE_SORTS, request.query.sort) ?? "last_seen";
      const stats = oneOf("stats", ISSUE_STATS, request.query.stats);
      const query = readIssueSearch(request.query);
      const assigneesOf = await assigneesAsSeenBy(deps, actor, query);
      const issues = await searching(
        listIssues(deps.database, {
          projectId: project.id,
          slug: project.slug,
          nowMs: deps.now(),
          assigneesOf,
          query,
          ...parseOpenRange(request.query, deps.now()),
          sort,
          limit: limit + 1,
          after: parseIssueCursor(sort, request.query),
        }),
      );
      const keyOf = ({ sortKey, id }: ListedIssue) => ({ at: sortKey, id });
      if (stats === undefined) return pageOf(issues, limit, showIssue, keyOf);
      const buckets = parseBuckets({ period: stats, tz: request.query.tz ?? "UTC" }, deps.now());
      const ids = issues.map(({ id }) => id);
      const counts = await countIssueBuckets(deps.database, project.id, ids, buckets);
      const none = Array<number>(BUCKETS_OF[stats]).fill(0);
      return pageOf(issues, limit, (issue) => ({ ...showIssue(issue), stats: counts.get(issue.id) ?? none }), keyOf);
    },
  );

  app.get<{ Params: { issue: string } }>("/api/v1/issues/:issue", READ, async (request): Promise<ApiIssueDetail> => {
    const { organizationId } = await deps.authenticate(request);
    return showIssueDetail(deps, await getIssue(deps, organizationId, request.params.issue));
  });

  app.get<{ Params: { shortId: string } }>(
    "/api/v1/issues/by-short-id/:shortId",
    READ,
    async (request): Promise<ApiIssueDetail> => {
      const { organizationId } = await deps.authenticate(request);
      return showIssueDetail(deps, await getIssueByShortId(deps, organizationId, request.params.shortId));
    },
  );

  app.get<{ Params: { issue: string }; Querystring: Type.Static<typeof EventsQuery> }>(
    "/api/v1/issues/:issue/events",
    { schema: { querystring: EventsQuery }, ...READ },
    async (request): Promise<ApiPage<ApiFoundEvent>> => {
      const issue = await getIssue(deps, (await deps.authenticate(request)).organizationId, request.params.issue);
      const limit = parseLimit(request.query.limit);
      const cursor = parseCursor(request.query, isEventId);
      const events = await searching(
        listEvents(deps.database, {
          projectId: issue.projectId,
          slug: issue.projectSlug,
          issueId: issue.id,
          nowMs: deps.now(),
          query: readSearch(request.query.query, "event"),
          ...withinLife(issue, parseOpenRange(request.query, deps.now())),
          limit: limit + 1,
          after: cursor && { receivedAt: cursor.at, eventId: cursor.id },
        }),
      );
      return pageOf(events, limit, showFoundEvent, ({ receivedAt, eventId }) => ({ at: receivedAt, id: eventId }));
    },
  );
}

/** The part of a range in which an issue can have events. */
function withinLife(issue: IssueDetail, { fromMs = 0, toMs }: ReturnType<typeof parseOpenRange>) {
  const life = lifeOf(issue);
  return { fromMs: Math.max(fromMs, life.fromMs), toMs: Math.min(toMs ?? life.toMs, life.toMs) };
}

function parseIssueCursor(sort: IssueSort, query: Type.Static<typeof IssuesQuery>) {
  if (ISSUE_ORDERS[sort].type !== "timestamptz") return parseNumberCursor(query, isUuid);
  const cursor = parseCursor(query, isUuid);
  return cursor && { key: cursor.at.toISOString(), id: cursor.id };
}

/** By its id or its short id. What is neither cannot be found either: a client learns nothing from the difference. */
export async function getIssue(deps: ApiDependencies, organizationId: string, id: string): Promise<IssueDetail> {
  if (!isUuid(id)) return getIssueByShortId(deps, organizationId, id);
  const issue = await findIssue(deps.database, organizationId, id);
  if (issue === undefined) throw notFound("issue");
  return issue;
}

/**
 * The id of the issue that is to be changed, named by it or by its short id. That of an issue which went into another one
 * reads the other one, but changes nothing: whoever deletes it does not mean the other.
 */
export async function issueIdOf(deps: ApiDependencies, organizationId: string, given: string): Promise<string> {
  // As PostgreSQL writes it, so that what became of it is found by it.
  if (isUuid(given)) return given.toLowerCase();
  const issue = await getIssueByShortId(deps, organizationId, given);
  if (!given.endsWith(`-${issue.number}`)) throw notFound("issue");
  return issue.id;
}

/** `DEFAULT-12`, in any case. */
async function getIssueByShortId(deps: ApiDependencies, organizationId: string, shortId: string): Promise<IssueDetail> {
  const { slug, number } = /^(?<slug>.+)-(?<number>[1-9]\d{0,14})$/.exec(shortId)?.groups ?? {};
  if (slug === undefined) throw notFound("issue");
  // Whether the project or the issue is not there is one answer: what it names is the issue.
  const project = await findProject(deps, organizationId, slug.toLowerCase()).catch((error: unknown) => {
    throw error instanceof RequestRefusedError && error.status === 404 ? notFound("issue") : error;
  });
  const issue = await findIssueByNumber(deps.database, project.id, Number(number));
  if (issue === undefined) throw notFound("issue");
  return issue;
}

async function showIssueDetail(deps: ApiDependencies, issue: IssueDetail): Promise<ApiIssueDetail> {
  const { database } = deps;
  const key = { projectId: issue.projectId, issueId: issue.id };
  const [volume, latest, activity, fingerprints, similar] = await Promise.all([
    listIssueVolume(database, key, deps.now(), VOLUME_HOURS),
    listIssueEvents(database, { ...key, firstSeen: issue.firstSeen, lastSeen: issue.lastSeen }, 1),
    listActivity(database, key, { limit: ACTIVITY_SHOWN }),
    listFingerprintShares(database, key),
    findSimilarIssues(database, key, issue.title),
  ]);
  const shortIdOf = (number: number) => `${issue.projectSlug.toUpperCase()}-${number}`;
  return {
    ...showIssue(issue),
    status_changed_at: issue.statusChangedAt?.toISOString() ?? null,
    first_release: issue.firstRelease,
    last_release: issue.lastRelease,
    grouping: issue.grouping,
    volume: volume.map(({ hour, count }) => ({ bucket: hour.toISOString(), count })),
    latest_event_id: latest[0]?.eventId ?? null,
    activity: activity.map(showActivity),
    fingerprints: fingerprints.map(({ fingerprint, mergedFrom, eventCount }) => ({
      fingerprint,
      merged_from: mergedFrom && { id: mergedFrom.id, short_id: shortIdOf(mergedFrom.number), title: mergedFrom.title },
      event_count: eventCount,
    })),
    similar_issues: similar.map(({ id, number, title, likeness }) => ({
      id,
      short_id: shortIdOf(number),
      title,
      likeness: Math.round(likeness * 100) / 100,
    })),
  };
}

function showStanding(standing: Standing): ApiStatusDetails | null {
  if (standing.status === "resolved") return standing.resolution;
  if (standing.status !== "archived") return null;
  const { terms } = standing;
  if (terms.mode === "until_time") return { mode: terms.mode, until: terms.until.toISOString() };
  if (terms.mode === "until_count") return { mode: terms.mode, event_count: terms.eventCount };
  return { mode: terms.mode };
}

function showIssue(issue: Issue): ApiIssue {
  return {
    id: issue.id,
    project_id: issue.projectId,
    short_id: `${issue.projectSlug.toUpperCase()}-${issue.number}`,
    title: issue.title,
    culprit: issue.culprit,
    level: issue.level,
    platform: issue.platform,
    status: issue.standing.status,
    status_details: showStanding(issue.standing),
    priority: priorityOf(issue),
    is_priority_set: issue.prioritySet !== null,
    event_count: issue.eventCount,
    user_count: issue.userCount,
    first_seen: issue.firstSeen.toISOString(),
    last_seen: issue.lastSeen.toISOString(),
    assigned_to: issue.assignedTo,
    assigned_team: issue.assignedTeam,
    regressed_at: issue.regressedAt?.toISOString() ?? null,
  };
}
