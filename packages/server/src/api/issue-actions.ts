/** What can be done with issues: routes for one of them, and one for many at once. */
import type { ApiAffected, ApiBulkResult } from "@mesher/protocol";
import { type Static, Type } from "typebox";
import type { IssueAssignee } from "../issues/change-issues.queries.ts";
import {
  AssigneeGoneError,
  changeIssues,
  type IssueCommand,
  type IssueRequest,
  type IssueResults,
} from "../issues/change-issues.ts";
import { deleteIssues } from "../issues/delete-issues.ts";
import { followEvents } from "../issues/follow-events.ts";
import { type ListedIssue, listIssues } from "../issues/issue-list.queries.ts";
import type { Actor } from "../organizations/access.ts";
import { findMemberOfUser } from "../organizations/members.queries.ts";
import type { Project } from "../organizations/organizations.queries.ts";
import { findTeam } from "../organizations/teams.queries.ts";
import { badRequest, notFound, RequestRefusedError } from "./api-error.ts";
import { takeNoBodyAsEmpty } from "./check-fields.ts";
import type { ApiDependencies, App } from "./dependencies.ts";
import { actorOf } from "./issue-actor.ts";
import {
  COMMANDS,
  type CommandBody,
  CommandFields,
  type CommandName,
  commandOf,
  type GivenCommand,
} from "./issue-command.ts";
import { issueIdOf } from "./issues.ts";
import { isUuid, oneOf, PageQuery, parseCursor } from "./pages-of-lists.ts";
import { findProject } from "./projects.ts";
import {
  assigneesAsSeenBy,
  type GivenIssueFilters,
  IssueFilters,
  readIssueSearch,
  SearchParameter,
  searching,
} from "./search-request.ts";
import { type GivenRange, parseOpenRange, RangeQuery } from "./time-range.ts";

/** Issues that one request changes. */
const BULK_ISSUES_MAX = 1_000;

const OneBody = Type.Object(CommandFields);
const BulkQuery = Type.Object({ ...SearchParameter, ...IssueFilters, ...RangeQuery });
const BulkBody = Type.Object({
  do: Type.String({ description: COMMANDS.join(", ") }),
  ids: Type.Optional(Type.Array(Type.String(), { minItems: 1, maxItems: BULK_ISSUES_MAX })),
  query: Type.Optional(BulkQuery),
  cursor: PageQuery.cursor,
  cursor_id: PageQuery.cursor_id,
  ...CommandFields,
});

const WRITE = { config: { access: { role: "member", scope: "issue:write" } } } as const;

export function registerIssueActionRoutes(app: App, deps: ApiDependencies): void {
  for (const name of COMMANDS) {
    const path = name === "set_priority" ? "priority" : name;
    app.post<{ Params: { issue: string }; Body: CommandBody }>(
      `/api/v1/issues/:issue/${path}`,
      { schema: { body: OneBody }, preValidation: takeNoBodyAsEmpty, ...WRITE },
      async (request): Promise<ApiAffected> => {
        const actor = await deps.authenticate(request);
        const { organizationId } = actor;
        const command = commandOf(name, request.body, deps.now());
        const id = await issueIdOf(deps, organizationId, request.params.issue);
        const results = await run(deps, { organizationId, ids: [id], command, actor: actorOf(actor) });
        return { status: "ok", affected: affectedOf(name, results.get(id)) };
      },
    );
  }

  /** By ids, or by a query for those that match now. Each issue has a result of its own. */
  app.post<{ Params: { project: string }; Body: Static<typeof BulkBody> }>(
    "/api/v1/projects/:project/issues/bulk",
    { schema: { body: BulkBody }, ...WRITE },
    async (request): Promise<ApiBulkResult> => {
      const actor = await deps.authenticate(request);
      const { organizationId } = actor;
      const project = await findProject(deps, organizationId, request.params.project);
      const { do: given, ids, query, cursor, cursor_id, ...fields } = request.body;
      const name = oneOf("do", COMMANDS, given);
      if (name === undefined) throw badRequest("do is missing");
      if ((ids === undefined) === (query === undefined)) throw badRequest("either ids or query must be given");
      demandFilters(query);
      const command = commandOf(name, fields, deps.now());

      const after = parseCursor({ ...(cursor && { cursor }), ...(cursor_id && { cursor_id }) }, isUuid);
      const matches = query && (await findMatches(deps, actor, project, query, after));
      const chosen = ids?.map((id) => id.toLowerCase()) ?? matches?.slice(0, BULK_ISSUES_MAX).map(({ id }) => id) ?? [];
      const results = await run(deps, {
        organizationId,
        projectId: project.id,
        ids: chosen.filter(isUuid),
        command,
        actor: actorOf(actor),
        isBulk: true,
      });
      const last = matches?.[BULK_ISSUES_MAX] && matches[BULK_ISSUES_MAX - 1];
      const shown = [...new Set(chosen)].map((id) => ({ id, result: results.get(id) ?? "not_found" }) as const);
      return {
        results: shown,
        affected: shown.filter(({ result }) => result === "changed").length,
        has_more: last !== undefined,
        ...(last && { next_cursor: last.sortKey, next_cursor_id: last.id }),
      };
    },
  );
}

