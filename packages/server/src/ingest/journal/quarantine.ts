/** Puts an entry aside that cannot be digested, with its claim and its outcomes, so that the account still balances. */
import { addOutcomeCounts, hourOf } from "../../dashboards/rollups.queries.ts";
import type { Database } from "../../db/database.ts";
import { withTransaction } from "../../db/transaction.ts";
import { claimBatch, insertQuarantinedEntry } from "./journal.queries.ts";
import { decodeRecord } from "./record.ts";

export async function quarantineEntry(
  database: Database,
  journalId: string,
  {
    firstSequence,
    record,
    reason,
  }: { readonly firstSequence: number; readonly record: Buffer; readonly reason: string },
): Promise<void> {
  const entry = decodeRecord(record, 0);
  await withTransaction(database, async (tx) => {
    if (!(await claimBatch(tx, { journalId, firstSequence, lastSequence: firstSequence }))) return;
    await insertQuarantinedEntry(tx, {
      projectId: entry.projectId,
      journalId,
      sequence: firstSequence,
      receivedAt: new Date(entry.receivedAtMs),
      reason: reason.slice(0, REASON_LENGTH_MAX),
      record,
    });
    await addOutcomeCounts(tx, [
      {
        projectId: entry.projectId,
        hourMs: hourOf(entry.receivedAtMs),
        outcome: "quarantined",
        category: "error",
        reason: "",
        count: entry.events.length,
      },
    ]);
  });
}

const REASON_LENGTH_MAX = 1_000;
