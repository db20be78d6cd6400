/** What a person does with projects. Each change is one transaction with its line in the audit log. */
import type { Database } from "../db/database.ts";
import { withTransaction } from "../db/transaction.ts";
import type { Actor } from "./access.ts";
import { recordAudit } from "./audit.queries.ts";
import { differencesOf } from "./differences.ts";
import { addProjectKey } from "./project-keys.queries.ts";
import {
  findProjectDetail,
  findSlugOwners,
  forgetFormerSlug,
  insertProject,
  keepFormerSlug,
  listTakenSlugs,
  lockProjects,
  type ProjectDetail,
  removeProject,
  updateProject,
} from "./projects.queries.ts";
import { makeSecret } from "./secret.ts";
import { freeSlug, slugOf } from "./slug.ts";

/** Projects of an organization. Lists of them are not paged. */
export const PROJECTS_MAX = 1_000;

/** A change that cannot be made as things stand. */
export class ProjectConflictError extends Error {
  override readonly name = "ProjectConflictError";
  readonly code: "slug_taken" | "too_many_projects" | "too_many_keys";

  constructor(code: ProjectConflictError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

export interface ProjectWish {
  readonly name: string;
  /** Absent: made of the name, with a number behind where it is taken. */
  readonly slug?: string | undefined;
  readonly platform?: string | null | undefined;
}

/** Makes a project with a first key. Throws a ProjectConflictError. */
export function createProject(database: Database, actor: Actor, wish: ProjectWish): Promise<string> {
  const { organizationId } = actor;
  return withTransaction(database, async (tx) => {
    if ((await lockProjects(tx, organizationId)) >= PROJECTS_MAX) {
      throw new ProjectConflictError("too_many_projects", `an organization has at most ${PROJECTS_MAX} projects`);
    }
    const taken = await listTakenSlugs(tx, organizationId);
    if (wish.slug !== undefined && taken.has(wish.slug)) throw slugTaken(wish.slug);
    const slug = wish.slug ?? freeSlug(slugOf(wish.name), taken);
    const id = await insertProject(tx, { organizationId, slug, name: wish.name, platform: wish.platform ?? null });
    await addProjectKey(tx, { projectId: id, publicKey: makeSecret(), label: "default", rateLimitEvents: null });
    const target = { kind: "project", id };
    const details = { slug, name: wish.name };
    await recordAudit(tx, { organizationId, actor, action: "project.created", target, details });
    return id;
  });
}

/**
 * Renames a project, or gives it another slug or platform. Its former slug still leads to it. Throws a ProjectConflictError.
 * Whether it was there.
 */
export function changeProject(
  database: Database,
  actor: Actor,
  id: string,
  wish: Partial<ProjectWish>,
): Promise<boolean> {
  const { organizationId } = actor;
  return withTransaction(database, async (tx) => {
    await lockProjects(tx, organizationId);
    // Read only now: what is not wished for stays as whoever held the lock before has left it.
    const project = await findProjectDetail(tx, organizationId, id);
    if (project === undefined) return false;
    const slug = wish.slug ?? project.slug;
    if (slug !== project.slug) {
      const owners = await findSlugOwners(tx, organizationId, slug);
      if (owners.some(({ projectId }) => projectId !== id)) throw slugTaken(slug);
      // Back to a slug it had before.
      await forgetFormerSlug(tx, organizationId, slug);
      await keepFormerSlug(tx, project, project.slug);
    }
    const platform = wish.platform === undefined ? project.platform : wish.platform;
    const after = { name: wish.name ?? project.name, slug, platform };
    await updateProject(tx, { organizationId, id, ...after });
    const details = differencesOf(project, after);
    if (Object.keys(details).length === 0) return true;
    const target = { kind: "project", id };
    await recordAudit(tx, { organizationId, actor, action: "project.changed", target, details });
    return true;
  });
}

/**
 * Ends a project: from now on it cannot be found, and its keys open nothing. Its data is removed in the background.
 * Whether it was there.
 */
export function endProject(
  database: Database,
  actor: Actor,
  { id, slug, name }: Pick<ProjectDetail, "id" | "slug" | "name">,
): Promise<boolean> {
  const { organizationId } = actor;
  return withTransaction(database, async (tx) => {
    if (!(await removeProject(tx, organizationId, id))) return false;
    const target = { kind: "project", id };
    await recordAudit(tx, { organizationId, actor, action: "project.deleted", target, details: { slug, name } });
    return true;
  });
}

function slugTaken(slug: string): ProjectConflictError {
  return new ProjectConflictError("slug_taken", `the slug ${slug} belongs to another project, or did`);
}
