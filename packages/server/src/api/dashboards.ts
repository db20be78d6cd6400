/** Dashboards of a project, and the charts of an issue. */
import {
  type ApiAccount,
  type ApiBucket,
  type ApiEventSummary,
  type ApiHealth,
  type ApiIssueTag,
  type ApiLevelCount,
  type ApiReleaseAdoption,
  type ApiTagCount,
  type ApiTopIssue,
  type ApiUsersAffected,
  type ApiVolumeBucket,
  type Level,
  OUTCOMES,
} from "@mesher/protocol";
import { type Static, Type } from "typebox";

import { alwaysCounted, countingOf } from "../dashboards/counted-tags.ts";
import {
  breakDownTag,
  countEvents,
  listIssueBuckets,
  listIssueTags,
  listLevels,
  listOutcomeSums,
  listReleaseCounts,
  listUsers,
  listVolume,
  type TagBreakdown,
} from "../dashboards/dashboards.queries.ts";
import { listCountedKeys, listOwnKeys } from "../dashboards/tags.queries.ts";
import { listIssueEvents } from "../events/events.queries.ts";
import { countUnresolvedIssues } from "../issues/issue-count.queries.ts";
import { countNewIssues, listTopIssues, listTopIssuesOfHours, type TopIssue } from "../issues/top-issues.queries.ts";
import { badRequest, RequestRefusedError } from "./api-error.ts";
import type { ApiDependencies, App } from "./dependencies.ts";
import { getIssue } from "./issues.ts";
import { PAGE_LIMIT_MAX, parseLimit } from "./pages-of-lists.ts";
import { findProject } from "./projects.ts";
import { BucketQuery, parseBuckets, parseHours, parseZone, RangeQuery } from "./time-range.ts";

const READ = { config: { access: { role: "member", scope: "event:read" } } } as const;

const Limit = Type.Optional(Type.String());
const RangeOnly = Type.Object(RangeQuery);
const Bucketed = Type.Object({ ...RangeQuery, ...BucketQuery });
const TagQuery = Type.Object({ ...RangeQuery, limit: Limit, key: Type.Optional(Type.String()) });
const LimitedRange = Type.Object({ ...RangeQuery, limit: Limit });
const Limited = Type.Object({ limit: Limit });
const Zoned = Type.Object({ tz: BucketQuery.tz });

const TOP_ISSUES = 10;
const TIMELINE_EVENTS = 50;
const TAG_VALUES = 20;
const ISSUE_TAG_VALUES = 10;

interface OfProject {
  Params: { project: string };
}
interface OfIssue {
  Params: { issue: string };
}

