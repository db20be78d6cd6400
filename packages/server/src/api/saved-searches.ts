/** Searches that people keep, for themselves or for everybody in the organization. */
import type { ApiPage, ApiSavedSearch } from "@mesher/protocol";
import { type Static, Type } from "typebox";
import { ISSUE_SORTS } from "../issues/issue-order.ts";
import { listSavedSearches, SAVED_SEARCHES_MAX, type SavedSearch } from "../search/saved-searches.queries.ts";
import { askerOf, changeSavedSearch, removeSavedSearch, saveSearch } from "../search/saved-searches.ts";
import { badRequest, notFound, RequestRefusedError } from "./api-error.ts";
import type { ApiDependencies, App } from "./dependencies.ts";
import { isUuid, oneOf } from "./pages-of-lists.ts";
import { findProject } from "./projects.ts";
import { readSearch } from "./search-request.ts";

const READ = { config: { access: { role: "member", scope: "event:read" } } } as const;
const WRITE = { config: { access: { role: "member", scope: "issue:write" } } } as const;

const NAME_LENGTH_MAX = 100;

const ListQuery = Type.Object({ project: Type.Optional(Type.String()) });
const NewSearch = Type.Object({
  name: Type.String({ maxLength: NAME_LENGTH_MAX, pattern: "\\S" }),
  query: Type.String(),
  sort: Type.Optional(Type.String()),
  visibility: Type.Optional(Type.String()),
  project_id: Type.Optional(Type.Union([Type.String(), Type.Null()])),
});

const ChangedSearch = Type.Object(
  {
    name: Type.Optional(Type.String({ maxLength: NAME_LENGTH_MAX, pattern: "\\S" })),
    query: Type.Optional(Type.String()),
    sort: Type.Optional(Type.String()),
  },
  { minProperties: 1 },
);

export function registerSavedSearchRoutes(app: App, deps: ApiDependencies): void {
  /** Of a project and of all, or all there are. */
  app.get<{ Querystring: Static<typeof ListQuery> }>(
    "/api/v1/saved-searches",
    { schema: { querystring: ListQuery }, ...READ },
    async (request): Promise<Pick<ApiPage<ApiSavedSearch>, "data" | "has_more">> => {
      const actor = await deps.authenticate(request);
      const { project } = request.query;
      const projectId = project === undefined ? undefined : (await findProject(deps, actor.organizationId, project)).id;
      const searches = await listSavedSearches(deps.database, askerOf(actor), projectId);
      return { data: searches.map(showSearch), has_more: false };
    },
  );

  app.post<{ Body: Static<typeof NewSearch> }>(
    "/api/v1/saved-searches",
    { schema: { body: NewSearch }, ...WRITE },
    async (request, reply): Promise<ApiSavedSearch> => {
      const actor = await deps.authenticate(request);
      const { organizationId, userId } = actor;
      const { name, query, project_id: project } = request.body;
      readSearch(query, "issue");
      const sort = oneOf("sort", ISSUE_SORTS, request.body.sort) ?? "last_seen";
      const visibility = oneOf("visibility", ["private", "organization"], request.body.visibility) ?? "private";
      if (visibility === "private" && userId === undefined)
        throw badRequest("only people have searches of their own: visibility must be organization");
      const saved = await saveSearch(deps.database, actor, {
        projectId: typeof project === "string" ? (await findProject(deps, organizationId, project)).id : null,
        ownerId: visibility === "private" ? (userId ?? null) : null,
        name: name.trim(),
        query: query.trim(),
        sort,
      });
      if (saved === undefined)
        throw new RequestRefusedError(409, "too_many", `there are ${SAVED_SEARCHES_MAX} searches already`);
      void reply.code(201);
      return showSearch(saved);
    },
  );

  app.post<{ Params: { search: string }; Body: Static<typeof ChangedSearch> }>(
    "/api/v1/saved-searches/:search",
    { schema: { body: ChangedSearch }, ...WRITE },
    async (request): Promise<ApiSavedSearch> => {
      const actor = await deps.authenticate(request);
      const { name, query } = request.body;
      if (query !== undefined) readSearch(query, "issue");
      const sort = oneOf("sort", ISSUE_SORTS, request.body.sort);
      const { search } = request.params;
      const change = {
        ...(name !== undefined && { name: name.trim() }),
        ...(query !== undefined && { query: query.trim() }),
        ...(sort !== undefined && { sort }),
      };
      const changed = isUuid(search) ? await changeSavedSearch(deps.database, actor, search, change) : undefined;
      if (changed === undefined) throw notFound("saved search");
      return showSearch(changed);
    },
  );

  app.post<{ Params: { search: string } }>("/api/v1/saved-searches/:search/delete", WRITE, async (request) => {
    const actor = await deps.authenticate(request);
    const { search } = request.params;
    if (!isUuid(search) || !(await removeSavedSearch(deps.database, actor, search))) throw notFound("saved search");
    return { status: "ok", affected: 1 };
  });
}

function showSearch(search: SavedSearch): ApiSavedSearch {
  return {
    id: search.id,
    name: search.name,
    query: search.query,
    sort: search.sort,
    visibility: search.ownerId === null ? "organization" : "private",
    project_id: search.projectId,
    created_at: search.createdAt.toISOString(),
  };
}
