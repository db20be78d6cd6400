/**
 * Stores one batch of digested events: all of it or nothing, and never twice.
 *
 * Claiming the batch, the events, their issues, the counts and the outcomes are one transaction, so a crash at any moment
 * leaves either everything or nothing of it, and a replay finds the claim.
 */
import { randomUUID } from "node:crypto";
import type { Category, IssueStatus } from "@mesher/protocol";
import {
  addEventCounts,
  addIssueCounts,
  addOutcomeCounts,
  hourOf,
  type OutcomeCount,
} from "../../dashboards/rollups.queries.ts";
import type { Database } from "../../db/database.ts";
import { PG, sqlState } from "../../db/errors.ts";
import { type Transaction, withTransaction } from "../../db/transaction.ts";
import { type EventKey, findStoredEvents, insertEvents, type NewEvent } from "../../events/events.queries.ts";
import {
  countIntoIssues,
  createIssues,
  findIssuesByFingerprint,
  type NewIssue,
  regressResolvedIssues,
} from "../../issues/issues.queries.ts";
import { type BatchKey, claimBatch, forgetBatches, holdJournal } from "../journal/journal.queries.ts";
import { countBy } from "./count-by.ts";

/** An event ready to be stored: all but the id of its issue. */
export interface DigestedEvent extends Omit<NewEvent, "issueId"> {
  readonly culprit: string;
  readonly category: Category;
  readonly platform: string;
  /** The newest grouping version's first. The event joins the issue of the first that has one. */
  readonly fingerprints: readonly [string, ...string[]];
}

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
  readonly projectId: string;
  readonly eventId: string;
  readonly issueId: string;
  readonly occasion: "new_issue" | "regression" | "repeat";
}

export interface StoreResult {
  /** In the order of the batch. Empty when the batch was stored before. */
  readonly stored: readonly StoredChange[];
  readonly duplicates: number;
  readonly discarded: number;
}

/** How often a batch is tried again because somebody else stored one of its events at the same moment. */
const DUPLICATE_RACES_MAX = 5;

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
  if (!(await claimBatch(tx, batch))) return { stored: [], duplicates: 0, discarded: 0 };
  await forgetBatches(tx, batch.journalId, batch.doneThrough);

  const fresh = await withoutDuplicates(tx, batch.events);
  const freshEvents = new Set(fresh);
  const duplicates = batch.events.filter((event) => !freshEvents.has(event));
  const { placed, discarded, createdIssueIds, resolvedIssues } = await placeIntoIssues(tx, fresh);
  const regressed =
    resolvedIssues.length === 0 ? new Set<string>() : await regressResolvedIssues(tx, resolvedIssues, latest(placed));

  if (placed.length > 0) {
    await insertEvents(tx, placed);
    await addEventCounts(
      tx,
      countBy(placed, (event) => ({
        projectId: event.projectId,
        hourMs: hourOf(event.receivedAtMs),
        level: event.level,
      })),
    );
    await addIssueCounts(
      tx,
      countBy(placed, (event) => ({
        projectId: event.projectId,
        issueId: event.issueId,
        hourMs: hourOf(event.receivedAtMs),
      })),
    );
  }
  await addOutcomeCounts(tx, [
    ...batch.outcomes,
    ...outcomesOf(placed, "stored"),
    ...outcomesOf(discarded, "discarded"),
    ...outcomesOf(duplicates, "duplicate"),
  ]);
  // Last, because a hot issue's row is locked from here to the commit, and other batches wait for it.
  if (placed.length > 0) await countIntoIssues(tx, countIssues(placed));

  return {
    stored: changesOf(placed, createdIssueIds, regressed),
    duplicates: duplicates.length,
    discarded: discarded.length,
  };
}

/** SDKs and proxies resend after a timeout, so an id seen before is normal and not an error. The first one counts. */
async function withoutDuplicates(tx: Transaction, events: readonly DigestedEvent[]): Promise<DigestedEvent[]> {
  const first = new Map<string, DigestedEvent>();
  for (const event of events) if (!first.has(idOf(event))) first.set(idOf(event), event);
  const distinct = [...first.values()];
  if (distinct.length === 0) return distinct;
  const oldestMs = Math.min(...distinct.map(({ receivedAtMs }) => receivedAtMs));
  const stored = new Set((await findStoredEvents(tx, distinct, oldestMs)).map(idOf));
  return stored.size === 0 ? distinct : distinct.filter((event) => !stored.has(idOf(event)));
}

interface Placement {
  readonly placed: (DigestedEvent & { issueId: string })[];
  readonly discarded: DigestedEvent[];
  readonly createdIssueIds: ReadonlySet<string>;
  readonly resolvedIssues: { projectId: string; issueId: string }[];
}

