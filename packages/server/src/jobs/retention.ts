/**
 * Removes what is older than people want it kept: whole days where no project keeps them, which frees their disk space at
 * once, and in days that some project keeps, the events of the others, a chunk at a time. Issues and their counts stay.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { RETENTION_JOB, type RetentionResult } from "@mesher/protocol";
import { deleteHoursBefore, HOUR_MS, HOURLY_TABLES } from "../dashboards/rollups.queries.ts";
import type { Database } from "../db/database.ts";
import { PG, sqlState } from "../db/errors.ts";
import type { Transaction } from "../db/transaction.ts";
import { deleteEventsOfDay, findEventBefore } from "../events/events.queries.ts";
import { DAY_MS, dayOf, dropPartition, keptSinceMs, listPartitions, type Partition } from "../events/partitions.ts";
import { condenseJournal, deleteQuarantinedBefore, listForgottenJournals } from "../ingest/journal/journal.queries.ts";
import { deleteFingerprintHoursBefore } from "../issues/issues.queries.ts";
import { listRetentions, type ProjectRetention } from "../organizations/project-settings.queries.ts";
import { ChunkRows } from "./chunk-rows.ts";
import { type InTransaction, JobIncompleteError, type LeaseJob, LeaseLostError, type Run } from "./job.ts";

/** Hourly counts are kept this long, whatever projects keep of events: a year, and the month to compare it with. */
export const COUNTS_DAYS = 400;

/** What is known of a journal is kept as it is for so long after it was last used. */
export const JOURNALS_DAYS = 90;

/** Of one run; the next one goes on. */
const JOURNALS_MAX = 1_000;

/** Where there is no project, nobody has said what may go. */
const RETENTION_DAYS_MAX = 365;

export interface RetentionLimits {
  readonly rowsPerChunk: number;
  /** Between two chunks, so that storing goes on beside it. */
  readonly pauseMs: number;
  /** How long storing may have to wait behind the drop of a day that somebody reads. */
  readonly lockMs: number;
  readonly lockAttempts: number;
}

const LIMITS: RetentionLimits = { rowsPerChunk: 1_000, pauseMs: 50, lockMs: 1_000, lockAttempts: 5 };
const LOCK_PAUSE_MS = 1_000;

/** Faults that a run tells in its error; all are counted. */
const FAULTS_TOLD_MAX = 5;

export interface RetentionDependencies {
  readonly database: Database;
  readonly write: InTransaction;
  readonly onDropped?: (partition: string) => void;
  readonly limits?: RetentionLimits;
}

/**
 * Throws a `JobIncompleteError` when a day, a project or a table could not be done: the others are. Whoever calls it again,
 * at any time and on any node, goes on where it stopped.
 */
export async function removeExpired(
  { database, write, onDropped, limits = LIMITS }: RetentionDependencies,
  { nowMs, signal }: Run,
): Promise<RetentionResult> {
  const removal = new Removal({ write, limits, signal });
  const retentions = await listRetentions(database);
  const keptLongestDays = Math.max(...retentions.map(({ retentionDays }) => retentionDays), 0) || RETENTION_DAYS_MAX;

  for (const partition of await listPartitions(database)) {
    if (partition.dayMs >= keptSinceMs(keptLongestDays, nowMs)) break;
    await removal.attempt(partition.name, async () => {
      await removal.drop(partition);
      onDropped?.(partition.name);
    });
  }
  for (const retention of retentions) {
    const before = new Date(keptSinceMs(retention.retentionDays, nowMs));
    await removal.attempt(`project ${retention.slug}`, () => removal.deleteOf(database, retention, before));
  }
  const countedSince = new Date(Math.floor((nowMs - COUNTS_DAYS * DAY_MS) / HOUR_MS) * HOUR_MS);
  for (const table of HOURLY_TABLES) {
    await removal.attempt(table, () =>
      removal.deleteCounts((tx, rowsMax) => deleteHoursBefore(tx, table, countedSince, rowsMax)),
    );
  }
  await removal.attempt("fingerprint_counts", () =>
    removal.deleteCounts((tx, rowsMax) => deleteFingerprintHoursBefore(tx, countedSince, rowsMax)),
  );
  await removal.attempt("journals", () => removal.condenseJournals(database, new Date(nowMs - JOURNALS_DAYS * DAY_MS)));
  return removal.end();
}

/** What one run has removed so far, and what it could not. */
class Removal {
  readonly #write: InTransaction;
  readonly #limits: RetentionLimits;
  readonly #signal: AbortSignal;
  readonly #dropped: Partition[] = [];
  readonly #faults: { readonly what: string; readonly error: unknown }[] = [];
  #eventsDeleted = 0;
  #bytesReusable = 0;
  #quarantinedDeleted = 0;
  #countsDeleted = 0;
  #journalRowsDeleted = 0;

