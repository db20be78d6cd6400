/** Teams: members of an organization who look after the same projects. They narrow nothing: whoever is a member sees all projects. */
import type { ApiAffected, ApiTeam, ApiTeamDetail } from "@mesher/protocol";
import { Type } from "typebox";
import { findMemberOfUser } from "../organizations/members.queries.ts";
import { PROJECTS_MAX } from "../organizations/projects.ts";
import {
  findTeam,
  listTeamMembers,
  listTeamProjects,
  listTeams,
  type Team,
  type TeamPart,
} from "../organizations/teams.queries.ts";
import {
  addPart,
  changeTeamName,
  createTeam,
  removePart,
  removeTeam,
  TEAMS_MAX,
  type TeamChange,
} from "../organizations/teams.ts";
import { notFound } from "./api-error.ts";
import type { ApiDependencies, App } from "./dependencies.ts";
import { actorOf } from "./issue-actor.ts";
import { slugOf } from "./organizations.ts";
import { isUuid } from "./pages-of-lists.ts";
import { findProject } from "./projects.ts";

const READ = { config: { access: { role: "member", scope: "org:read" } } } as const;
const ADMINISTER = { config: { access: { role: "admin", scope: "org:admin" } } } as const;

/** Of one team that an answer shows. */
const MEMBERS_SHOWN_MAX = 1_000;

const Name = Type.String({ minLength: 1, maxLength: 100, pattern: "\\S" });
const NewTeamBody = Type.Object({
  name: Name,
  slug: Type.Optional(Type.String({ pattern: "^[a-z0-9][a-z0-9-]{0,49}$" })),
});
const RenameBody = Type.Object({ name: Name });
const MemberBody = Type.Object({ user_id: Type.String({ maxLength: 100 }) });
const ProjectBody = Type.Object({
  project: Type.String({ maxLength: 100, description: "Its id, slug or number" }),
});

interface TeamParams {
  readonly team: string;
}

