import type { ApiProjectDetail } from "@mesher/protocol";
import type { ProjectDetail } from "../organizations/projects.queries.ts";
import { changeProject, createProject, endProject, ProjectConflictError } from "../organizations/projects.ts";
import { isSlug, SLUG_LENGTH_MAX } from "../organizations/slug.ts";
import { badRequest, notFound, RequestRefusedError } from "./api-error.ts";
import { checkFields, demandFields, line, matching, orNull } from "./check-fields.ts";
import type { ApiDependencies, App } from "./dependencies.ts";
import { findProject, showProject } from "./projects.ts";

const NAME_LENGTH_MAX = 100;
const PLATFORM_LENGTH_MAX = 64;

const FIELDS = {
  name: line(NAME_LENGTH_MAX),
  slug: matching(
    isSlug,
    `must be at most ${SLUG_LENGTH_MAX} small letters, digits and single dashes, start with a letter and be no id`,
  ),
  platform: orNull(
    matching(
      (text) => text.length <= PLATFORM_LENGTH_MAX && /^[a-z0-9]+(?:[.-][a-z0-9]+)*$/.test(text),
      `must be at most ${PLATFORM_LENGTH_MAX} small letters and digits with single dots and dashes between, as in javascript-react`,
    ),
  ),
};

const READ = { config: { access: { role: "member", scope: "event:read" } } } as const;
const ADMINISTER = { config: { access: { role: "admin", scope: "project:admin" } } } as const;

export function registerProjectChangeRoutes(app: App, deps: ApiDependencies): void {
  app.post("/api/v1/projects", ADMINISTER, async (request, reply): Promise<ApiProjectDetail> => {
    const actor = await deps.authenticate(request);
    const wish = demandFields(request.body, FIELDS, "name");
    const id = await refuseConflicts(createProject(deps.database, actor, wish));
    await deps.projectChanged(id);
    reply.code(201);
    return showDetail(await findProject(deps, actor.organizationId, id), deps);
  });

  app.get<{ Params: { project: string } }>(
    "/api/v1/projects/:project",
    READ,
    async (request): Promise<ApiProjectDetail> => {
      const { organizationId } = await deps.authenticate(request);
      return showDetail(await findProject(deps, organizationId, request.params.project), deps);
    },
  );

  app.patch<{ Params: { project: string } }>(
    "/api/v1/projects/:project",
    ADMINISTER,
    async (request): Promise<ApiProjectDetail> => {
      const actor = await deps.authenticate(request);
      const { organizationId } = actor;
      const { id } = await findProject(deps, organizationId, request.params.project);
      const wish = checkFields(request.body, FIELDS);
      if (!(await refuseConflicts(changeProject(deps.database, actor, id, wish)))) throw notFound("project");
      return showDetail(await findProject(deps, organizationId, id), deps);
    },
  );

  /** Asks for the slug, so that no slip of the hand ends a project. Its events are removed in the background. */
  app.post<{ Params: { project: string } }>("/api/v1/projects/:project/delete", ADMINISTER, async (request) => {
    const actor = await deps.authenticate(request);
    const project = await findProject(deps, actor.organizationId, request.params.project);
    const { slug } = demandFields(request.body, { slug: FIELDS.slug }, "slug");
    if (slug !== project.slug) throw badRequest(`slug must be the project's, ${project.slug}, to confirm`);
    if (!(await endProject(deps.database, actor, project))) throw notFound("project");
    await deps.projectChanged(project.id);
    return { status: "ok", affected: 1 };
  });
}

/** A change that cannot be made as things stand is told with 409. */
export async function refuseConflicts<T>(change: Promise<T>): Promise<T> {
  try {
    return await change;
  } catch (error) {
    if (error instanceof ProjectConflictError) throw new RequestRefusedError(409, error.code, error.message);
    throw error;
  }
}

function showDetail(project: ProjectDetail, deps: ApiDependencies): ApiProjectDetail {
  return {
    ...showProject(project, deps),
    created_at: project.createdAt.toISOString(),
    former_slugs: project.formerSlugs,
  };
}
