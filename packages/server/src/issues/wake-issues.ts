/**
 * What events bring about: an event of a resolved issue that comes too late is a regression, and an issue that was archived
 * for so many events wakes at the last of them. Part of the transaction that stores the events; the issues' rows stay locked
 * until its end, so that each happens exactly once, whoever stores at the same moment.
 */
import type { Transaction } from "../db/transaction.ts";
import { isLaterRelease } from "../releases/compare-releases.ts";
import { findFirstSeen } from "../releases/releases.queries.ts";
import { insertActivity } from "./activity.queries.ts";
import { type IssueChange, SYSTEM } from "./issue-change.ts";
import type { IssueKey } from "./issues.queries.ts";
import type { Resolution } from "./lifecycle.ts";
import { findEventCounts, lockSleepingIssues, type SleepingIssue, setAwake } from "./wake-issues.queries.ts";

/** An event that is being stored. Its release is known to `releases` already. */
export interface ArrivingEvent extends IssueKey {
  readonly eventId: string;
  readonly receivedAtMs: number;
  readonly release: string | undefined;
}

/** An issue that is unresolved again, and the event that made it so. */
export interface Awakening extends IssueKey {
  readonly action: "regressed" | "archive_ended";
  readonly event: ArrivingEvent;
}

/** By the issues' ids. `events`: all that are stored into issues that may wake, not counted into them yet. */
export async function wakeIssues(
  tx: Transaction,
  events: readonly ArrivingEvent[],
): Promise<ReadonlyMap<string, Awakening>> {
  const arrivals = new Map<string, [ArrivingEvent, ...ArrivingEvent[]]>();
  for (const event of events) {
    const others = arrivals.get(event.issueId);
    if (others === undefined) arrivals.set(event.issueId, [event]);
    else others.push(event);
  }
  const awake = new Map<string, Awakening>();
  if (arrivals.size === 0) return awake;

  const sleeping = await lockSleepingIssues(
    tx,
    [...arrivals.values()].map(([first]) => first),
  );
  // Read when the rows are locked: whoever held them before has counted his events by now.
  const counts = await findEventCounts(
    tx,
    sleeping.filter(({ standing }) => standing.status === "archived"),
  );
  for (const issue of sleeping) {
    const arrived = arrivals.get(issue.issueId) ?? [];
    const { standing, sinceMs } = issue;
    const event =
      standing.status === "resolved"
        ? await findRegression(tx, { resolution: standing.resolution, sinceMs }, arrived)
        : arrived[eventsLeft(issue, counts) - 1];
    if (event === undefined) continue;
    const { projectId, issueId } = issue;
    const action = standing.status === "resolved" ? "regressed" : "archive_ended";
    awake.set(issueId, { projectId, issueId, action, event });
  }
  await setAwake(
    tx,
    [...awake.values()].map(({ action, event, ...key }) => ({
      ...key,
      regressedAt: action === "regressed" ? new Date(event.receivedAtMs) : undefined,
    })),
  );
  await insertActivity(tx, [...awake.values()].map(changeOf));
  return awake;
}

export function changeOf({ projectId, issueId, action, event }: Awakening): IssueChange {
  const details = { event_id: event.eventId, release: event.release ?? null };
  return { projectId, issueId, action, actor: SYSTEM, details };
}

/** At least one: an archive whose last event was counted by somebody who did not see it ends with the next. */
function eventsLeft({ issueId, standing }: SleepingIssue, counts: ReadonlyMap<string, number>): number {
  if (standing.status !== "archived" || standing.terms.mode !== "until_count") return Number.POSITIVE_INFINITY;
  return Math.max(1, standing.terms.eventCount - (counts.get(issueId) ?? 0));
}

/** How far behind the database's clock that of a node which receives may be: better a regression too many than one that is missed. */
const CLOCK_BEHIND_MS_MAX = 2_000;

/**
 * The first event that comes too late. What was received before the issue was resolved and is stored only now, because it
 * waited in a journal, is what it was resolved for. An event without a release says nothing about releases.
 */
async function findRegression(
  tx: Transaction,
  { resolution, sinceMs }: { readonly resolution: Resolution; readonly sinceMs: number },
  arrived: readonly ArrivingEvent[],
): Promise<ArrivingEvent | undefined> {
  const events = arrived.filter(({ receivedAtMs }) => receivedAtMs >= sinceMs - CLOCK_BEHIND_MS_MAX);
  if (resolution.mode === "now") return events[0];
  const released = events.flatMap((event) =>
    event.release === undefined ? [] : [{ event, release: event.release, projectId: event.projectId }],
  );
  const [first] = released;
  if (first === undefined) return undefined;
  const fixedIn = resolution.mode === "in_release" ? resolution.release : resolution.after;
  const versions = new Set([...(fixedIn === null ? [] : [fixedIn]), ...released.map(({ release }) => release)]);
  const firstSeenMs = await findFirstSeen(tx, first.projectId, [...versions]);
  // Not every release that was there already is told apart from the newest: those of another package, or named by a hash, are not.
  const isKnown = (release: string) =>
    resolution.mode === "in_next_release" && (firstSeenMs.get(release) ?? sinceMs) < sinceMs;
  return released.find(
    ({ release }) => !isKnown(release) && (fixedIn === null || isLaterRelease(release, fixedIn, firstSeenMs)),
  )?.event;
}
