/** Counts a batch's events into everything that dashboards and alert rules read, in the batch's transaction. */
import { addEventMinutes, minuteOf } from "../../alerts/event-minutes.queries.ts";
import { countingOf } from "../../dashboards/counted-tags.ts";
import { addEventCounts, addIssueCounts, hourOf } from "../../dashboards/rollups.queries.ts";
import {
  addIssueTags,
  addTagCounts,
  admitTagKeys,
  type IssueTagCount,
  type TagCount,
  type TagKey,
} from "../../dashboards/tags.queries.ts";
import type { UserHash } from "../../dashboards/user-sketch.ts";
import { addUsers, type SeenUsers } from "../../dashboards/users.queries.ts";
import type { Transaction } from "../../db/transaction.ts";
import type { UserCount } from "../../issues/issues.queries.ts";
import { countBy } from "./count-by.ts";

/** What is counted of an event. */
export interface CountedEvent {
  readonly projectId: string;
  readonly issueId: string;
  readonly receivedAtMs: number;
  readonly level: string;
  readonly environment: string | undefined;
  readonly release: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly user: UserHash | undefined;
  /** Under which its fingerprint's share in the issue is counted, too, as if it were an issue. */
  readonly shareId: string | undefined;
}

/**
 * What many batches touch comes last: its rows are locked from then to the commit. Returns how many users the issues have
 * now, where that changed.
 */
export async function rollUp(tx: Transaction, events: readonly CountedEvent[]): Promise<UserCount[]> {
  await countTags(tx, events);
  const users = await countUsers(tx, events);
  await addIssueCounts(
    tx,
    countBy(events, ({ projectId, issueId, receivedAtMs }) => ({ projectId, issueId, hourMs: hourOf(receivedAtMs) })),
  );
  await addEventCounts(
    tx,
    countBy(events, ({ projectId, receivedAtMs, level }) => ({ projectId, hourMs: hourOf(receivedAtMs), level })),
  );
  await addEventMinutes(
    tx,
    countBy(events, ({ projectId, receivedAtMs, level, environment = "", release = "" }) => ({
      projectId,
      minuteMs: minuteOf(receivedAtMs),
      level,
      environment,
      release,
    })),
  );
  return users;
}

async function countTags(tx: Transaction, events: readonly CountedEvent[]): Promise<void> {
  const isCounted = await countedKeysOf(tx, events);
  const ofIssues = new Map<string, IssueTagCount & { count: number }>();
  const ofHours = new Map<string, TagCount & { count: number }>();
  for (const event of events) {
    const { projectId } = event;
    const hourMs = hourOf(event.receivedAtMs);
    for (const [key, value] of tagsOf(event)) {
      if (!isCounted(projectId, key)) continue;
      for (const issueId of idsOf(event))
        countOne(ofIssues, `${issueId}/${key}/${value}`, { projectId, issueId, key, value, count: 0 });
      countOne(ofHours, `${projectId}/${hourMs}/${key}/${value}`, { projectId, hourMs, key, value, count: 0 });
    }
  }
  if (ofHours.size === 0) return;
  await addIssueTags(tx, ofIssues);
  await addTagCounts(tx, ofHours);
}

function countOne<Count extends { count: number }>(counts: Map<string, Count>, name: string, zero: Count): void {
  const known = counts.get(name);
  if (known === undefined) counts.set(name, zero);
  (known ?? zero).count += 1;
}

/** Takes new keys of projects' own as long as there is room for them. */
async function countedKeysOf(
  tx: Transaction,
  events: readonly CountedEvent[],
): Promise<(projectId: string, key: string) => boolean> {
  const own = new Map<string, TagKey>();
  for (const { projectId, tags } of events) {
    for (const key in tags) if (countingOf(key) === "own") own.set(`${projectId}/${key}`, { projectId, key });
  }
  const admitted = own.size === 0 ? [] : await admitTagKeys(tx, [...own.values()]);
  const names = new Set(admitted.map(({ projectId, key }) => `${projectId}/${key}`));
  return (projectId, key) => {
    const counting = countingOf(key);
    return counting === "always" || (counting === "own" && names.has(`${projectId}/${key}`));
  };
}

/**
 * Environment and release are the event's own, whatever tags have these names. A transaction tells what its address tells,
 * in fewer values.
 */
function* tagsOf({ environment, release, tags }: CountedEvent): Generator<readonly [key: string, value: string]> {
  if (environment !== undefined && environment !== "") yield ["environment", environment];
  if (release !== undefined && release !== "") yield ["release", release];
  for (const [key, value] of Object.entries(tags)) {
    if (value === "" || key === "environment" || key === "release") continue;
    if (key !== "url" || tags["transaction"] === undefined) yield [key, value];
  }
}

const idsOf = ({ issueId, shareId }: CountedEvent) => (shareId === undefined ? [issueId] : [issueId, shareId]);

/** Into the sketch of every issue, and that of every project's hour. */
async function countUsers(tx: Transaction, events: readonly CountedEvent[]): Promise<UserCount[]> {
  const seen = new Map<string, SeenUsers & { users: Set<UserHash> }>();
  const see = (name: string, key: Omit<SeenUsers, "users">, user: UserHash) => {
    const known = seen.get(name);
    if (known === undefined) seen.set(name, { ...key, users: new Set([user]) });
    else known.users.add(user);
  };
  for (const event of events) {
    const { projectId, receivedAtMs, user } = event;
    if (user === undefined) continue;
    const hourMs = hourOf(receivedAtMs);
    for (const issueId of idsOf(event)) see(`${projectId}/${issueId}`, { projectId, issueId }, user);
    see(`${projectId}/${hourMs}`, { projectId, hourMs }, user);
  }
  if (seen.size === 0) return [];
  const changed = await addUsers(tx, [...seen.values()]);
  return changed.flatMap(({ projectId, issueId, users }) =>
    issueId === undefined ? [] : [{ projectId, issueId, users }],
  );
}
