/**
 * A worker thread: digests batches of journal records and stores them, with a pool of its own.
 * While one batch waits for the database, the next is digested.
 */
import { constants, setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import type { OutcomeCount } from "../../dashboards/rollups.queries.ts";
import { openDatabase } from "../../db/database.ts";
import { dayOf, ensurePartitions } from "../../events/partitions.ts";
import { listShortIds } from "../../issues/issues.queries.ts";
import { freeBytes } from "../../runtime/free-bytes.ts";
import { Turns } from "../../runtime/turns.ts";
import type { JournalEntry } from "../journal/entry.ts";
import { decodeRecord, recordBytes } from "../journal/record.ts";
import type { DigestedEvent } from "../store/digested-event.ts";
import { storeBatch } from "../store/store.ts";
import { digestEntries, groupsOf } from "./digest.ts";
import { BatchTooLargeError, faultOf } from "./fault.ts";
import { RuleBook } from "./project-rules.ts";
import { gapsOf, issuesToName, type Telling, tellStored, type WatchedStore, watchedOf } from "./tell.ts";
import { BATCHES_PER_WORKER, type BatchMessage, type WorkerData, type WorkerMessage } from "./worker-messages.ts";

/**
 * Digesting lets the answers of the database in this often, after the group at hand. A batch that is being stored waits so long for each of some
 * twenty answers and for each part of its COPY.
 */
const TURN_MS = 2;

/**
 * A batch that takes longer to digest comes back, to be tried in smaller ones: a compressed entry of 71 bytes may be half a second's
 * work, and the batch behind it waits. One entry may take as long as it takes; somebody watches over that.
 */
const DIGEST_MS_MAX = 10_000;

/** Digested events of a batch are in memory together, and are one transaction. An entry of bulk holds a hundred. */
const BATCH_EVENTS_MAX = 2_000;

if (parentPort === null) throw new Error("worker.ts runs on a worker thread");
// Accepting goes before digesting: what is accepted can wait. On Linux this is the thread's own priority (setpriority(2),
// "C library/kernel differences"), elsewhere it would be that of the whole process.
if (process.platform === "linux") setPriority(0, constants.priority.PRIORITY_BELOW_NORMAL);
const port = parentPort;
const { databaseUrl, progress } = workerData as WorkerData;
const current = new Float64Array(progress);
// Lost connections show in the failed batch, which the main thread logs.
const database = openDatabase({
  url: databaseUrl,
  poolSize: BATCHES_PER_WORKER,
  applicationName: "mesher digest",
  log: () => {},
});

const ruleBook = new RuleBook(database);

port.on("message", (batch: BatchMessage) => {
  work(batch)
    .then(tell, (error: unknown) => {
      // What is believed of the database may be wrong after any failure.
      partitionedDays.clear();
      tell({
        kind: "failed",
        ticket: batch.ticket,
        fault: faultOf(error),
        error: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
      });
    })
    // By then old: it would stay until the next full collection.
    .finally(() => freeBytes(batch.bytes));
});
tell({ kind: "ready" });

function tell(message: WorkerMessage): void {
  port.postMessage(message);
}

/** One batch is digested after the other: side by side they would be ready at the same time, and the thread idle while both are stored. */
const turns = new Turns();

async function work(batch: BatchMessage): Promise<WorkerMessage> {
  const { events, outcomes } = await turns.take(() => digestBatch(batch));
  tell({ kind: "digested", ticket: batch.ticket });
  await ensurePartitionsOf(events);
  const result = await storeBatch(database, { ...batch, events, outcomes });
  const tellings = result.isReplay
    ? gapsOf(events, batch.watched)
    : await Promise.all(watchedOf(result.stored, batch.watched).map(tellingOf));
  if (tellings.length > 0) tell({ kind: "told", tellings });
  return {
    kind: "stored",
    ticket: batch.ticket,
    stored: result.stored.length,
    outcomes: result.outcomes.map(({ outcome, category, count }) => ({ outcome, category, count })),
    newIssues: result.stored.filter(({ occasion }) => occasion === "new_issue").length,
    regressions: result.stored.filter(({ occasion }) => occasion === "regression").length,
    signals: result.signals,
  };
}

async function tellingOf(store: WatchedStore): Promise<Telling> {
  const issueIds = issuesToName(store);
  if (issueIds.length === 0) return tellStored(store, new Map(), Date.now());
  // What is stored stays stored, whether or not it can be told in full.
  const shortIds = await listShortIds(database, store.projectId, issueIds).catch(() => undefined);
  return tellStored(store, shortIds, Date.now());
}

/** Days that have a partition. A journal that waited for days brings events of days that nobody made one for. */
const partitionedDays = new Set<number>();

async function ensurePartitionsOf(events: readonly DigestedEvent[]): Promise<void> {
  const days = new Set(events.map(({ receivedAtMs }) => dayOf(receivedAtMs)));
  const unknown = [...days].filter((day) => !partitionedDays.has(day));
  if (unknown.length === 0) return;
  await ensurePartitions(database, unknown);
  for (const day of unknown) partitionedDays.add(day);
}

async function digestBatch(batch: BatchMessage): Promise<{ events: DigestedEvent[]; outcomes: OutcomeCount[] }> {
  const records = Buffer.from(batch.bytes.buffer, batch.bytes.byteOffset, batch.bytes.byteLength);
  const entries: JournalEntry[] = [];
  for (let offset = 0; offset < records.length; offset += recordBytes(records, offset)) {
    entries.push(decodeRecord(records, offset));
  }
  const eventCount = entries.reduce((sum, entry) => sum + entry.events.length, 0);
  if (entries.length > 1 && eventCount > BATCH_EVENTS_MAX)
    throw new BatchTooLargeError(`${entries.length} entries hold ${eventCount} events`);
  const rules = await ruleBook.rulesOf([...new Set(entries.map(({ projectId }) => projectId))]);

  const events: DigestedEvent[] = [];
  const outcomes: OutcomeCount[] = [];
  let turnEndsAt = performance.now() + TURN_MS;
  const overdueAt = performance.now() + DIGEST_MS_MAX;
  try {
    for (const { place, entries: group } of groupsOf(entries)) {
      if (place > 0 && performance.now() > overdueAt)
        throw new BatchTooLargeError(`${place} of ${entries.length} entries were digested in time`);
      current[0] = batch.ticket;
      const digest = digestEntries(group, {
        rulesOf: (projectId) => rules.get(projectId),
        onEntry: (at) => {
          current[1] = batch.firstSequence + place + at;
        },
      });
      events.push(...digest.events);
      outcomes.push(...digest.outcomes);
      if (performance.now() > turnEndsAt) {
        current[0] = 0;
        await new Promise((resolve) => setImmediate(resolve));
        turnEndsAt = performance.now() + TURN_MS;
      }
    }
  } finally {
    // Also after a failure: an entry that stood here for long would pass for one that keeps the thread busy.
    current[0] = 0;
  }
  return { events, outcomes };
}
