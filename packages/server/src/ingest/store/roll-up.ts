/** Counts a batch's events into everything that dashboards read, in the batch's transaction. */
import { countingOf } from "../../dashboards/counted-tags.ts";
import { addEventCounts, addIssueCounts, hourOf } from "../../dashboards/rollups.queries.ts";
import { addIssueTags, addTagCounts, admitTagKeys, type TagKey } from "../../dashboards/tags.queries.ts";
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
  return users;
}

async function countTags(tx: Transaction, events: readonly CountedEvent[]): Promise<void> {
  const tagged = events.flatMap((event) => tagsOf(event).map(([key, value]) => ({ event, key, value })));
  const own = tagged.filter(({ key }) => countingOf(key) === "own");
  const admitted = new Set<string>();
  if (own.length > 0) {
    const keys = countBy(own, ({ event, key }) => ({ projectId: event.projectId, key }));
    for (const key of await admitTagKeys(tx, keys)) admitted.add(nameOf(key));
  }
  const counted = tagged.filter(
    ({ event, key }) =>
      countingOf(key) === "always" || (countingOf(key) === "own" && admitted.has(nameOf({ ...event, key }))),
  );
  if (counted.length === 0) return;
  await addIssueTags(
    tx,
    countBy(
      counted.flatMap(({ event, ...tag }) => idsOf(event).map((issueId) => ({ event, issueId, ...tag }))),
      ({ event, issueId, key, value }) => ({ projectId: event.projectId, issueId, key, value }),
    ),
  );
  await addTagCounts(
    tx,
    countBy(counted, ({ event, key, value }) => ({
      projectId: event.projectId,
      hourMs: hourOf(event.receivedAtMs),
      key,
      value,
    })),
  );
}

/**
 * Environment and release are the event's own, whatever tags have these names. A transaction tells what its address tells,
 * in fewer values.
 */
function tagsOf({ environment, release, tags }: CountedEvent): [string, string][] {
  const all: Record<string, string | undefined> = {
    ...tags,
    environment,
    release,
    url: tags["transaction"] === undefined ? tags["url"] : undefined,
  };
  return Object.entries(all).filter((tag): tag is [string, string] => tag[1] !== undefined && tag[1] !== "");
}

const idsOf = ({ issueId, shareId }: CountedEvent) => (shareId === undefined ? [issueId] : [issueId, shareId]);

const nameOf = ({ projectId, key }: TagKey) => `${projectId}/${key}`;

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
