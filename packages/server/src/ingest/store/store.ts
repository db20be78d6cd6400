/**
 * Stores one batch of digested events: all of it or nothing, and never twice.
 *
 * Claiming the batch, the events, their issues, the counts and the outcomes are one transaction, so a crash at any moment
 * leaves either everything or nothing of it, and a replay finds the claim.
 */
import type { Occasion } from "@mesher/protocol";
import { insertSignals } from "../../alerts/signals.queries.ts";
import { addOutcomeCounts, hourOf, type OutcomeCount } from "../../dashboards/rollups.queries.ts";
import type { Database } from "../../db/database.ts";
import { PG, sqlState } from "../../db/errors.ts";
import { type Transaction, withTransaction } from "../../db/transaction.ts";
import { type EventKey, findStoredEvents, insertEvents } from "../../events/events.queries.ts";
import {
  countIntoFingerprintHours,
  countIntoFingerprints,
  countIntoIssues,
  type IssueCount,
  setUserCounts,
} from "../../issues/issues.queries.ts";
import { lockProjectsForStoring } from "../../issues/project-lock.ts";
import { type Awakening, wakeIssues } from "../../issues/wake-issues.ts";
import { seeReleases } from "../../releases/releases.queries.ts";
import { type BatchKey, claimBatch, forgetBatches, holdJournal } from "../journal/journal.queries.ts";
import { countBy } from "./count-by.ts";
import type { DigestedEvent } from "./digested-event.ts";
import { type PlacedEvent, type Placement, placeIntoIssues } from "./place-into-issues.ts";
import { rollUp } from "./roll-up.ts";
import { signalsOf } from "./signals-of.ts";
import { seenReleasesOf, sumEvents } from "./sum-events.ts";

export interface DigestedBatch extends BatchKey {
  readonly events: readonly DigestedEvent[];
  /** Outcomes of what did not become an event. */
  readonly outcomes: readonly OutcomeCount[];
  /** Under which the journal's entries may be stored. */
  readonly epoch: number;
  /** What the journal has removed from its disk; the claims up to here can be forgotten. */
  readonly doneThrough: number;
}

/** What became of an event that was stored. */
export interface StoredChange {
  readonly event: DigestedEvent;
  readonly issueId: string;
  readonly occasion: Occasion;
  /** Events of the issue, with all of this batch. */
  readonly issueEventCount: number;
}

export interface StoreResult {
  /** In the order of the batch. Empty when the batch was stored before. */
  readonly stored: readonly StoredChange[];
  /** It was stored before, by whom and with what being told of it is not known here. */
  readonly isReplay: boolean;
  /** Of all events of the batch. Empty when it was stored before. */
  readonly outcomes: readonly OutcomeCount[];
  /** What alert rules wait for, written down with the events. */
  readonly signals: number;
}

/** How often a batch is tried again because somebody else stored one of its events at the same moment. */
const DUPLICATE_RACES_MAX = 5;

/** How far ahead the clock of another node may be that stored an event just before midnight. */
const CLOCK_SKEW_MS_MAX = 60 * 60_000;

export async function storeBatch(database: Database, batch: DigestedBatch): Promise<StoreResult> {
  for (let race = 0; ; race += 1) {
    try {
      return await withTransaction(database, (tx) => storeInTransaction(tx, batch));
    } catch (error) {
      // Another node stored one of our events between our look and our insert. The next look finds it.
      if (sqlState(error) !== PG.uniqueViolation || race >= DUPLICATE_RACES_MAX) throw error;
    }
  }
}

async function storeInTransaction(tx: Transaction, batch: DigestedBatch): Promise<StoreResult> {
  await holdJournal(tx, batch.journalId, batch.epoch);
  if (!(await claimBatch(tx, batch))) return REPLAY;
  await forgetBatches(tx, batch.journalId, batch.doneThrough);

  const fresh = await withoutDuplicates(tx, batch.events);
  const freshEvents = new Set(fresh);
  const duplicates = batch.events.filter((event) => !freshEvents.has(event));
  await lockProjectsForStoring(tx, [...new Set(fresh.map(({ projectId }) => projectId))]);
  const { placed, discarded, createdIssues } = await placeIntoIssues(tx, fresh);
  const releases = seenReleasesOf(placed);
  if (releases.length > 0) await seeReleases(tx, releases);
  const awake = await wakeIssues(
    tx,
    placed.filter(({ mayWake }) => mayWake),
  );

  if (placed.length > 0) {
    await insertEvents(tx, placed);
    await countFingerprints(
      tx,
      placed.filter(({ shareId }) => shareId !== undefined),
    );
  }
  const users = placed.length === 0 ? [] : await rollUp(tx, placed);
  const outcomes = [
    ...batch.outcomes,
    ...outcomesOf(placed, "stored"),
    ...outcomesOf(discarded, "discarded"),
    ...outcomesOf(duplicates, "duplicate"),
  ];
  await addOutcomeCounts(tx, outcomes);
  const signals = await insertSignals(tx, signalsOf(placed, createdIssues, awake));
  // Last, because a hot issue's row is locked from here to the commit, and other batches wait for it.
  const eventCounts =
    placed.length > 0 ? await countIntoIssues(tx, issueCountsOf(placed, createdIssues)) : new Map<string, number>();
  if (users.length > 0) await setUserCounts(tx, users);

  return {
    stored: changesOf(placed, createdIssues, awake, eventCounts),
    isReplay: false,
    outcomes,
    signals,
  };
}

