/** Statements on the keys of projects as people see them. Always within an organization. */
import type { Database, Queryable } from "../db/database.ts";
import type { Transaction } from "../db/transaction.ts";
import { lockProject } from "./locks.queries.ts";

export interface ListedKey {
  readonly id: string;
  readonly projectId: string;
  readonly projectNumber: number;
  readonly publicKey: string;
  readonly label: string;
  readonly rateLimitEvents: number | null;
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
}

interface ListedKeyRow {
  id: string;
  project_id: string;
  number: number;
  public_key: string;
  label: string;
  rate_limit_events: number | null;
  created_at: Date;
  revoked_at: Date | null;
}

const keyOf = (row: ListedKeyRow): ListedKey => ({
  id: row.id,
  projectId: row.project_id,
  projectNumber: row.number,
  publicKey: row.public_key,
  label: row.label,
  rateLimitEvents: row.rate_limit_events,
  createdAt: row.created_at,
  revokedAt: row.revoked_at,
});

const COLUMNS = "k.id, k.project_id, p.number, k.public_key, k.label, k.rate_limit_events, k.created_at, k.revoked_at";

/** The oldest first, revoked ones too. */
export async function listProjectKeys(
  database: Database,
  { organizationId, projectId, limit }: { organizationId: string; projectId: string; limit: number },
): Promise<ListedKey[]> {
  const { rows } = await database.query<ListedKeyRow>({
    name: "project_keys.list",
    text: `
      select ${COLUMNS} from project_keys k join projects p on p.id = k.project_id
      where p.organization_id = $1 and k.project_id = $2
      order by k.created_at, k.public_key
      limit $3`,
    values: [organizationId, projectId, limit],
  });
  return rows.map(keyOf);
}

export async function findProjectKey(
  database: Queryable,
  organizationId: string,
  keyId: string,
  { lock = false } = {},
): Promise<ListedKey | undefined> {
  const { rows } = await database.query<ListedKeyRow>({
    name: lock ? "project_keys.lock" : "project_keys.find",
    text: `
      select ${COLUMNS} from project_keys k join projects p on p.id = k.project_id
      where p.organization_id = $1 and k.id = $2 ${lock ? "for no key update of k" : ""}`,
    values: [organizationId, keyId],
  });
  return rows[0] && keyOf(rows[0]);
}

/** Keys of a project, revoked ones too. Keeps it from getting another meanwhile. */
export async function countProjectKeys(tx: Transaction, projectId: string): Promise<number> {
  await lockProject(tx, projectId);
  const { rows } = await tx.query<{ count: number }>({
    name: "project_keys.count",
    text: "select count(*) as count from project_keys where project_id = $1",
    values: [projectId],
  });
  return rows[0]?.count ?? 0;
}

export async function addProjectKey(
  tx: Transaction,
  key: Pick<ListedKey, "projectId" | "publicKey" | "label" | "rateLimitEvents">,
): Promise<string> {
  const { rows } = await tx.query<{ id: string }>({
    name: "project_keys.add",
    text: "insert into project_keys (project_id, public_key, label, rate_limit_events) values ($1, $2, $3, $4) returning id",
    values: [key.projectId, key.publicKey, key.label, key.rateLimitEvents],
  });
  const made = rows[0];
  if (made === undefined) throw new Error("a project key was inserted but not returned");
  return made.id;
}

export async function updateProjectKey(
  tx: Transaction,
  { id, projectId, label, rateLimitEvents }: Pick<ListedKey, "id" | "projectId" | "label" | "rateLimitEvents">,
): Promise<void> {
  await tx.query({
    name: "project_keys.update",
    text: "update project_keys set label = $3, rate_limit_events = $4 where project_id = $1 and id = $2",
    values: [projectId, id, label, rateLimitEvents],
  });
}

/** How many keys were revoked by it: 0 when it was revoked before. */
export async function revokeProjectKey(
  tx: Transaction,
  { id, projectId }: Pick<ListedKey, "id" | "projectId">,
): Promise<number> {
  const { rowCount } = await tx.query({
    name: "project_keys.revoke",
    text: "update project_keys set revoked_at = now() where project_id = $1 and id = $2 and revoked_at is null",
    values: [projectId, id],
  });
  return rowCount;
}
