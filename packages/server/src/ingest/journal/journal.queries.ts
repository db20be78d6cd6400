/** Statements on `journals`, `journal_batches` and `quarantined_entries`, which this folder owns. */
import type { Database } from "../../db/database.ts";
import { deleteChunk } from "../../db/delete-chunk.ts";
import type { Transaction } from "../../db/transaction.ts";
import type { SequenceRange } from "./journal.ts";

export interface BatchKey {
  readonly journalId: string;
  readonly firstSequence: number;
  readonly lastSequence: number;
}

/** Another node stores the entries of this journal now. */
export class JournalFencedError extends Error {
  override readonly name = "JournalFencedError";
}

/** A part of the batch is stored already, and another is not. */
export class BatchOverlapError extends Error {
  override readonly name = "BatchOverlapError";
}

/** Held by whoever stores, and by whoever claims alone: unlike the row's lock it lets no new one in while a claim waits. */
const STORING_LOCK = "hashtextextended('mesher.journal/' || $1::uuid, 0)";

/**
 * Makes a node the one that stores the journal's entries, and gives the epoch under which it does. Transactions of whoever
 * did so before are waited for; those that come later are fenced.
 */
export async function claimJournal(database: Database, journalId: string, node: string): Promise<number> {
  const { rows } = await database.query<{ epoch: number }>({
    name: "journal.claim",
    text: `
      insert into journals (id, node)
      select $1::uuid, $2 from (select pg_advisory_xact_lock(${STORING_LOCK})) as turn
      on conflict (id) do update set node = excluded.node, epoch = excluded.epoch, claimed_at = now(), seen_at = now()
      returning epoch`,
    values: [journalId, node],
  });
  const claimed = rows[0];
  if (claimed === undefined) throw new Error(`journal ${journalId} could not be claimed`);
  return claimed.epoch;
}

/** Leaves the journal to whoever has more of it, if nobody has claimed it since. */
export async function releaseJournal(database: Database, journalId: string, epoch: number): Promise<void> {
  await database.query({
    name: "journal.release",
    text: "update journals set node = '' where id = $1 and epoch = $2",
    values: [journalId, epoch],
  });
}

/** Notes that these journals are in use. */
export async function markJournalsSeen(database: Database, journalIds: readonly string[]): Promise<void> {
  await database.query({
    name: "journal.mark_seen",
    text: "update journals set seen_at = now() where id = any($1::uuid[])",
    values: [journalIds],
  });
}

/** Journals that nobody has used since, and of which the database keeps more than it needs. */
export async function listForgottenJournals(database: Database, before: Date, limit: number): Promise<string[]> {
  const { rows } = await database.query<{ id: string }>({
    name: "journal.list_forgotten",
    text: `
      select id from journals j
      where seen_at < $1 and (
        not exists (select from journal_batches b where b.journal_id = j.id)
        or exists (
          select from journal_batches a join journal_batches b
            on b.journal_id = a.journal_id and b.first_sequence = a.last_sequence + 1
          where a.journal_id = j.id))
      order by seen_at limit $2`,
    values: [before, limit],
  });
  return rows.map(({ id }) => id);
}

/**
 * Keeps of a journal that nobody has used since only what tells its owner, should it come back, which entries are stored: claims
 * that follow one another become one, and the journal itself goes when there is no claim. How many rows went.
 */
export async function condenseJournal(tx: Transaction, journalId: string, before: Date): Promise<number> {
  // Whoever stores from it right now holds it: it is in use after all.
  const { rowCount: isForgotten } = await tx.query({
    name: "journal.lock_forgotten",
    text: "select from journals where id = $1 and seen_at < $2 for update skip locked",
    values: [journalId, before],
  });
  if (isForgotten === 0) return 0;
  const joined = await tx.query({
    name: "journal.join_claims",
    text: `
      with claims as (
        select first_sequence, last_sequence, lag(last_sequence) over (order by first_sequence) as before
        from journal_batches where journal_id = $1
      ),
      numbered as (
        select first_sequence, last_sequence,
          count(*) filter (where before is distinct from first_sequence - 1) over (order by first_sequence) as range
        from claims
      ),
      ranges as (
        select min(first_sequence) as first_sequence, max(last_sequence) as last_sequence
        from numbered group by range having count(*) > 1
      ),
      widened as (
        update journal_batches b set last_sequence = r.last_sequence from ranges r
        where b.journal_id = $1 and b.first_sequence = r.first_sequence
      )
      delete from journal_batches b using ranges r
      where b.journal_id = $1 and b.first_sequence > r.first_sequence and b.last_sequence <= r.last_sequence`,
    values: [journalId],
  });
  const removed = await tx.query({
    name: "journal.remove_unclaimed",
    text: `
      delete from journals where id = $1 and not exists (select from journal_batches where journal_id = $1)`,
    values: [journalId],
  });
  return joined.rowCount + removed.rowCount;
}

/** Which node stores the journal's entries; `undefined`: none does. */
export async function findJournalNode(database: Database, journalId: string): Promise<string | undefined> {
  const { rows } = await database.query<{ node: string }>({
    name: "journal.find_node",
    text: "select node from journals where id = $1 and node <> ''",
    values: [journalId],
  });
  return rows[0]?.node;
}

/** Throws a `JournalFencedError` if another node has claimed the journal since; nobody can until this transaction ends. */
export async function holdJournal(tx: Transaction, journalId: string, epoch: number): Promise<void> {
  const { rows } = await tx.query<{ epoch: number }>({
    name: "journal.hold",
    text: `
      select epoch from journals
      where id = $1 and (select pg_advisory_xact_lock_shared(${STORING_LOCK})) is not null
      for share`,
    values: [journalId],
  });
  if (rows[0]?.epoch !== epoch) throw new JournalFencedError(`journal ${journalId} was claimed by another node`);
}

