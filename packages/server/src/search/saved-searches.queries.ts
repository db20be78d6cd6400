/** Statements on `saved_searches`, which this folder owns. */
import type { Queryable } from "../db/database.ts";
import type { Transaction } from "../db/transaction.ts";
import { lockOrganization } from "../organizations/locks.queries.ts";

export interface SavedSearch {
  readonly id: string;
  readonly projectId: string | null;
  /** Whose it is; null: everybody's in the organization. */
  readonly ownerId: string | null;
  readonly name: string;
  readonly query: string;
  readonly sort: string;
  readonly createdAt: Date;
}

interface SavedRow {
  id: string;
  project_id: string | null;
  owner_id: string | null;
  name: string;
  query: string;
  sort: string;
  created_at: Date;
}

const savedOf = (row: SavedRow): SavedSearch => ({
  id: row.id,
  projectId: row.project_id,
  ownerId: row.owner_id,
  name: row.name,
  query: row.query,
  sort: row.sort,
  createdAt: row.created_at,
});

const COLUMNS = "id, project_id, owner_id, name, query, sort, created_at";

/** Searches of one person, and again of all together, in an organization. */
export const SAVED_SEARCHES_MAX = 100;

/** Those of the organization and of one person; for a project, and for any. */
export async function listSavedSearches(
  database: Queryable,
  asker: { readonly organizationId: string; readonly userId: string | undefined },
  projectId: string | undefined,
): Promise<SavedSearch[]> {
  const { rows } = await database.query<SavedRow>({
    name: "saved_searches.list",
    text: `
      select ${COLUMNS} from saved_searches
      where organization_id = $1 and (owner_id is null or owner_id = $2)
        and ($3::uuid is null or project_id is null or project_id = $3)
      order by lower(name), id limit ${2 * SAVED_SEARCHES_MAX}`,
    values: [asker.organizationId, asker.userId ?? null, projectId ?? null],
  });
  return rows.map(savedOf);
}

/** `undefined`: there are as many as there may be. */
export async function insertSavedSearch(
  tx: Transaction,
  organizationId: string,
  search: Omit<SavedSearch, "id" | "createdAt">,
): Promise<SavedSearch | undefined> {
  // Two at once would both find room for the last one.
  await lockOrganization(tx, organizationId);
  const { rows } = await tx.query<SavedRow>({
    name: "saved_searches.insert",
    text: `
      insert into saved_searches (organization_id, project_id, owner_id, name, query, sort)
      select $1, $2, $3, $4, $5, $6
      where $7 > (select count(*) from saved_searches where organization_id = $1 and owner_id is not distinct from $3)
      returning ${COLUMNS}`,
    values: [
      organizationId,
      search.projectId,
      search.ownerId,
      search.name,
      search.query,
      search.sort,
      SAVED_SEARCHES_MAX,
    ],
  });
  return rows[0] && savedOf(rows[0]);
}

/** One's own, or one of the organization; `undefined`: there is no such one. What is absent stays. */
export async function updateSavedSearch(
  database: Queryable,
  asker: { readonly organizationId: string; readonly userId: string | undefined },
  id: string,
  change: Partial<Pick<SavedSearch, "name" | "query" | "sort">>,
): Promise<SavedSearch | undefined> {
  const { rows } = await database.query<SavedRow>({
    name: "saved_searches.update",
    text: `
      update saved_searches set name = coalesce($4, name), query = coalesce($5, query), sort = coalesce($6, sort)
      where organization_id = $1 and id = $2 and (owner_id is null or owner_id = $3)
      returning ${COLUMNS}`,
    values: [
      asker.organizationId,
      id,
      asker.userId ?? null,
      change.name ?? null,
      change.query ?? null,
      change.sort ?? null,
    ],
  });
  return rows[0] && savedOf(rows[0]);
}

/** One's own, or one of the organization, as it was; `undefined`: there was no such one. */
export async function deleteSavedSearch(
  database: Queryable,
  asker: { readonly organizationId: string; readonly userId: string | undefined },
  id: string,
): Promise<SavedSearch | undefined> {
  const { rows } = await database.query<SavedRow>({
    name: "saved_searches.delete",
    text: `
      delete from saved_searches where organization_id = $1 and id = $2 and (owner_id is null or owner_id = $3)
      returning ${COLUMNS}`,
    values: [asker.organizationId, id, asker.userId ?? null],
  });
  return rows[0] && savedOf(rows[0]);
}
