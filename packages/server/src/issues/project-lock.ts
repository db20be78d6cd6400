/**
 * Keeps storing and the moving of issues apart, project by project.
 *
 * Storing first looks up the issue of an event and counts the event into it at the end. In between the issue must not be
 * deleted, merged or taken apart: the event would go to an issue that is gone, or be counted in the wrong one. So storing
 * holds the lock together with all other storing, and what moves issues holds it alone. It ends with the transaction.
 */
import type { Transaction } from "../db/transaction.ts";

const KEYS = "select hashtextextended('mesher.issues/' || id, 0) as key from unnest($1::text[]) as t (id) order by 1";

/** Waits for a deletion or merge under way in one of the projects; any number of transactions may store at once. */
export async function lockProjectsForStoring(tx: Transaction, projectIds: readonly string[]): Promise<void> {
  await tx.query({
    name: "issues.lock_for_storing",
    text: `select pg_advisory_xact_lock_shared(key) from (${KEYS}) as k`,
    values: [projectIds],
  });
}

/** Waits for all batches of these projects that are being stored, and lets in no other until the transaction ends. */
export async function lockProjectsForMoving(tx: Transaction, projectIds: readonly string[]): Promise<void> {
  await tx.query({
    name: "issues.lock_for_moving",
    text: `select pg_advisory_xact_lock(key) from (${KEYS}) as k`,
    values: [projectIds],
  });
}
