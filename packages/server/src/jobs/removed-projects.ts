/**
 * Clears away the data of projects that are gone, a few thousand rows a transaction. Safe on several nodes at once: each
 * takes another project. A project counts as cleared when nothing of it was found for some time, since batches that were on
 * their way when it ended may still have been stored.
 */
import { deleteEventMinutesOf } from "../alerts/event-minutes.queries.ts";
import { deleteSignalsOf } from "../alerts/signals.queries.ts";
import { COUNT_TABLES, type CountTable, deleteCountsOf } from "../dashboards/rollups.queries.ts";
import type { Transaction } from "../db/transaction.ts";
import { deleteDeliveriesOf } from "../deliveries/delivery-list.queries.ts";
import { deleteEventMovesOf } from "../events/event-moves.ts";
import { deleteEventsOf } from "../events/events.queries.ts";
import { deleteQuarantinedOf } from "../ingest/journal/journal.queries.ts";
import { deleteIssuesOf } from "../issues/issues.queries.ts";
import { forgetRemovedProjects, markCleared, takeRemovedProject } from "../organizations/projects.queries.ts";
import { deleteReleasesOf } from "../releases/releases.queries.ts";
import { ChunkRows } from "./chunk-rows.ts";
import type { InTransaction, LeaseJob } from "./job.ts";

const ROWS_PER_CHUNK = 2_000;

/** Of one run; the next one is soon. */
const CHUNKS_PER_RUN = 20;

/** Longer than a batch takes from reading its project's settings to its commit, which is one minute at most. */
const SETTLE_SECONDS = 600;

/** Longer than a journal waits for its node to come back. */
const REMEMBERED_DAYS = 90;

type DeleteRows = (tx: Transaction, projectId: string, rowsMax: number) => Promise<number>;

/** Every table that has a `project_id` and does not lose its rows with the project itself. */
export const PROJECT_TABLES: Readonly<Record<string, DeleteRows>> = {
  events: deleteEventsOf,
  quarantined_entries: deleteQuarantinedOf,
  ...Object.fromEntries(
    COUNT_TABLES.map((table): [CountTable, DeleteRows] => [
      table,
      (tx, projectId, rowsMax) => deleteCountsOf(tx, table, projectId, rowsMax),
    ]),
  ),
  fingerprint_counts: (tx, projectId, rowsMax) => deleteIssuesOf(tx, "fingerprint_counts", projectId, rowsMax),
  fingerprint_counters: (tx, projectId, rowsMax) => deleteIssuesOf(tx, "fingerprint_counters", projectId, rowsMax),
  merged_issues: (tx, projectId, rowsMax) => deleteIssuesOf(tx, "merged_issues", projectId, rowsMax),
  issue_activity: (tx, projectId, rowsMax) => deleteIssuesOf(tx, "issue_activity", projectId, rowsMax),
  event_moves: deleteEventMovesOf,
  releases: deleteReleasesOf,
  alert_signals: deleteSignalsOf,
  event_minutes: deleteEventMinutesOf,
  deliveries: deleteDeliveriesOf,
  issue_fingerprints: (tx, projectId, rowsMax) => deleteIssuesOf(tx, "issue_fingerprints", projectId, rowsMax),
  issue_counters: (tx, projectId, rowsMax) => deleteIssuesOf(tx, "issue_counters", projectId, rowsMax),
  issues: (tx, projectId, rowsMax) => deleteIssuesOf(tx, "issues", projectId, rowsMax),
};

const EVERY_MS = 5_000;
const RETRY_MS = 60_000;

export const removedProjectsJob: LeaseJob = {
  kind: "lease",
  name: "removed-projects",
  title: "Removed projects",
  about: "Clears away what is left of projects that were deleted.",
  everyMs: EVERY_MS,
  retryMs: RETRY_MS,
  run: async (write) => ({ rows_deleted: await clearRemovedProjects(write) }),
};

export interface ClearOptions {
  readonly rowsPerChunk?: number;
  readonly chunks?: number;
  readonly settleSeconds?: number;
}

/** How many rows it deleted. */
export async function clearRemovedProjects(
  write: InTransaction,
  { rowsPerChunk = ROWS_PER_CHUNK, chunks = CHUNKS_PER_RUN, settleSeconds = SETTLE_SECONDS }: ClearOptions = {},
): Promise<number> {
  await write((tx) => forgetRemovedProjects(tx, REMEMBERED_DAYS));
  const cleared: string[] = [];
  let deleted = 0;
  const rows = new ChunkRows(rowsPerChunk);
  const clearNext = (rowsMax: number) =>
    write(async (tx) => {
      const removed = await takeRemovedProject(tx, { skip: cleared, settleSeconds });
      if (removed === undefined) return true;
      const deletedNow = await clearChunk(tx, removed.projectId, rowsMax);
      deleted += deletedNow;
      if (deletedNow > 0) return false;
      if (removed.isSettled) await markCleared(tx, removed.projectId);
      cleared.push(removed.projectId);
      return false;
    });
  for (let chunk = 0; chunk < chunks; chunk += 1) {
    const isLast = await rows.take(clearNext);
    if (isLast) break;
  }
  return deleted;
}

async function clearChunk(tx: Transaction, projectId: string, rowsMax: number): Promise<number> {
  let deleted = 0;
  for (const deleteRows of Object.values(PROJECT_TABLES)) {
    deleted += await deleteRows(tx, projectId, rowsMax - deleted);
    if (deleted >= rowsMax) break;
  }
  return deleted;
}
