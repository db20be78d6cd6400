/**
 * Lets stored events follow their issue after a merge, an unmerge or a deletion.
 *
 * An issue may have millions of events, so its row changes at once and its events follow in chunks, each a transaction of
 * its own. What is still to be done stands in `event_moves`, written in the transaction that changed the issue, so that any
 * node can go on after a crash. The moves of a project are done one after the other, oldest first: a later one may take
 * further what an earlier one brought.
 */
import type { Database } from "../db/database.ts";
import { deleteChunk } from "../db/delete-chunk.ts";
import { type Transaction, withTransaction } from "../db/transaction.ts";

export interface EventMove {
  readonly projectId: string;
  readonly fromIssueId: string;
  /** `null`: the events are deleted. */
  readonly toIssueId: string | null;
  /** Only the events that this fingerprint led to the issue. */
  readonly fingerprint?: string;
}

/** Events of one chunk. */
const CHUNK_EVENTS = 1_000;

export async function insertEventMoves(tx: Transaction, moves: readonly EventMove[]): Promise<void> {
  if (moves.length === 0) return;
  await tx.query({
    name: "events.insert_moves",
    text: `
      insert into event_moves (project_id, from_issue_id, to_issue_id, fingerprint)
      select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[])`,
    values: [
      moves.map(({ projectId }) => projectId),
      moves.map(({ fromIssueId }) => fromIssueId),
      moves.map(({ toIssueId }) => toIssueId),
      moves.map(({ fingerprint }) => fingerprint ?? null),
    ],
  });
}

/** Projects in which events still have to follow. */
export async function listProjectsWithMoves(database: Database, limit: number): Promise<string[]> {
  const { rows } = await database.query<{ project_id: string }>({
    name: "events.list_projects_with_moves",
    text: "select project_id from event_moves group by project_id order by min(id) limit $1",
    values: [limit],
  });
  return rows.map((row) => row.project_id);
}

/** Moves events of a project, `chunksMax` chunks at most, or until the signal. `true`: all that had to follow have. */
export async function moveEvents(
  database: Database,
  projectId: string,
  { chunksMax, signal }: { readonly chunksMax: number; readonly signal?: AbortSignal | undefined },
): Promise<boolean> {
  for (let chunk = 0; chunk < chunksMax; chunk += 1) {
    signal?.throwIfAborted();
    const isDone = await withTransaction(database, (tx) => moveChunk(tx, projectId));
    if (isDone) return true;
  }
  return false;
}

interface MoveRow {
  id: number;
  from_issue_id: string;
  to_issue_id: string | null;
  fingerprint: string | null;
  done_received_at: string | null;
  done_event_id: string | null;
}

async function moveChunk(tx: Transaction, projectId: string): Promise<boolean> {
  await tx.query({
    name: "events.lock_moves",
    text: "select pg_advisory_xact_lock(hashtextextended('mesher.event-moves/' || $1, 0))",
    values: [projectId],
  });
  const { rows } = await tx.query<MoveRow>({
    name: "events.find_oldest_move",
    // As text: a `Date` has no microseconds.
    text: `
      select id, from_issue_id, to_issue_id, fingerprint, done_received_at::text, done_event_id
      from event_moves where project_id = $1 order by id limit 1`,
    values: [projectId],
  });
  const move = rows[0];
  if (move === undefined) return true;
  const last = await takeChunk(tx, projectId, move);
  if (last === undefined || last.looked_at < CHUNK_EVENTS) {
    await tx.query({
      name: "events.forget_move",
      text: "delete from event_moves where project_id = $1 and id = $2",
      values: [projectId, move.id],
    });
  } else {
    await tx.query({
      name: "events.note_move",
      text: "update event_moves set done_received_at = $3::timestamptz, done_event_id = $4 where project_id = $1 and id = $2",
      values: [projectId, move.id, last.received_at, last.event_id],
    });
  }
  return false;
}

interface LastEvent {
  received_at: string;
  event_id: string;
  /** How many events were looked at; less than a chunk: there are no more. */
  looked_at: number;
}

/** Looks at the next events of the issue, moves those that are meant, and gives the last it looked at. */
async function takeChunk(tx: Transaction, projectId: string, move: MoveRow): Promise<LastEvent | undefined> {
  const isDeletion = move.to_issue_id === null;
  const same = "e.project_id = $1 and e.issue_id = $2 and e.received_at = m.received_at and e.event_id = m.event_id";
  const { rows } = await tx.query<LastEvent>({
    name: isDeletion ? "events.delete_chunk" : "events.move_chunk",
    text: `
      with looked_at as materialized (
        select received_at, event_id, coalesce(placed_by, (grouping ->> 'fingerprint')::uuid) as fingerprint
        from events
        where project_id = $1 and issue_id = $2
          and ($3::timestamptz is null or (received_at, event_id) > ($3::timestamptz, $4::uuid))
        order by received_at, event_id
        limit ${CHUNK_EVENTS}
      ), meant as (
        select received_at, event_id from looked_at where $5::uuid is null or fingerprint = $5::uuid
      ), changed as (
        ${isDeletion ? `delete from events e using meant m where ${same}` : `update events e set issue_id = $6::uuid from meant m where ${same}`}
      )
      select l.received_at::text, l.event_id, count(*) over () as looked_at
      from looked_at l order by l.received_at desc, l.event_id desc limit 1`,
    values: [
      projectId,
      move.from_issue_id,
      move.done_received_at,
      move.done_event_id,
      move.fingerprint,
      ...(isDeletion ? [] : [move.to_issue_id]),
    ],
  });
  return rows[0];
}

/** Of a project that is gone: up to `rowsMax`; how many. */
export function deleteEventMovesOf(tx: Transaction, projectId: string, rowsMax: number): Promise<number> {
  return deleteChunk(tx, { table: "event_moves", column: "project_id", value: projectId, rowsMax });
}
