/**
 * Statements on `event_minutes`, which this folder owns: events by the minute, level, environment and release. Written in the
 * transaction that stores the events.
 */
import { deleteChunk, deleteChunkBefore } from "../db/delete-chunk.ts";
import type { Transaction } from "../db/transaction.ts";

export const MINUTE_MS = 60_000;

/** The start of the UTC minute a moment is in. */
export function minuteOf(ms: number): number {
  return Math.floor(ms / MINUTE_MS) * MINUTE_MS;
}

export interface MinuteCount {
  readonly projectId: string;
  readonly minuteMs: number;
  readonly level: string;
  /** Empty: none. */
  readonly environment: string;
  readonly release: string;
  readonly count: number;
}

export async function addEventMinutes(tx: Transaction, counts: readonly MinuteCount[]): Promise<void> {
  await tx.query({
    name: "event_minutes.add",
    text: `
      insert into event_minutes as c (project_id, minute, level, environment, release, count)
      select * from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::bigint[])
      order by 1, 2, 3, 4, 5
      on conflict (project_id, minute, level, environment, release) do update set count = c.count + excluded.count`,
    values: [
      counts.map(({ projectId }) => projectId),
      counts.map(({ minuteMs }) => new Date(minuteMs)),
      counts.map(({ level }) => level),
      counts.map(({ environment }) => environment),
      counts.map(({ release }) => release),
      counts.map(({ count }) => count),
    ],
  });
}

/** Of a project that is gone: up to `rowsMax` rows; how many. */
export function deleteEventMinutesOf(tx: Transaction, projectId: string, rowsMax: number): Promise<number> {
  return deleteChunk(tx, { table: "event_minutes", column: "project_id", value: projectId, rowsMax });
}

/** Of all projects: up to `rowsMax` rows; how many. */
export function deleteEventMinutesBefore(tx: Transaction, before: Date, rowsMax: number): Promise<number> {
  return deleteChunkBefore(tx, { table: "event_minutes", column: "minute", before, rowsMax });
}
