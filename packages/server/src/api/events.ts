import { type ApiEventDetail, type Level, parseEventId } from "@mesher/protocol";
import { eventMarkdown } from "../events/event-markdown.ts";
import { findEvent, findNeighbours, type IssueSpan, type StoredEvent } from "../events/events.queries.ts";
import { unpackPayload } from "../events/payload.ts";
import { eventJsonText, parseEventJsonForReading } from "../ingest/event-json.ts";
import { normalizeEvent } from "../ingest/normalize/normalize.ts";
import { eventCulprit } from "../ingest/normalize/title.ts";
import { findIssue, findSpanOf } from "../issues/issue-list.queries.ts";
import { listProjects } from "../organizations/organizations.queries.ts";
import { notFound } from "./api-error.ts";
import type { ApiDependencies, App } from "./dependencies.ts";

const READ = { config: { access: { role: "member", scope: "event:read" } } } as const;

export function registerEventRoutes(app: App, deps: ApiDependencies): void {
  app.get<{ Params: { event: string } }>("/api/v1/events/:event", READ, async (request, reply) => {
    const { issue, ...stored } = await getEvent(
      deps,
      (await deps.authenticate(request)).organizationId,
      request.params.event,
    );
    const { previousId, nextId, firstId, latestId } = await findNeighbours(deps.database, stored, issue);
    const navigation = { prev_id: previousId, next_id: nextId, first_id: firstId, latest_id: latestId };
    return reply.type("application/json; charset=utf-8").send(writeDetail(stored, navigation));
  });

  /** The event's JSON, byte for byte as the client sent it. */
  app.get<{ Params: { event: string } }>("/api/v1/events/:event/payload", READ, async (request, reply) => {
    const stored = await getEvent(deps, (await deps.authenticate(request)).organizationId, request.params.event);
    return reply.type("application/json; charset=utf-8").send(unpackPayload(stored.payload));
  });

  /** The same, to be saved as a file. */
  app.get<{ Params: { event: string } }>("/api/v1/events/:event/json", READ, async (request, reply) => {
    const stored = await getEvent(deps, (await deps.authenticate(request)).organizationId, request.params.event);
    return reply
      .type("application/json; charset=utf-8")
      .header("content-disposition", `attachment; filename="${stored.eventId}.json"`)
      .send(unpackPayload(stored.payload));
  });

  /** For a colleague or an agent: see events/event-markdown.ts. */
  app.get<{ Params: { event: string } }>("/api/v1/events/:event/markdown", READ, async (request, reply) => {
    const { organizationId } = await deps.authenticate(request);
    const stored = await getEvent(deps, organizationId, request.params.event);
    const issue = await findIssue(deps.database, organizationId, stored.issueId);
    if (issue === undefined) throw notFound("event");
    const { event } = readEvent(stored);
    const facts = {
      title: stored.title,
      culprit: eventCulprit(event),
      receivedAt: stored.receivedAt.toISOString(),
      shortId: `${issue.projectSlug.toUpperCase()}-${issue.number}`,
      status: issue.standing.status,
      eventCount: issue.eventCount,
      firstSeen: issue.firstSeen.toISOString(),
      lastSeen: issue.lastSeen.toISOString(),
    };
    return reply.type("text/markdown; charset=utf-8").send(eventMarkdown(event, facts));
  });
}

async function getEvent(
  deps: ApiDependencies,
  organizationId: string,
  given: string,
): Promise<StoredEvent & { readonly issue: IssueSpan }> {
  const id = parseEventId(given);
  if (id === undefined) throw notFound("event");
  const projects = await listProjects(deps.database, organizationId);
  const stored = await findEvent(
    deps.database,
    projects.map((project) => project.id),
    id,
    deps.now(),
  );
  const issue = stored && (await findSpanOf(deps.database, stored.projectId, stored.issueId));
  // Without an issue it is about to be deleted.
  if (stored === undefined || issue === undefined) throw notFound("event");
  return { ...stored, issueId: issue.issueId, issue };
}

/** Normalized anew from what was sent: the rules that read an event may improve after it was stored. */
export function readEvent(stored: StoredEvent) {
  const json = unpackPayload(stored.payload);
  const { event, cuts } = normalizeEvent(parseEventJsonForReading(json), {
    receivedAtMs: stored.receivedAt.getTime(),
    eventId: stored.eventId,
    source: stored.source,
    ...stored.receipt,
  });
  return { json, event, cuts };
}

/** An `ApiEventDetail`. The payload stands in it as it was sent: parsed and written again, long numbers would be others. */
function writeDetail(stored: StoredEvent, navigation: ApiEventDetail["navigation"]): string {
  const { json, ...read } = readEvent(stored);
  const shown = JSON.stringify(showEvent(stored, read));
  const event = `${shown.slice(0, -1)},"payload":${eventJsonText(json)}}`;
  return `{"event":${event},"navigation":${JSON.stringify(navigation)}}`;
}

function showEvent(
  stored: StoredEvent,
  { event, cuts }: Omit<ReturnType<typeof readEvent>, "json">,
): Omit<ApiEventDetail["event"], "payload"> {
  return {
    id: stored.eventId,
    project_id: stored.projectId,
    issue_id: stored.issueId,
    level: stored.level as Level,
    message: stored.title,
    fingerprint: stored.grouping.fingerprint,
    exception: event.exception ?? null,
    stacktrace: event.stacktrace ?? null,
    breadcrumbs: event.breadcrumbs ?? null,
    tags: event.tags ?? {},
    extra: event.extra ?? {},
    user_context: event.user ?? null,
    sdk_name: event.sdk?.name ?? null,
    sdk_version: event.sdk?.version ?? null,
    received_at: stored.receivedAt.toISOString(),
    grouping: stored.grouping,
    normalized: event,
    cuts: [
      ...(stored.receipt.scrubbed ?? []).map(({ path, rule }) => ({ path, reason: "scrubbed" as const, rule })),
      ...cuts,
    ],
  };
}