export function registerDashboardRoutes(app: App, deps: ApiDependencies): void {
  const { database } = deps;
  const projectOf = async (request: Parameters<typeof deps.authenticate>[0] & { params: { project: string } }) =>
    findProject(deps, (await deps.authenticate(request)).organizationId, request.params.project);
  const issueOf = async (request: Parameters<typeof deps.authenticate>[0] & { params: { issue: string } }) => {
    const issue = await getIssue(deps, (await deps.authenticate(request)).organizationId, request.params.issue);
    return { projectId: issue.projectId, issueId: issue.id, firstSeen: issue.firstSeen, lastSeen: issue.lastSeen };
  };

  app.get<OfProject & { Querystring: Static<typeof Bucketed> }>(
    "/api/v1/projects/:project/dashboard/volume",
    { schema: { querystring: Bucketed }, ...READ },
    async (request): Promise<ApiVolumeBucket[]> => {
      const { id } = await projectOf(request);
      const volume = await listVolume(database, id, parseBuckets(request.query, deps.now()));
      return volume.map(({ bucket, ...counts }) => ({ bucket: bucket.toISOString(), ...counts }));
    },
  );

  app.get<OfProject & { Querystring: Static<typeof RangeOnly> }>(
    "/api/v1/projects/:project/dashboard/levels",
    { schema: { querystring: RangeOnly }, ...READ },
    async (request): Promise<ApiLevelCount[]> => {
      const { id } = await projectOf(request);
      return listLevels(database, id, parseHours(request.query, deps.now()));
    },
  );

  /** Unresolved issues by their events: of a range if one is named, else of all their life. */
  app.get<OfProject & { Querystring: Static<typeof LimitedRange> }>(
    "/api/v1/projects/:project/dashboard/top-issues",
    { schema: { querystring: LimitedRange }, ...READ },
    async (request): Promise<ApiTopIssue[]> => {
      const { id, slug } = await projectOf(request);
      const { from, to, period, limit } = request.query;
      const isRanged = (from ?? to ?? period) !== undefined;
      const max = limitOf(limit, TOP_ISSUES);
      const issues = isRanged
        ? await listTopIssuesOfHours(database, id, max, parseHours(request.query, deps.now()))
        : await listTopIssues(database, id, max);
      return issues.map((issue) => showTopIssue(issue, slug));
    },
  );

  app.get<OfProject & { Querystring: Static<typeof TagQuery> }>(
    "/api/v1/projects/:project/dashboard/tags",
    { schema: { querystring: TagQuery }, ...READ },
    async (request): Promise<ApiTagCount[]> => {
      const { id } = await projectOf(request);
      const { key, limit } = request.query;
      if (key === undefined || key === "") throw badRequest("missing key parameter");
      const hours = parseHours(request.query, deps.now());
      const all = await countEvents(database, id, hours);
      if (key === "level")
        return (await listLevels(database, id, hours)).map(({ level, count }) => valueOf(level, count));
      await demandCounted(deps, id, key);
      const tag = await breakDownTag(database, id, { key, limit: limitOf(limit, TAG_VALUES) }, hours);
      // Addresses are not counted beside a transaction: without one is not the same as without an address.
      return showTag(tag, key === "url" ? 0 : all - tag.total);
    },
  );

  /** What can be broken down: the keys of every project first, then its own. */
  app.get<OfProject>("/api/v1/projects/:project/dashboard/tag-keys", READ, async (request): Promise<string[]> => {
    const { id } = await projectOf(request);
    return ["level", ...alwaysCounted(), ...(await listOwnKeys(database, id))];
  });

  app.get<OfProject & { Querystring: Static<typeof Zoned> }>(
    "/api/v1/projects/:project/dashboard/health",
    { schema: { querystring: Zoned }, ...READ },
    async (request): Promise<ApiHealth> => {
      const { id } = await projectOf(request);
      const nowMs = deps.now();
      const [unresolved, events, newToday] = await Promise.all([
        countUnresolvedIssues(database, id),
        countEvents(database, id, parseHours({}, nowMs)),
        countNewIssues(database, id, new Date(nowMs), parseZone(request.query.tz)),
      ]);
      return { unresolved_count: unresolved, events_24h: events, new_today: newToday };
    },
  );

  app.get<OfProject & { Querystring: Static<typeof Bucketed> }>(
    "/api/v1/projects/:project/dashboard/users",
    { schema: { querystring: Bucketed }, ...READ },
    async (request): Promise<ApiUsersAffected> => {
      const { id } = await projectOf(request);
      const { count, buckets } = await listUsers(database, id, parseBuckets(request.query, deps.now()));
      return { count, buckets: buckets.map(showBucket) };
    },
  );

  app.get<OfProject & { Querystring: Static<typeof LimitedRange> }>(
    "/api/v1/projects/:project/dashboard/releases",
    { schema: { querystring: LimitedRange }, ...READ },
    async (request): Promise<ApiReleaseAdoption[]> => {
      const { id } = await projectOf(request);
      const hours = parseHours(request.query, deps.now());
      const [all, releases] = await Promise.all([
        countEvents(database, id, hours),
        listReleaseCounts(database, id, hours, limitOf(request.query.limit, TAG_VALUES)),
      ]);
      return releases.map(({ release, count, firstSeen, lastSeen }) => ({
        release,
        count,
        share: all === 0 ? 0 : count / all,
        first_seen: firstSeen?.toISOString() ?? null,
        last_seen: lastSeen?.toISOString() ?? null,
      }));
    },
  );

  /** The loss account. */
  app.get<OfProject & { Querystring: Static<typeof RangeOnly> }>(
    "/api/v1/projects/:project/dashboard/account",
    { schema: { querystring: RangeOnly }, ...READ },
    async (request): Promise<ApiAccount> => {
      const { id } = await projectOf(request);
      return accountOf(await listOutcomeSums(database, id, parseHours(request.query, deps.now())));
    },
  );

  app.get<OfIssue & { Querystring: Static<typeof Limited> }>(
    "/api/v1/issues/:issue/timeline",
    { schema: { querystring: Limited }, ...READ },
    async (request): Promise<ApiEventSummary[]> => {
      const issue = await issueOf(request);
      const events = await listIssueEvents(database, issue, limitOf(request.query.limit, TIMELINE_EVENTS));
      return events.map(({ eventId, level, title, receivedAt }) => ({
        id: eventId,
        level: level as Level,
        message: title,
        received_at: receivedAt.toISOString(),
      }));
    },
  );

  app.get<OfIssue & { Querystring: Static<typeof Bucketed> }>(
    "/api/v1/issues/:issue/volume",
    { schema: { querystring: Bucketed }, ...READ },
    async (request): Promise<ApiBucket[]> => {
      const issue = await issueOf(request);
      return (await listIssueBuckets(database, issue, parseBuckets(request.query, deps.now()))).map(showBucket);
    },
  );

  /** Which tags the issue's events have, in all its life. */
  app.get<OfIssue>("/api/v1/issues/:issue/tags", READ, async (request): Promise<ApiIssueTag[]> => {
    const tags = await listIssueTags(database, await issueOf(request), ISSUE_TAG_VALUES);
    return tags.map((tag) => ({ key: tag.key, total: tag.total, values: showTag(tag, 0) }));
  });
}

