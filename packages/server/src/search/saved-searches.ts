/** Saving, changing and deleting searches. What everybody sees has its line in the audit log; a person's own is theirs alone. */
import type { Database } from "../db/database.ts";
import { type Transaction, withTransaction } from "../db/transaction.ts";
import type { Actor } from "../organizations/access.ts";
import { recordAudit } from "../organizations/audit.queries.ts";
import { deleteSavedSearch, insertSavedSearch, type SavedSearch, updateSavedSearch } from "./saved-searches.queries.ts";

/** `undefined`: there are as many as there may be. */
export function saveSearch(
  database: Database,
  actor: Actor,
  search: Omit<SavedSearch, "id" | "createdAt">,
): Promise<SavedSearch | undefined> {
  return withTransaction(database, async (tx) => {
    const saved = await insertSavedSearch(tx, actor.organizationId, search);
    if (saved !== undefined) await auditShared(tx, actor, "shared", saved);
    return saved;
  });
}

/** `undefined`: there is no such one. What is absent stays. */
export function changeSavedSearch(
  database: Database,
  actor: Actor,
  id: string,
  change: Partial<Pick<SavedSearch, "name" | "query" | "sort">>,
): Promise<SavedSearch | undefined> {
  return withTransaction(database, async (tx) => {
    const changed = await updateSavedSearch(tx, askerOf(actor), id, change);
    if (changed !== undefined) await auditShared(tx, actor, "changed", changed);
    return changed;
  });
}

/** Whether there was such a one. */
export function removeSavedSearch(database: Database, actor: Actor, id: string): Promise<boolean> {
  return withTransaction(database, async (tx) => {
    const removed = await deleteSavedSearch(tx, askerOf(actor), id);
    if (removed !== undefined) await auditShared(tx, actor, "deleted", removed);
    return removed !== undefined;
  });
}

export function askerOf({ organizationId, userId }: Actor) {
  return { organizationId, userId };
}

async function auditShared(
  tx: Transaction,
  actor: Actor,
  what: "shared" | "changed" | "deleted",
  { id, ownerId, name, query }: SavedSearch,
): Promise<void> {
  if (ownerId !== null) return;
  const { organizationId } = actor;
  const target = { kind: "saved_search", id };
  await recordAudit(tx, { organizationId, actor, action: `saved_search.${what}`, target, details: { name, query } });
}
