/** Statements on projects as such: finding, making, renaming and removing them. Always within an organization. */
import type { Queryable } from "../db/database.ts";
import type { Transaction } from "../db/transaction.ts";
import { lockOrganization } from "./locks.queries.ts";
import { PROJECT_COLUMNS, type Project, type ProjectRow, projectOf } from "./organizations.queries.ts";

export interface ProjectDetail extends Project {
  readonly createdAt: Date;
  readonly formerSlugs: readonly string[];
}

interface DetailRow extends ProjectRow {
  created_at: Date;
  former_slugs: string[];
}

/** By id, slug, number or a slug it had before. Where one project's slug is another's former one, the present one counts. */
export async function findProjectDetail(
  database: Queryable,
  organizationId: string,
  given: string,
): Promise<ProjectDetail | undefined> {
  const { rows } = await database.query<DetailRow>({
    name: "projects.find",
    text: `
      select ${PROJECT_COLUMNS}, p.created_at,
        array(select f.slug from former_project_slugs f where f.project_id = p.id order by f.created_at desc, f.slug)
          as former_slugs
      from projects p
      where p.organization_id = $1
        and (p.slug = $2 or p.id::text = lower($2) or p.number::text = $2
          or p.id = (select f.project_id from former_project_slugs f where f.organization_id = $1 and f.slug = $2))
      order by p.slug = $2 desc
      limit 1`,
    values: [organizationId, given],
  });
  const row = rows[0];
  return row && { ...projectOf(row), createdAt: row.created_at, formerSlugs: row.former_slugs };
}

/** Lets one change of an organization's slugs happen at a time, on all nodes. How many projects it has. */
export async function lockProjects(tx: Transaction, organizationId: string): Promise<number> {
  await lockOrganization(tx, organizationId);
  const { rows } = await tx.query<{ count: number }>({
    name: "projects.count",
    text: "select count(*) as count from projects where organization_id = $1",
    values: [organizationId],
  });
  return rows[0]?.count ?? 0;
}

/** Who has a slug, or had it. Most have nobody. */
export async function findSlugOwners(
  tx: Transaction,
  organizationId: string,
  slug: string,
): Promise<{ readonly projectId: string; readonly isFormer: boolean }[]> {
  const { rows } = await tx.query<{ project_id: string; is_former: boolean }>({
    name: "projects.find_slug_owners",
    text: `
      select id as project_id, false as is_former from projects where organization_id = $1 and slug = $2
      union all
      select project_id, true from former_project_slugs where organization_id = $1 and slug = $2`,
    values: [organizationId, slug],
  });
  return rows.map((row) => ({ projectId: row.project_id, isFormer: row.is_former }));
}

/** All slugs that lead somewhere. An organization has few enough projects for it. */
export async function listTakenSlugs(tx: Transaction, organizationId: string): Promise<Set<string>> {
  const { rows } = await tx.query<{ slug: string }>({
    name: "projects.list_taken_slugs",
    text: `
      select slug from projects where organization_id = $1
      union all select slug from former_project_slugs where organization_id = $1`,
    values: [organizationId],
  });
  return new Set(rows.map(({ slug }) => slug));
}

export async function insertProject(
  tx: Transaction,
  project: {
    readonly organizationId: string;
    readonly slug: string;
    readonly name: string;
    readonly platform: string | null;
  },
): Promise<string> {
  const { rows } = await tx.query<{ id: string }>({
    name: "projects.insert",
    text: "insert into projects (organization_id, slug, name, platform) values ($1, $2, $3, $4) returning id",
    values: [project.organizationId, project.slug, project.name, project.platform],
  });
  const made = rows[0];
  if (made === undefined) throw new Error("a project was inserted but not returned");
  return made.id;
}

export async function updateProject(
  tx: Transaction,
  { id, organizationId, name, slug, platform }: Pick<Project, "id" | "organizationId" | "name" | "slug" | "platform">,
): Promise<void> {
  await tx.query({
    name: "projects.update",
    text: "update projects set name = $3, slug = $4, platform = $5 where organization_id = $1 and id = $2",
    values: [organizationId, id, name, slug, platform],
  });
}

/** The slug leads to the project from now on although it is not its own any more. */
export async function keepFormerSlug(
  tx: Transaction,
  { organizationId, id }: Pick<Project, "organizationId" | "id">,
  slug: string,
): Promise<void> {
  await tx.query({
    name: "projects.keep_former_slug",
    text: "insert into former_project_slugs (organization_id, slug, project_id) values ($1, $2, $3)",
    values: [organizationId, slug, id],
  });
}

export async function forgetFormerSlug(tx: Transaction, organizationId: string, slug: string): Promise<void> {
  await tx.query({
    name: "projects.forget_former_slug",
    text: "delete from former_project_slugs where organization_id = $1 and slug = $2",
    values: [organizationId, slug],
  });
}

/** Ends the project, its keys and its settings, and notes that its data is to be removed. Whether it was there. */
export async function removeProject(tx: Transaction, organizationId: string, projectId: string): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: "projects.remove",
    text: `
      with gone as (delete from projects where organization_id = $1 and id = $2 returning id, organization_id, slug)
      insert into removed_projects (project_id, organization_id, slug) select id, organization_id, slug from gone`,
    values: [organizationId, projectId],
  });
  return rowCount === 1;
}

/**
 * Takes one removed project to clear away, one that no other node is at. `skip`: those this round is done with.
 * `isSettled`: removed so long ago that nobody who still believes in it can be storing its events.
 */
export async function takeRemovedProject(
  tx: Transaction,
  { skip, settleSeconds }: { readonly skip: readonly string[]; readonly settleSeconds: number },
): Promise<{ readonly projectId: string; readonly isSettled: boolean } | undefined> {
  const { rows } = await tx.query<{ project_id: string; is_settled: boolean }>({
    name: "projects.take_removed",
    text: `
      select project_id, removed_at <= now() - make_interval(secs => $2) as is_settled
      from removed_projects where cleared_at is null and project_id <> all($1::uuid[])
      order by removed_at limit 1 for update skip locked`,
    values: [skip, settleSeconds],
  });
  return rows[0] && { projectId: rows[0].project_id, isSettled: rows[0].is_settled };
}

/** Its data is gone. That it was removed is known for longer, for events that come late. */
export async function markCleared(tx: Transaction, projectId: string): Promise<void> {
  await tx.query({
    name: "projects.mark_cleared",
    text: "update removed_projects set cleared_at = now() where project_id = $1",
    values: [projectId],
  });
}

export async function forgetRemovedProjects(tx: Transaction, days: number): Promise<void> {
  await tx.query({
    name: "projects.forget_removed",
    text: "delete from removed_projects where cleared_at < now() - make_interval(days => $1)",
    values: [days],
  });
}
