/** The quarantine: entries that could not be digested are kept aside, and can be tried again when the cause is mended. */
import { addOutcomeCounts, hourOf, type OutcomeCount } from "../../dashboards/rollups.queries.ts";
import type { Database } from "../../db/database.ts";
import { type Transaction, withTransaction } from "../../db/transaction.ts";
import { cleanText } from "../normalize/text.ts";
import type { EntrySink, JournalEntry } from "./entry.ts";
import {
  claimBatch,
  holdJournal,
  holdQuarantinedEntry,
  insertQuarantinedEntry,
  listOldestQuarantined,
  removeQuarantinedEntry,
} from "./journal.queries.ts";
import { decodeRecord } from "./record.ts";

/**
 * Puts an entry aside with its claim and its outcomes, so that the account still balances. How many events it has: 0 if they
 * ended otherwise before.
 */
export async function quarantineEntry(
  database: Database,
  { id: journalId, epoch }: { readonly id: string; readonly epoch: number },
  {
    firstSequence,
    record,
    reason,
  }: { readonly firstSequence: number; readonly record: Buffer; readonly reason: string },
): Promise<number> {
  const entry = decodeRecord(record, 0);
  return withTransaction(database, async (tx) => {
    await holdJournal(tx, journalId, epoch);
    if (!(await claimBatch(tx, { journalId, firstSequence, lastSequence: firstSequence }))) return 0;
    await insertQuarantinedEntry(tx, {
      projectId: entry.projectId,
      journalId,
      sequence: firstSequence,
      receivedAt: new Date(entry.receivedAtMs),
      // What failed may quote what PostgreSQL takes for no text.
      reason: cleanText(reason.slice(0, REASON_LENGTH_MAX)),
      record,
    });
    await addOutcomeCounts(tx, [quarantinedCount(entry, entry.events.length)]);
    return entry.events.length;
  });
}

/**
 * Sends a project's oldest quarantined entries on their way again, at most `limit`. Returns how many.
 * Each is in the journal before it leaves the quarantine: a crash in between makes it go twice, and its ids once.
 */
export async function retryQuarantined(
  database: Database,
  journal: EntrySink,
  { projectId, limit }: { readonly projectId: string; readonly limit: number },
): Promise<number> {
  let retried = 0;
  for (const id of await listOldestQuarantined(database, projectId, limit))
    if (await withTransaction(database, (tx) => retryEntry(tx, journal, id))) retried += 1;
  return retried;
}

/** `false`: somebody else does, or has done. */
async function retryEntry(tx: Transaction, journal: EntrySink, id: string): Promise<boolean> {
  const record = await holdQuarantinedEntry(tx, id);
  if (record === undefined) return false;
  const entry = decodeRecord(record, 0);
  await journal.append(entry);
  await removeQuarantinedEntry(tx, id);
  await addOutcomeCounts(tx, [quarantinedCount(entry, -entry.events.length)]);
  return true;
}

function quarantinedCount(entry: JournalEntry, count: number): OutcomeCount {
  return {
    projectId: entry.projectId,
    hourMs: hourOf(entry.receivedAtMs),
    outcome: "quarantined",
    category: "error",
    reason: "",
    count,
  };
}

const REASON_LENGTH_MAX = 1_000;