async function run(deps: ApiDependencies, request: IssueRequest<GivenCommand>): Promise<IssueResults> {
  const { command } = request;
  if (command.do !== "delete") {
    const checked: IssueCommand =
      command.do === "assign"
        ? { do: command.do, assignee: await findAssignee(deps, request.organizationId, command.to) }
        : command;
    return changeIssues(deps.database, { ...request, command: checked }, deps.onIssueChanged).catch(
      (error: unknown) => {
        throw error instanceof AssigneeGoneError ? refuseAssignee(error.kind) : error;
      },
    );
  }
  const projectIds = new Set<string>();
  const results = await deleteIssues(deps.database, { ...request, command }, (change) => {
    projectIds.add(change.projectId);
    deps.onIssueChanged(change);
  });
  for (const projectId of projectIds) await followEvents(deps.database, projectId);
  return results;
}

type GivenAssignee = Extract<GivenCommand, { readonly do: "assign" }>["to"];

async function findAssignee(
  { database }: Pick<ApiDependencies, "database">,
  organizationId: string,
  to: GivenAssignee,
): Promise<IssueAssignee | null> {
  if (to === null) return null;
  if ("team" in to) {
    const team = await findTeam(database, organizationId, to.team.replace(/^#/, ""));
    if (team === undefined) throw refuseAssignee("team");
    return { kind: "team", id: team.id };
  }
  const member = isUuid(to.userId) ? await findMemberOfUser(database, organizationId, to.userId) : undefined;
  if (member === undefined) throw refuseAssignee("user");
  return { kind: "user", id: member.userId };
}

function refuseAssignee(kind: IssueAssignee["kind"]): RequestRefusedError {
  return kind === "team"
    ? new RequestRefusedError(400, "not_a_team", "team must be a team of the organization")
    : new RequestRefusedError(400, "not_a_member", "user_id must be a member of the organization");
}

function affectedOf(name: CommandName, result: string | undefined): number {
  if (result === undefined || result === "not_found") throw notFound("issue");
  if (result === "illegal") {
    const sentence =
      name === "undiscard"
        ? "only a discarded issue can be undiscarded"
        : `a discarded issue must be undiscarded before it is ${PAST[name]}`;
    throw new RequestRefusedError(409, "illegal_transition", sentence);
  }
  return result === "changed" ? 1 : 0;
}

const PAST: Readonly<Record<CommandName, string>> = {
  resolve: "resolved",
  unresolve: "made unresolved",
  archive: "archived",
  discard: "discarded",
  undiscard: "undiscarded",
  delete: "deleted",
  assign: "assigned",
  set_priority: "given a priority",
};

/** A filter that is misspelt, or of another list, would leave all issues of the project to be changed. */
function demandFilters(query: object = {}): void {
  const stranger = Object.keys(query).find((name) => !Object.hasOwn(BulkQuery.properties, name));
  if (stranger === undefined) return;
  throw badRequest(`query.${stranger} is unknown; known are ${Object.keys(BulkQuery.properties).join(", ")}`);
}

/** The newest first, whose order no event and no command changes. One too many says that there are more. */
async function findMatches(
  deps: ApiDependencies,
  actor: Actor,
  project: Pick<Project, "id" | "slug">,
  given: GivenIssueFilters & GivenRange,
  after: { readonly at: Date; readonly id: string } | undefined,
): Promise<ListedIssue[]> {
  const query = readIssueSearch(given);
  const assigneesOf = await assigneesAsSeenBy(deps, actor, query);
  return searching(
    listIssues(deps.database, {
      projectId: project.id,
      slug: project.slug,
      nowMs: deps.now(),
      assigneesOf,
      query,
      ...parseOpenRange(given, deps.now()),
      sort: "first_seen",
      limit: BULK_ISSUES_MAX + 1,
      after: after && { key: after.at.toISOString(), id: after.id },
    }),
  );
}