const REPLAY: StoreResult = { stored: [], isReplay: true, outcomes: [], signals: 0 };

/** SDKs and proxies resend after a timeout, so an id seen before is normal and not an error. The first one counts. */
async function withoutDuplicates(tx: Transaction, events: readonly DigestedEvent[]): Promise<DigestedEvent[]> {
  const first = new Map<string, DigestedEvent>();
  for (const event of events) if (!first.has(idOf(event))) first.set(idOf(event), event);
  const distinct = [...first.values()];
  if (distinct.length === 0) return distinct;
  const receivedMs = distinct.map(({ receivedAtMs }) => receivedAtMs);
  const span = { oldestMs: Math.min(...receivedMs), newestMs: Math.max(...receivedMs, Date.now() + CLOCK_SKEW_MS_MAX) };
  const stored = new Set((await findStoredEvents(tx, distinct, span)).map(idOf));
  return stored.size === 0 ? distinct : distinct.filter((event) => !stored.has(idOf(event)));
}

function issueCountsOf(placed: readonly PlacedEvent[], created: Placement["createdIssues"]): IssueCount[] {
  return [...sumEvents(placed, ({ issueId }) => issueId)].map(([issueId, sum]) => ({
    ...sum,
    issueId,
    newIssueLevel: created.get(issueId)?.level,
  }));
}

const nameOfFingerprintHour = ({ projectId, fingerprint, receivedAtMs }: PlacedEvent) =>
  `${projectId}/${fingerprint}/${hourOf(receivedAtMs)}`;
const fingerprintHourOf = ({ projectId, fingerprint, receivedAtMs }: PlacedEvent) => ({
  projectId,
  fingerprint,
  hourMs: hourOf(receivedAtMs),
});

/** The shares of fingerprints in issues that have several. */
async function countFingerprints(tx: Transaction, events: readonly PlacedEvent[]): Promise<void> {
  if (events.length === 0) return;
  const hours = countBy(events, nameOfFingerprintHour, fingerprintHourOf);
  const sums = sumEvents(events, ({ projectId, fingerprint }) => `${projectId}/${fingerprint}`);
  await countIntoFingerprintHours(tx, hours);
  await countIntoFingerprints(
    tx,
    [...sums].map(([key, sum]) => ({ ...sum, fingerprint: key.slice(sum.projectId.length + 1) })),
  );
}

/** The first event of a new issue, and the one that made an issue unresolved again, are occasions; the others repeat it. */
function changesOf(
  placed: readonly PlacedEvent[],
  created: Placement["createdIssues"],
  awake: ReadonlyMap<string, Awakening>,
  eventCounts: ReadonlyMap<string, number>,
): StoredChange[] {
  const told = new Set<string>();
  return placed.map((event) => {
    const { eventId, issueId } = event;
    const isFirst = !told.has(issueId);
    told.add(issueId);
    const awakening = awake.get(issueId);
    const occasion =
      isFirst && created.has(issueId)
        ? "new_issue"
        : awakening?.event.eventId === eventId
          ? OCCASIONS[awakening.action]
          : "repeat";
    return { event, issueId, occasion, issueEventCount: eventCounts.get(issueId) ?? 0 };
  });
}

const OCCASIONS = { regressed: "regression", archive_ended: "archive_ended" } as const;

function outcomesOf(events: readonly DigestedEvent[], outcome: "stored" | "discarded" | "duplicate"): OutcomeCount[] {
  return countBy(events, nameOfHour, ({ projectId, receivedAtMs, category }) => ({
    projectId,
    hourMs: hourOf(receivedAtMs),
    outcome,
    category,
    reason: "",
  }));
}

const nameOfHour = ({ projectId, receivedAtMs, category }: DigestedEvent) =>
  `${projectId}/${hourOf(receivedAtMs)}/${category}`;

const idOf = ({ projectId, eventId }: EventKey) => `${projectId}/${eventId}`;