function limitOf(text: string | undefined, byDefault: number): number {
  return text === undefined ? byDefault : Math.min(parseLimit(text), PAGE_LIMIT_MAX);
}

/** A breakdown of what is not counted would look like a project without that tag. */
async function demandCounted(deps: ApiDependencies, projectId: string, key: string): Promise<void> {
  const counting = countingOf(key);
  if (counting === "always") return;
  if (counting === "own" && (await listCountedKeys(deps.database, projectId, [key])).has(key)) return;
  const why =
    counting === "own" ? "no event of the project had it, or too many others came first" : "its values are too many";
  throw new RequestRefusedError(404, "tag_not_counted", `the tag ${key} is not counted: ${why}`);
}

const valueOf = (value: string, count: number): ApiTagCount => ({ value, count, kind: "value" });

function showTag({ values, others }: TagBreakdown, none: number): ApiTagCount[] {
  const counts: ApiTagCount[] = values.map(({ value, count }) => valueOf(value, count));
  if (none > 0) counts.push({ value: null, count: none, kind: "none" });
  counts.sort((a, b) => b.count - a.count);
  if (others > 0) counts.push({ value: null, count: others, kind: "others" });
  return counts;
}

function showTopIssue(issue: TopIssue, slug: string): ApiTopIssue {
  return {
    id: issue.id,
    short_id: `${slug.toUpperCase()}-${issue.number}`,
    title: issue.title,
    level: issue.level,
    status: issue.status,
    event_count: issue.events,
    user_count: issue.users,
    last_seen: issue.lastSeen.toISOString(),
  };
}

const showBucket = ({ bucket, count }: { bucket: Date; count: number }): ApiBucket => ({
  bucket: bucket.toISOString(),
  count,
});

function accountOf(sums: Awaited<ReturnType<typeof listOutcomeSums>>): ApiAccount {
  const outcomes = sums.map((sum) => ({ ...sum, side: OUTCOMES[sum.outcome].side }));
  const sumOf = (side: string) => outcomes.reduce((all, each) => all + (each.side === side ? each.count : 0), 0);
  const stored = outcomes.reduce((all, each) => all + (each.outcome === "stored" ? each.count : 0), 0);
  return { accepted: sumOf("accepted"), stored, refused: sumOf("refused"), outcomes };
}