  constructor({ write, limits, signal }: { write: InTransaction; limits: RetentionLimits; signal: AbortSignal }) {
    this.#write = write;
    this.#limits = limits;
    this.#signal = signal;
  }

  /** Does one part; its fault stops no other part. The end of the whole run does. */
  async attempt(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (this.#signal.aborted || error instanceof LeaseLostError) throw error;
      this.#faults.push({ what, error });
    }
  }

  async drop(partition: Partition): Promise<void> {
    const { lockMs, lockAttempts } = this.#limits;
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#write((tx) => dropPartition(tx, partition.dayMs, lockMs));
        this.#dropped.push(partition);
        return;
      } catch (error) {
        if (sqlState(error) !== PG.lockNotAvailable || attempt >= lockAttempts) throw error;
        await sleep(LOCK_PAUSE_MS, undefined, { signal: this.#signal });
      }
    }
  }

  async deleteOf(database: Database, { projectId }: ProjectRetention, before: Date): Promise<void> {
    for (;;) {
      const oldest = await findEventBefore(database, projectId, before);
      if (oldest === undefined) break;
      await this.#inChunks(async (tx, rowsMax) => {
        const { rows, payloadBytes } = await deleteEventsOfDay(tx, projectId, dayOf(oldest.getTime()), rowsMax);
        return { rows, count: () => this.#countEvents(rows, payloadBytes) };
      });
    }
    await this.#inChunks(async (tx, rowsMax) => {
      const rows = await deleteQuarantinedBefore(tx, projectId, before, rowsMax);
      return { rows, count: () => void (this.#quarantinedDeleted += rows) };
    });
  }

  async deleteCounts(deleteRows: (tx: Transaction, rowsMax: number) => Promise<number>): Promise<void> {
    await this.#inChunks(async (tx, rowsMax) => {
      const rows = await deleteRows(tx, rowsMax);
      return { rows, count: () => void (this.#countsDeleted += rows) };
    });
  }

  async condenseJournals(database: Database, before: Date): Promise<void> {
    for (const journalId of await listForgottenJournals(database, before, JOURNALS_MAX)) {
      this.#signal.throwIfAborted();
      this.#journalRowsDeleted += await this.#write((tx) => condenseJournal(tx, journalId, before));
    }
  }

  end(): RetentionResult {
    const result: RetentionResult = {
      partitions_dropped: this.#dropped.map(({ name }) => name),
      bytes_freed: this.#dropped.reduce((sum, { bytes }) => sum + bytes, 0),
      events_dropped_estimate: this.#dropped.reduce((sum, { rowsEstimate }) => sum + rowsEstimate, 0),
      events_deleted: this.#eventsDeleted,
      bytes_reusable: this.#bytesReusable,
      quarantined_deleted: this.#quarantinedDeleted,
      counts_deleted: this.#countsDeleted,
      journal_rows_deleted: this.#journalRowsDeleted,
    };
    if (this.#faults.length === 0) return result;
    const told = this.#faults.slice(0, FAULTS_TOLD_MAX).map(({ what, error }) => `${what}: ${String(error)}`);
    const message = `Retention could not do ${this.#faults.length} parts of its work: ${told.join("; ")}`;
    throw new JobIncompleteError(message, { ...result }, this.#faults[0]?.error);
  }

  #countEvents(rows: number, payloadBytes: number): void {
    this.#eventsDeleted += rows;
    this.#bytesReusable += payloadBytes;
  }

  /** Counts a chunk when it is committed, and ends after one that was not full. */
  async #inChunks(
    deleteChunk: (tx: Transaction, rowsMax: number) => Promise<{ readonly rows: number; readonly count: () => void }>,
  ): Promise<void> {
    const { rowsPerChunk, pauseMs } = this.#limits;
    const chunk = new ChunkRows(rowsPerChunk);
    for (;;) {
      const { rows, count } = await chunk.take((rowsMax) => this.#write((tx) => deleteChunk(tx, rowsMax)));
      count();
      if (rows < chunk.rows) return;
      await sleep(pauseMs, undefined, { signal: this.#signal });
    }
  }
}

const RETRY_MS = 10 * 60_000;

export function retentionJob(database: Database, told: RetentionTold): LeaseJob {
  return {
    kind: "lease",
    name: RETENTION_JOB,
    title: "Retention",
    about: "Removes events that are older than their project keeps them.",
    everyMs: DAY_MS,
    retryMs: RETRY_MS,
    run: async (write, run) => {
      const result = await removeExpired({ database, write, onDropped: told.onDropped }, run);
      told.onRemoved(result);
      return { ...result };
    },
  };
}

export interface RetentionTold {
  readonly onDropped: (partition: string) => void;
  readonly onRemoved: (result: RetentionResult) => void;
}
