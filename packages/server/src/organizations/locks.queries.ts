/** Changes that count before they add follow one another, so that what was counted still holds when it is written. */
import type { Transaction } from "../db/transaction.ts";

/** Until the transaction ends, others that ask for it wait. On all nodes. */
export async function lockOrganization(tx: Transaction, id: string): Promise<void> {
  await tx.query({
    name: "organizations.lock",
    text: "select from organizations where id = $1 for no key update",
    values: [id],
  });
}

/** As `lockOrganization`, for what belongs to one project. */
export async function lockProject(tx: Transaction, id: string): Promise<void> {
  await tx.query({
    name: "projects.lock",
    text: "select from projects where id = $1 for no key update",
    values: [id],
  });
}
