/** Statements on organizations, projects, keys and tokens, which this folder owns. */
import type { Database } from "../db/database.ts";
import type { Transaction } from "../db/transaction.ts";
import { compileAllowedDomains } from "./allowed-domains.ts";
import type { ProjectKey } from "./project-key.ts";

export interface Project {
  readonly id: string;
  readonly organizationId: string;
  readonly slug: string;
  /** The numeric id that SDKs carry in a DSN. */
  readonly number: number;
  readonly name: string;
  readonly platform: string | null;
  /** The public key that its DSN shows: the oldest that is active. */
  readonly publicKey: string | null;
}

export interface ProjectRow {
  id: string;
  organization_id: string;
  slug: string;
  number: number;
  name: string;
  platform: string | null;
  public_key: string | null;
}

export const projectOf = (row: ProjectRow): Project => ({
  id: row.id,
  organizationId: row.organization_id,
  slug: row.slug,
  number: row.number,
  name: row.name,
  platform: row.platform,
  publicKey: row.public_key,
});

/** Of `projects p`. */
export const PROJECT_COLUMNS = `
  p.id, p.organization_id, p.slug, p.number, p.name, p.platform,
  (select k.public_key from project_keys k where k.project_id = p.id and k.revoked_at is null order by k.created_at, k.public_key limit 1)
    as public_key`;

export async function listProjects(database: Database, organizationId: string): Promise<Project[]> {
  const { rows } = await database.query<ProjectRow>({
    name: "projects.list",
    text: `select ${PROJECT_COLUMNS} from projects p where p.organization_id = $1 order by p.number`,
    values: [organizationId],
  });
  return rows.map(projectOf);
}

export interface NewProject {
  readonly organizationId: string;
  readonly slug: string;
  readonly name: string;
  readonly publicKey: string;
}

/** Makes organization and project, or finds them: several nodes may start at once. */
export async function ensureOrganization(tx: Transaction, slug: string, name: string): Promise<{ id: string }> {
  await tx.query({
    text: "insert into organizations (slug, name) values ($1, $2) on conflict (slug) do nothing",
    values: [slug, name],
  });
  const { rows } = await tx.query<{ id: string }>({
    text: "select id from organizations where slug = $1",
    values: [slug],
  });
  const organization = rows[0];
  if (organization === undefined) throw new Error(`organization ${slug} was removed while it was made`);
  return organization;
}

/** Whether it was made; `false` when a project of this slug exists. */
export async function createProject(tx: Transaction, project: NewProject): Promise<boolean> {
  const { rows } = await tx.query<{ id: string }>({
    name: "projects.create",
    text: "insert into projects (organization_id, slug, name) values ($1, $2, $3) on conflict (organization_id, slug) do nothing returning id",
    values: [project.organizationId, project.slug, project.name],
  });
  const created = rows[0];
  if (created === undefined) return false;
  await tx.query({
    name: "project_keys.create",
    text: "insert into project_keys (public_key, project_id) values ($1, $2)",
    values: [project.publicKey, created.id],
  });
  return true;
}

interface KeyRow {
  public_key: string;
  project_id: string;
  number: number;
  organization_id: string;
  sample_rate: number;
  rate_limit_events: number | null;
  allowed_domains: string[];
}

const keyOf = (row: KeyRow): ProjectKey => ({
  publicKey: row.public_key,
  projectId: row.project_id,
  projectNumber: row.number,
  organizationId: row.organization_id,
  sampleRate: row.sample_rate,
  ...(row.rate_limit_events === null ? {} : { rateLimitEvents: row.rate_limit_events }),
  allowsPage: compileAllowedDomains(row.allowed_domains),
});

const SELECT_KEY = `
  select k.public_key, k.project_id, p.number, p.organization_id, p.sample_rate,
    coalesce(k.rate_limit_events, p.rate_limit_events) as rate_limit_events, p.allowed_domains
  from project_keys k join projects p on p.id = k.project_id
  where k.revoked_at is null`;

export async function listActiveKeys(database: Database, limit: number): Promise<ProjectKey[]> {
  const { rows } = await database.query<KeyRow>({
    name: "project_keys.list_active",
    text: `${SELECT_KEY} limit $1`,
    values: [limit],
  });
  return rows.map(keyOf);
}

export async function listActiveKeysOf(database: Database, projectId: string, limit: number): Promise<ProjectKey[]> {
  const { rows } = await database.query<KeyRow>({
    name: "project_keys.list_active_of_project",
    text: `${SELECT_KEY} and k.project_id = $1 limit $2`,
    values: [projectId, limit],
  });
  return rows.map(keyOf);
}

export async function findActiveKey(database: Database, publicKey: string): Promise<ProjectKey | undefined> {
  const { rows } = await database.query<KeyRow>({
    name: "project_keys.find_active",
    text: `${SELECT_KEY} and k.public_key = $1`,
    values: [publicKey],
  });
  return rows[0] && keyOf(rows[0]);
}
