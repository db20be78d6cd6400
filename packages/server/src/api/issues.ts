import {
  type ApiEventSummary,
  type ApiIssue,
  type ApiIssueDetail,
  type ApiPage,
  ISSUE_STATUSES,
  LEVELS,
  type Level,
} from "@mesher/protocol";
import { Type } from "typebox";
import { listIssueVolume } from "../dashboards/rollups.queries.ts";
import { listIssueEvents } from "../events/events.queries.ts";
import { findIssue, type Issue, listIssues } from "../issues/issue-list.queries.ts";
import { notFound } from "./api-error.ts";
import type { ApiDependencies, App } from "./dependencies.ts";
import { isEventId, isUuid, oneOf, PageQuery, pageOf, parseCursor, parseLimit } from "./pages-of-lists.ts";
import { findProject } from "./projects.ts";

const VOLUME_HOURS = 24;

const IssuesQuery = Type.Object({
  ...PageQuery,
  status: Type.Optional(Type.String()),
  level: Type.Optional(Type.String()),
});
const EventsQuery = Type.Object(PageQuery);

const READ = { config: { access: { role: "member", scope: "event:read" } } } as const;

export function registerIssueRoutes(app: App, deps: ApiDependencies): void {
  app.get<{ Params: { project: string }; Querystring: Type.Static<typeof IssuesQuery> }>(
    "/api/v1/projects/:project/issues",
    { schema: { querystring: IssuesQuery }, ...READ },
    async (request): Promise<ApiPage<ApiIssue>> => {
      const { organizationId } = await deps.authenticate(request);
      const project = await findProject(deps, organizationId, request.params.project);
      const limit = parseLimit(request.query.limit);
      const cursor = parseCursor(request.query, isUuid);
      const issues = await listIssues(deps.database, {
        projectId: project.id,
        status: oneOf("status", ISSUE_STATUSES, request.query.status),
        level: oneOf("level", LEVELS, request.query.level),
        limit: limit + 1,
        after: cursor && { lastSeen: cursor.at, id: cursor.id },
      });
      return pageOf(issues, limit, showIssue, ({ lastSeen, id }) => ({ at: lastSeen, id }));
    },
  );

  app.get<{ Params: { issue: string } }>("/api/v1/issues/:issue", READ, async (request): Promise<ApiIssueDetail> => {
    const issue = await getIssue(deps, (await deps.authenticate(request)).organizationId, request.params.issue);
    const key = { projectId: issue.projectId, issueId: issue.id };
    const [volume, latest] = await Promise.all([
      listIssueVolume(deps.database, key, deps.now(), VOLUME_HOURS),
      listIssueEvents(deps.database, key, { limit: 1 }),
    ]);
    return {
      ...showIssue(issue),
      grouping: issue.grouping,
      volume: volume.map(({ hour, count }) => ({ bucket: hour.toISOString(), count })),
      latest_event_id: latest[0]?.eventId ?? null,
    };
  });

  app.get<{ Params: { issue: string }; Querystring: Type.Static<typeof EventsQuery> }>(
    "/api/v1/issues/:issue/events",
    { schema: { querystring: EventsQuery }, ...READ },
    async (request): Promise<ApiPage<ApiEventSummary>> => {
      const issue = await getIssue(deps, (await deps.authenticate(request)).organizationId, request.params.issue);
      const limit = parseLimit(request.query.limit);
      const cursor = parseCursor(request.query, isEventId);
      const events = await listIssueEvents(
        deps.database,
        { projectId: issue.projectId, issueId: issue.id },
        { limit: limit + 1, ...(cursor === undefined ? {} : { after: { receivedAt: cursor.at, eventId: cursor.id } }) },
      );
      const show = (event: (typeof events)[number]): ApiEventSummary => ({
        id: event.eventId,
        level: event.level as Level,
        message: event.title,
        received_at: event.receivedAt.toISOString(),
      });
      return pageOf(events, limit, show, ({ receivedAt, eventId }) => ({ at: receivedAt, id: eventId }));
    },
  );
}

/** What is no id cannot be found either: a client learns nothing from the difference. */
export async function getIssue(deps: ApiDependencies, organizationId: string, id: string) {
  const issue = isUuid(id) ? await findIssue(deps.database, organizationId, id) : undefined;
  if (issue === undefined) throw notFound("issue");
  return issue;
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
    status: issue.status,
    event_count: issue.eventCount,
    first_seen: issue.firstSeen.toISOString(),
    last_seen: issue.lastSeen.toISOString(),
    assigned_to: issue.assignedTo,
    regressed_at: issue.regressedAt?.toISOString() ?? null,
  };
}
