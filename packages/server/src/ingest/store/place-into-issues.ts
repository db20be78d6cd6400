/** Finds the issue of every event of a batch, making those that do not exist. */
import { randomUUID } from "node:crypto";
import type { Transaction } from "../../db/transaction.ts";
import { createIssues, type FoundIssue, findIssuesByFingerprint, type NewIssue } from "../../issues/issues.queries.ts";
import type { DigestedEvent } from "./digested-event.ts";

export interface PlacedEvent extends DigestedEvent {
  readonly issueId: string;
  /** The one of its fingerprints that led to the issue. */
  readonly fingerprint: string;
  readonly placedBy: string | undefined;
  readonly shareId: string | undefined;
  readonly mayWake: boolean;
}

export interface Placement {
  readonly placed: readonly PlacedEvent[];
  /** Events of discarded issues. */
  readonly discarded: readonly DigestedEvent[];
  /** By id. */
  readonly createdIssues: ReadonlyMap<string, NewIssue>;
}

export async function placeIntoIssues(tx: Transaction, events: readonly DigestedEvent[]): Promise<Placement> {
  const issues = await findIssues(tx, events);
  const createdIssues = await createMissing(tx, events, issues);

  const placed: PlacedEvent[] = [];
  const discarded: DigestedEvent[] = [];
  for (const event of events) {
    const issue = issueOf(issues, event);
    if (issue === undefined) throw new Error(`no issue for event ${event.eventId} of project ${event.projectId}`);
    if (issue.status === "discarded") {
      discarded.push(event);
      continue;
    }
    const { issueId, fingerprint, shareId, mayWake } = issue;
    const placedBy = fingerprint === event.fingerprints[0] ? undefined : fingerprint;
    placed.push({ ...event, issueId, fingerprint, placedBy, shareId, mayWake });
  }
  return { placed, discarded, createdIssues };
}

type FoundIssues = Map<string, FoundIssue>;

/** Makes the issues that events have none of, and adds them to `issues`. Gives those that were really made here, by id. */
async function createMissing(
  tx: Transaction,
  events: readonly DigestedEvent[],
  issues: FoundIssues,
): Promise<ReadonlyMap<string, NewIssue>> {
  const missing = new Map<string, NewIssue>();
  for (const event of events) {
    const key = fingerprintKey(event.projectId, event.fingerprints[0]);
    if (issueOf(issues, event) === undefined && !missing.has(key)) {
      missing.set(key, { ...event, fingerprint: event.fingerprints[0], issueId: randomUUID() });
    }
  }
  if (missing.size === 0) return new Map();

  const createdIds = await createIssues(tx, [...missing.values()]);
  const created = new Map<string, NewIssue>();
  for (const [key, issue] of missing) {
    const { projectId, fingerprint, issueId } = issue;
    if (!createdIds.has(issueId)) continue;
    created.set(issueId, issue);
    issues.set(key, { projectId, fingerprint, issueId, status: "unresolved", mayWake: false, shareId: undefined });
  }
  // Made by somebody else in between, who has committed by now.
  const lost = events.filter((event) => issueOf(issues, event) === undefined);
  if (lost.length > 0) for (const [key, issue] of await findIssues(tx, lost)) issues.set(key, issue);
  return created;
}

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

function issueOf(issues: FoundIssues, event: DigestedEvent): FoundIssue | undefined {
  for (const fingerprint of event.fingerprints) {
    const issue = issues.get(fingerprintKey(event.projectId, fingerprint));
    if (issue !== undefined) return issue;
  }
  return undefined;
}

const fingerprintKey = (projectId: string, fingerprint: string) => `${projectId}/${fingerprint}`;
