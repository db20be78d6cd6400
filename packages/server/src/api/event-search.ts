/** Searches of a project's events. */
import {
  type ApiFoundEvent,
  type ApiPage,
  type ApiRankedEvent,
  type ApiTaggedEvent,
  anyOf,
  type Level,
  type SearchQuery,
} from "@mesher/protocol";
import { Type } from "typebox";
import { type FoundEvent, listEvents, rankEvents } from "../events/search-events.queries.ts";
import { badRequest } from "./api-error.ts";
import type { ApiDependencies, App } from "./dependencies.ts";
import { isEventId, PageQuery, pageOf, parseCursor, parseLimit } from "./pages-of-lists.ts";
import { findProject } from "./projects.ts";
import { readSearch, readWords, SearchParameter, searching } from "./search-request.ts";
import { parseRange, RangeQuery } from "./time-range.ts";

const READ = { config: { access: { role: "member", scope: "event:read" } } } as const;

const EventsQuery = Type.Object({ ...PageQuery, ...RangeQuery, ...SearchParameter });
const RankedQuery = Type.Object({ limit: PageQuery.limit, ...RangeQuery, q: Type.Optional(Type.String()) });
const TagsQuery = Type.Object({
  limit: PageQuery.limit,
  ...RangeQuery,
  key: Type.Optional(Type.String()),
  value: Type.Optional(Type.String()),
});

export function registerEventSearchRoutes(app: App, deps: ApiDependencies): void {
  /** A page of events that match, newest first. */
  app.get<{ Params: { project: string }; Querystring: Type.Static<typeof EventsQuery> }>(
    "/api/v1/projects/:project/events",
    { schema: { querystring: EventsQuery }, ...READ },
    async (request): Promise<ApiPage<ApiFoundEvent>> => {
      const search = await searchOf(deps, request, readSearch(request.query.query, "event"));
      const limit = parseLimit(request.query.limit);
      const cursor = parseCursor(request.query, isEventId);
      const after = cursor && { receivedAt: cursor.at, eventId: cursor.id };
      const events = await searching(listEvents(deps.database, { ...search, after, limit: limit + 1 }));
      return pageOf(events, limit, showFoundEvent, ({ receivedAt, eventId }) => ({ at: receivedAt, id: eventId }));
    },
  );

  /** The best matches of words, or of a search. */
  app.get<{ Params: { project: string }; Querystring: Type.Static<typeof RankedQuery> }>(
    "/api/v1/projects/:project/events/search",
    { schema: { querystring: RankedQuery }, ...READ },
    async (request): Promise<ApiRankedEvent[]> => {
      const { q, limit } = request.query;
      if (q === undefined || q.trim() === "") throw badRequest("missing search query");
      const search = await searchOf(deps, request, readWords(q));
      const events = await searching(rankEvents(deps.database, { ...search, limit: parseLimit(limit) }));
      return events.map(showRanked);
    },
  );

  /** Events with this tag, newest first. */
  app.get<{ Params: { project: string }; Querystring: Type.Static<typeof TagsQuery> }>(
    "/api/v1/projects/:project/events/tags",
    { schema: { querystring: TagsQuery }, ...READ },
    async (request): Promise<ApiTaggedEvent[]> => {
      const { key, value, limit } = request.query;
      if (key === undefined || key === "" || value === undefined) throw badRequest("missing key or value parameter");
      const search = await searchOf(deps, request, readTag(key, value));
      const events = await searching(listEvents(deps.database, { ...search, limit: parseLimit(limit) }));
      return events.map((event) => ({ ...showRanked(event), tags: event.tags }));
    },
  );
}

/** What of an event is kept beside its tags is found under its name, too. */
function readTag(key: string, value: string): SearchQuery {
  const tag: SearchQuery = { kind: "match", key: { tag: key }, patterns: [[value]] };
  if (key !== "environment" && key !== "release" && key !== "level") return tag;
  return anyOf([tag, { kind: "match", key: { field: key }, patterns: [[value]] }]);
}

interface RangedRequest {
  readonly params: { readonly project: string };
  readonly query: { readonly from?: string; readonly to?: string; readonly period?: string };
}

async function searchOf(
  deps: ApiDependencies,
  request: RangedRequest & Parameters<ApiDependencies["authenticate"]>[0],
  query: SearchQuery,
) {
  const { organizationId } = await deps.authenticate(request);
  const { id, slug } = await findProject(deps, organizationId, request.params.project);
  const nowMs = deps.now();
  // What arrives while the request is on its way belongs to it, if it asks up to now.
  const { fromMs, toMs } = parseRange(request.query, nowMs);
  return { projectId: id, slug, nowMs, query, fromMs, toMs: request.query.to === undefined ? undefined : toMs };
}

function showRanked(event: FoundEvent): ApiRankedEvent {
  return {
    id: event.eventId,
    issue_id: event.issueId,
    level: event.level as Level,
    message: event.title,
    received_at: event.receivedAt.toISOString(),
  };
}

export function showFoundEvent(event: FoundEvent): ApiFoundEvent {
  return { ...showRanked(event), environment: event.environment, release: event.release, tags: event.tags };
}