export function registerTeamRoutes(app: App, deps: ApiDependencies): void {
  app.get("/api/v1/teams", READ, async (request): Promise<ApiTeam[]> => {
    const { organizationId } = await deps.authenticate(request);
    return (await listTeams(deps.database, { organizationId, limit: TEAMS_MAX })).map(showTeam);
  });

  app.get<{ Params: { project: string } }>(
    "/api/v1/projects/:project/teams",
    READ,
    async (request): Promise<ApiTeam[]> => {
      const { organizationId } = await deps.authenticate(request);
      const { id: projectId } = await findProject(deps, organizationId, request.params.project);
      return (await listTeams(deps.database, { organizationId, projectId, limit: TEAMS_MAX })).map(showTeam);
    },
  );

  app.post<{ Body: Type.Static<typeof NewTeamBody> }>(
    "/api/v1/teams",
    { ...ADMINISTER, schema: { body: NewTeamBody } },
    async (request, reply): Promise<ApiTeamDetail> => {
      const actor = await deps.authenticate(request);
      const name = request.body.name.trim();
      const { slug = slugOf(name) } = request.body;
      const id = await createTeam(deps.database, actor, { slug, name });
      void reply.code(201);
      return showDetail(deps, await getTeam(deps, actor.organizationId, id));
    },
  );

  app.get<{ Params: TeamParams }>("/api/v1/teams/:team", READ, async (request): Promise<ApiTeamDetail> => {
    const { organizationId } = await deps.authenticate(request);
    return showDetail(deps, await getTeam(deps, organizationId, request.params.team));
  });

  app.patch<{ Params: TeamParams; Body: Type.Static<typeof RenameBody> }>(
    "/api/v1/teams/:team",
    { ...ADMINISTER, schema: { body: RenameBody } },
    async (request): Promise<ApiTeamDetail> => {
      const actor = await deps.authenticate(request);
      const team = await getTeam(deps, actor.organizationId, request.params.team);
      if (!(await changeTeamName(deps.database, actor, team, request.body.name.trim()))) throw notFound("team");
      return showDetail(deps, await getTeam(deps, actor.organizationId, team.id));
    },
  );

  app.post<{ Params: TeamParams }>("/api/v1/teams/:team/delete", ADMINISTER, async (request): Promise<ApiAffected> => {
    const actor = await deps.authenticate(request);
    const team = await getTeam(deps, actor.organizationId, request.params.team);
    const removal = { by: actorOf(actor), tell: deps.onIssueChanged };
    if (!(await removeTeam(deps.database, actor, team, removal))) throw notFound("team");
    return { status: "ok", affected: 1 };
  });

  app.post<{ Params: TeamParams; Body: Type.Static<typeof MemberBody> }>(
    "/api/v1/teams/:team/members",
    { ...ADMINISTER, schema: { body: MemberBody } },
    async (request): Promise<ApiAffected> => {
      const actor = await deps.authenticate(request);
      const team = await getTeam(deps, actor.organizationId, request.params.team);
      const part = await findPart(deps, actor.organizationId, "member", request.body.user_id);
      return { status: "ok", affected: (await addPart(deps.database, actor, team, part)) ? 1 : 0 };
    },
  );

  app.post<{ Params: TeamParams; Body: Type.Static<typeof ProjectBody> }>(
    "/api/v1/teams/:team/projects",
    { ...ADMINISTER, schema: { body: ProjectBody } },
    async (request): Promise<ApiAffected> => {
      const actor = await deps.authenticate(request);
      const team = await getTeam(deps, actor.organizationId, request.params.team);
      const part = await findPart(deps, actor.organizationId, "project", request.body.project);
      return { status: "ok", affected: (await addPart(deps.database, actor, team, part)) ? 1 : 0 };
    },
  );

  const registerRemoval = (part: TeamPart, param: "user" | "project") =>
    app.post<{ Params: TeamParams & Record<string, string> }>(
      `/api/v1/teams/:team/${part}s/:${param}/remove`,
      ADMINISTER,
      async (request): Promise<ApiAffected> => {
        const actor = await deps.authenticate(request);
        const team = await getTeam(deps, actor.organizationId, request.params.team);
        const change = await findPart(deps, actor.organizationId, part, request.params[param] ?? "");
        if (!(await removePart(deps.database, actor, team, change))) throw notFound(`${part} of the team`);
        return { status: "ok", affected: 1 };
      },
    );
  registerRemoval("member", "user");
  registerRemoval("project", "project");
}

async function getTeam(deps: ApiDependencies, organizationId: string, given: string): Promise<Team> {
  const team = await findTeam(deps.database, organizationId, given);
  if (team === undefined) throw notFound("team");
  return team;
}

/** Somebody or something of the organization. */
async function findPart(
  deps: ApiDependencies,
  organizationId: string,
  part: TeamPart,
  given: string,
): Promise<TeamChange> {
  if (part === "project") {
    const { id, slug } = await findProject(deps, organizationId, given);
    return { part, id, name: slug };
  }
  const member = isUuid(given) ? await findMemberOfUser(deps.database, organizationId, given) : undefined;
  if (member === undefined) throw notFound("member");
  return { part, id: member.userId, name: member.email };
}

function showTeam({ id, slug, name, createdAt, memberCount, projectCount }: Team): ApiTeam {
  return {
    id,
    slug,
    name,
    created_at: createdAt.toISOString(),
    member_count: memberCount,
    project_count: projectCount,
  };
}

async function showDetail(deps: ApiDependencies, team: Team): Promise<ApiTeamDetail> {
  const [members, projects] = await Promise.all([
    listTeamMembers(deps.database, team.id, MEMBERS_SHOWN_MAX),
    listTeamProjects(deps.database, team.id, PROJECTS_MAX),
  ]);
  return {
    ...showTeam(team),
    members: members.map(({ userId, email, name }) => ({ user_id: userId, email, display_name: name })),
    projects,
  };
}