/**
 * Takes the right to store a batch of a journal that is held. `false`: it, or a batch it was a piece of, is stored already.
 * Another transaction that is storing the same batch right now is waited for. Throws a `BatchOverlapError`.
 */
export async function claimBatch(tx: Transaction, batch: BatchKey): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: "journal.claim_batch",
    text: `
      insert into journal_batches (journal_id, first_sequence, last_sequence)
      select $1, $2, $3
      where not exists (
        select from journal_batches where journal_id = $1 and first_sequence <= $3 and last_sequence >= $2
      )
      on conflict (journal_id, first_sequence) do nothing`,
    values: [batch.journalId, batch.firstSequence, batch.lastSequence],
  });
  if (rowCount === 1) return true;
  const { rows } = await tx.query<{ contained: boolean }>({
    name: "journal.is_batch_contained",
    text: `
      select bool_or(first_sequence <= $2 and last_sequence >= $3) as contained
      from journal_batches where journal_id = $1 and first_sequence <= $3 and last_sequence >= $2`,
    values: [batch.journalId, batch.firstSequence, batch.lastSequence],
  });
  if (rows[0]?.contained !== true) throw new BatchOverlapError(`a part of batch ${batch.firstSequence} is stored`);
  return false;
}

/** Forgets what the journal has deleted from its own disk. */
export async function forgetBatches(tx: Transaction, journalId: string, doneThrough: number): Promise<void> {
  await tx.query({
    name: "journal.forget_batches",
    text: "delete from journal_batches where journal_id = $1 and last_sequence <= $2",
    values: [journalId, doneThrough],
  });
}

export async function listStoredRanges(database: Database, journalId: string): Promise<SequenceRange[]> {
  const { rows } = await database.query<{ first_sequence: number; last_sequence: number }>({
    name: "journal.list_stored_ranges",
    text: "select first_sequence, last_sequence from journal_batches where journal_id = $1",
    values: [journalId],
  });
  return rows.map((row) => ({ first: row.first_sequence, last: row.last_sequence }));
}

export interface QuarantinedEntry {
  readonly projectId: string;
  readonly journalId: string;
  readonly sequence: number;
  readonly receivedAt: Date;
  readonly reason: string;
  readonly record: Uint8Array;
}

export async function insertQuarantinedEntry(tx: Transaction, entry: QuarantinedEntry): Promise<void> {
  await tx.query({
    name: "journal.insert_quarantined_entry",
    text: `
      insert into quarantined_entries (project_id, journal_id, sequence, received_at, reason, record)
      values ($1, $2, $3, $4, $5, $6)
      on conflict (journal_id, sequence) do nothing`,
    values: [entry.projectId, entry.journalId, entry.sequence, entry.receivedAt, entry.reason, entry.record],
  });
}

/** What a list of quarantined entries shows at most. */
const QUARANTINED_MAX = 100;

export async function listQuarantined(
  database: Database,
  projectId: string,
): Promise<{ id: string; receivedAt: Date; quarantinedAt: Date; reason: string; bytes: number }[]> {
  const { rows } = await database.query<{
    id: string;
    received_at: Date;
    quarantined_at: Date;
    reason: string;
    bytes: number;
  }>({
    name: "journal.list_quarantined",
    text: `
      select id, received_at, quarantined_at, reason, length(record) as bytes
      from quarantined_entries where project_id = $1
      order by quarantined_at desc limit $2`,
    values: [projectId, QUARANTINED_MAX],
  });
  return rows.map((row) => ({
    id: row.id,
    receivedAt: row.received_at,
    quarantinedAt: row.quarantined_at,
    reason: row.reason,
    bytes: row.bytes,
  }));
}

/** Oldest first. */
export async function listOldestQuarantined(database: Database, projectId: string, limit: number): Promise<string[]> {
  const { rows } = await database.query<{ id: string }>({
    name: "journal.list_oldest_quarantined",
    text: "select id from quarantined_entries where project_id = $1 order by quarantined_at limit $2",
    values: [projectId, limit],
  });
  return rows.map(({ id }) => id);
}

/** Its record; nobody else gets it until this transaction ends. `undefined`: somebody else has it, or removed it. */
export async function holdQuarantinedEntry(tx: Transaction, id: string): Promise<Buffer | undefined> {
  const { rows } = await tx.query<{ record: Buffer }>({
    name: "journal.hold_quarantined_entry",
    text: "select record from quarantined_entries where id = $1 for update skip locked",
    values: [id],
  });
  return rows[0]?.record;
}

export async function removeQuarantinedEntry(tx: Transaction, id: string): Promise<void> {
  await tx.query({
    name: "journal.remove_quarantined_entry",
    text: "delete from quarantined_entries where id = $1",
    values: [id],
  });
}

/** Up to `rowsMax` entries of a project that is gone; how many. */
export function deleteQuarantinedOf(tx: Transaction, projectId: string, rowsMax: number): Promise<number> {
  return deleteChunk(tx, { table: "quarantined_entries", column: "project_id", value: projectId, rowsMax });
}

/** Up to `rowsMax` entries of a project that were received before a moment; how many. */
export async function deleteQuarantinedBefore(
  tx: Transaction,
  projectId: string,
  before: Date,
  rowsMax: number,
): Promise<number> {
  const { rowCount } = await tx.query({
    name: "journal.delete_quarantined_before",
    text: `
      delete from quarantined_entries where id = any(array(
        select id from quarantined_entries where project_id = $1 and received_at < $2 limit $3))`,
    values: [projectId, before, rowsMax],
  });
  return rowCount;
}
