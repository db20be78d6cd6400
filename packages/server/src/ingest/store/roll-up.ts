/** Counts a batch's events into everything that dashboards and alert rules read, in the batch's transaction. */
import { addEventMinutes, minuteOf } from "../../alerts/event-minutes.queries.ts";
import { countingOf } from "../../dashboards/counted-tags.ts";
import { addEventCounts, addIssueCounts, hourOf } from "../../dashboards/rollups.queries.ts";
import { addIssueTags, addTagCounts, admitTagKeys } from "../../dashboards/tags.queries.ts";
import type { UserHash } from "../../dashboards/user-sketch.ts";
import { addUsers, type SeenUsers } from "../../dashboards/users.queries.ts";
import type { Transaction } from "../../db/transaction.ts";
import type { UserCount } from "../../issues/issues.queries.ts";
import { countBy } from "./count-by.ts";
import { type OwnerTally, TagTally } from "./tag-tally.ts";

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
  await addIssueCounts(tx, countBy(events, nameOfIssueHour, issueHourOf));
  await addEventCounts(tx, countBy(events, nameOfLevelHour, levelHourOf));
  await addEventMinutes(tx, countBy(events, nameOfMinute, minuteKindOf));
  return users;
}

// Functions of the module, not of each call: with those the engine would throw away what it has compiled of them at every full
// collection, several times a second.
const nameOfIssueHour = ({ issueId, receivedAtMs }: CountedEvent) => `${issueId}/${hourOf(receivedAtMs)}`;
const issueHourOf = ({ projectId, issueId, receivedAtMs }: CountedEvent) => ({
  projectId,
  issueId,
  hourMs: hourOf(receivedAtMs),
});
const nameOfLevelHour = ({ projectId, receivedAtMs, level }: CountedEvent) =>
  `${projectId}/${hourOf(receivedAtMs)}/${level}`;
const levelHourOf = ({ projectId, receivedAtMs, level }: CountedEvent) => ({
  projectId,
  hourMs: hourOf(receivedAtMs),
  level,
});
const nameOfMinute = ({ projectId, receivedAtMs, level, environment = "", release = "" }: CountedEvent) =>
  `${projectId}/${minuteOf(receivedAtMs)}/${level}/${environment}\0${release}`;
const minuteKindOf = ({ projectId, receivedAtMs, level, environment = "", release = "" }: CountedEvent) => ({
  projectId,
  minuteMs: minuteOf(receivedAtMs),
  level,
  environment,
  release,
});

async function countTags(tx: Transaction, events: readonly CountedEvent[]): Promise<void> {
  const isCounted = await countedKeysOf(tx, events);
  const ofIssues = new TagTally();
  const ofHours = new TagTally();
  let hourMs = Number.NaN;
  let hour = "";
  for (const event of events) {
    const { projectId } = event;
    if (hourMs !== hourOf(event.receivedAtMs)) {
      hourMs = hourOf(event.receivedAtMs);
      hour = new Date(hourMs).toISOString();
    }
    const tallies = [ofHours.of(`${projectId}/${hour}`, { projectId, id: hour })];
    for (const id of idsOf(event)) tallies.push(ofIssues.of(id, { projectId, id }));
    countTagsOf(event, isCounted, tallies);
  }
  if (ofHours.counts.length === 0) return;
  await addIssueTags(tx, ofIssues.counts);
  await addTagCounts(tx, ofHours.counts);
}

/**
 * Environment and release are the event's own, whatever tags have these names. A transaction tells what its address tells,
 * in fewer values.
 */
function countTagsOf(
  { projectId, environment, release, tags }: CountedEvent,
  isCounted: IsCounted,
  tallies: readonly OwnerTally[],
): void {
  for (const key in tags) {
    const value = tags[key];
    if (value === undefined || value === "" || key === "environment" || key === "release") continue;
    if (key === "url" && tags["transaction"] !== undefined) continue;
    if (isCounted(projectId, key)) for (const tally of tallies) tally.add(key, value);
  }
  for (const tally of tallies) {
    if (environment !== undefined && environment !== "") tally.add("environment", environment);
    if (release !== undefined && release !== "") tally.add("release", release);
  }
}

type IsCounted = (projectId: string, key: string) => boolean;

/** Takes new keys of projects' own as long as there is room for them. */
async function countedKeysOf(tx: Transaction, events: readonly CountedEvent[]): Promise<IsCounted> {
  const own = new Map<string, Set<string>>();
  for (const { projectId, tags } of events) {
    const keys = own.get(projectId) ?? new Set();
    if (keys.size === 0) own.set(projectId, keys);
    for (const key in tags) if (countingOf(key) === "own") keys.add(key);
  }
  const wanted = [...own].flatMap(([projectId, keys]) => [...keys].map((key) => ({ projectId, key })));
  const admitted = Map.groupBy(wanted.length === 0 ? [] : await admitTagKeys(tx, wanted), (each) => each.projectId);
  const counted = new Map([...admitted].map(([projectId, keys]) => [projectId, new Set(keys.map(({ key }) => key))]));
  return (projectId, key) => {
    const counting = countingOf(key);
    return counting === "always" || (counting === "own" && counted.get(projectId)?.has(key) === true);
  };
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