/** Finds the issue of every event, making those that do not exist. */
async function placeIntoIssues(tx: Transaction, events: readonly DigestedEvent[]): Promise<Placement> {
  const issues = await findIssues(tx, events);
  const missing = new Map<string, NewIssue>();
  for (const event of events) {
    const key = fingerprintKey(event.projectId, event.fingerprints[0]);
    if (issueOf(issues, event) === undefined && !missing.has(key)) {
      missing.set(key, { ...event, fingerprint: event.fingerprints[0], issueId: randomUUID() });
    }
  }
  let createdIssueIds: ReadonlySet<string> = new Set();
  if (missing.size > 0) {
    const wanted = [...missing.values()];
    createdIssueIds = await createIssues(tx, wanted);
    for (const issue of wanted) {
      if (createdIssueIds.has(issue.issueId)) {
        issues.set(fingerprintKey(issue.projectId, issue.fingerprint), {
          issueId: issue.issueId,
          status: "unresolved",
        });
      }
    }
    // Made by somebody else in between, who has committed by now.
    const lost = events.filter((event) => issueOf(issues, event) === undefined);
    if (lost.length > 0) for (const [key, issue] of await findIssues(tx, lost)) issues.set(key, issue);
  }

  const placed: Placement["placed"] = [];
  const discarded: DigestedEvent[] = [];
  const resolved = new Map<string, { projectId: string; issueId: string }>();
  for (const event of events) {
    const issue = issueOf(issues, event);
    if (issue === undefined) throw new Error(`no issue for event ${event.eventId} of project ${event.projectId}`);
    if (issue.status === "discarded") {
      discarded.push(event);
      continue;
    }
    if (issue.status === "resolved")
      resolved.set(issue.issueId, { projectId: event.projectId, issueId: issue.issueId });
    placed.push({ ...event, issueId: issue.issueId });
  }
  return { placed, discarded, createdIssueIds, resolvedIssues: [...resolved.values()] };
}

type FoundIssues = Map<string, { issueId: string; status: IssueStatus }>;

async function findIssues(tx: Transaction, events: readonly DigestedEvent[]): Promise<FoundIssues> {
  const keys = new Map<string, { projectId: string; fingerprint: string }>();
  for (const { projectId, fingerprints } of events) {
    for (const fingerprint of fingerprints)
      keys.set(fingerprintKey(projectId, fingerprint), { projectId, fingerprint });
  }
  if (keys.size === 0) return new Map();
  const found = await findIssuesByFingerprint(tx, [...keys.values()]);
  return new Map(found.map((issue) => [fingerprintKey(issue.projectId, issue.fingerprint), issue]));
}

function issueOf(issues: FoundIssues, event: DigestedEvent): { issueId: string; status: IssueStatus } | undefined {
  for (const fingerprint of event.fingerprints) {
    const issue = issues.get(fingerprintKey(event.projectId, fingerprint));
    if (issue !== undefined) return issue;
  }
  return undefined;
}

function countIssues(placed: Placement["placed"]) {
  const counts = new Map<
    string,
    { projectId: string; issueId: string; events: number; firstSeenMs: number; lastSeenMs: number }
  >();
  for (const { projectId, issueId, receivedAtMs } of placed) {
    const count = counts.get(issueId);
    if (count === undefined) {
      counts.set(issueId, { projectId, issueId, events: 1, firstSeenMs: receivedAtMs, lastSeenMs: receivedAtMs });
    } else {
      count.events += 1;
      count.firstSeenMs = Math.min(count.firstSeenMs, receivedAtMs);
      count.lastSeenMs = Math.max(count.lastSeenMs, receivedAtMs);
    }
  }
  return [...counts.values()];
}

/** The first event of a new issue, and of a regression, is the occasion; the others of the batch repeat it. */
function changesOf(
  placed: Placement["placed"],
  created: ReadonlySet<string>,
  regressed: ReadonlySet<string>,
): StoredChange[] {
  const told = new Set<string>();
  return placed.map(({ projectId, eventId, issueId }) => {
    const isFirst = !told.has(issueId);
    told.add(issueId);
    const occasion =
      isFirst && created.has(issueId) ? "new_issue" : isFirst && regressed.has(issueId) ? "regression" : "repeat";
    return { projectId, eventId, issueId, occasion };
  });
}

function outcomesOf(events: readonly DigestedEvent[], outcome: "stored" | "discarded" | "duplicate"): OutcomeCount[] {
  return countBy(events, (event) => ({
    projectId: event.projectId,
    hourMs: hourOf(event.receivedAtMs),
    outcome,
    category: event.category,
    reason: "",
  }));
}

function latest(events: readonly { receivedAtMs: number }[]): Date {
  return new Date(events.reduce((ms, { receivedAtMs }) => Math.max(ms, receivedAtMs), 0));
}

const idOf = ({ projectId, eventId }: EventKey) => `${projectId}/${eventId}`;
const fingerprintKey = (projectId: string, fingerprint: string) => `${projectId}/${fingerprint}`;
