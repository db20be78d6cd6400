/**
 * The middle of an event's way, pure and on a worker thread: journal entry → parse → normalize → group → pack.
 * Whatever is in an entry, events and outcomes leave; together they account for every event of it.
 */
import type { Category, Event } from "@mesher/protocol";
import { hourOf, type OutcomeCount } from "../../dashboards/rollups.queries.ts";
import { hashUser } from "../../dashboards/user-sketch.ts";
import { inflateBody, packPayload } from "../../events/payload.ts";
import { EventJsonError, parseEventJson } from "../event-json.ts";
import { GROUPING_VERSIONS } from "../group/group-event.ts";
import type { EventSlice, JournalEntry } from "../journal/entry.ts";
import { NormalizeError, normalizeEvent } from "../normalize/normalize.ts";
import { searchText } from "../normalize/search-text.ts";
import { cleanText } from "../normalize/text.ts";
import { eventCulprit, eventTitle } from "../normalize/title.ts";
import type { DigestedEvent } from "../store/digested-event.ts";
import { searchedTags } from "./searched-tags.ts";

export interface Digest {
  readonly events: readonly DigestedEvent[];
  readonly outcomes: readonly OutcomeCount[];
}

export function digestEntry(entry: JournalEntry): Digest {
  const events: DigestedEvent[] = [];
  const outcomes: OutcomeCount[] = [];
  const inflated = inflateBody(entry.encoding, entry.body);
  for (const slice of entry.events) {
    try {
      events.push(digestSlice(entry, slice, inflated));
    } catch (error) {
      if (error instanceof EventJsonError) outcomes.push(invalid(entry, "json"));
      else if (error instanceof NormalizeError) outcomes.push(invalid(entry, "not_an_event"));
      else throw error;
    }
  }
  return { events, outcomes };
}

function digestSlice(entry: JournalEntry, slice: EventSlice, inflated: Uint8Array): DigestedEvent {
  const raw = parseEventJson(inflated.subarray(slice.offset, slice.offset + slice.length));
  const { event } = normalizeEvent(raw, { ...entry, eventId: slice.eventId });
  const [grouping, ...older] = GROUPING_VERSIONS.map((version) => version.group(event));
  if (grouping === undefined) throw new Error("there is no grouping version");
  const tags = searchedTags(event);
  return {
    projectId: entry.projectId,
    eventId: slice.eventId,
    receivedAtMs: entry.receivedAtMs,
    occurredAtMs: Date.parse(event.timestamp),
    category: categoryOf(event),
    level: event.level,
    platform: event.platform,
    title: eventTitle(event),
    culprit: eventCulprit(event),
    environment: event.environment,
    release: event.release,
    tags,
    tagsJson: JSON.stringify(tags),
    user: event.user === undefined ? undefined : hashUser(event.user),
    groupingJson: JSON.stringify(grouping),
    receiptJson: receiptJson(entry),
    fingerprints: [grouping.fingerprint, ...older.map(({ fingerprint }) => fingerprint)],
    source: entry.source,
    payload: packPayload(slice, entry.encoding, entry.body, inflated),
    words: searchText(event),
  };
}

/** Cleaned, because jsonb refuses NUL and lone surrogates, and clients write what they like into headers. */
function receiptJson({ sentAt, clientIp, userAgent }: JournalEntry): string | undefined {
  if (sentAt === undefined && clientIp === undefined && userAgent === undefined) return undefined;
  return JSON.stringify({
    sentAt: sentAt === undefined ? undefined : cleanText(sentAt),
    clientIp,
    userAgent: userAgent === undefined ? undefined : cleanText(userAgent),
  });
}

function categoryOf(event: Event): Category {
  const isReport = event.csp ?? event.hpkp ?? event.expectct ?? event.expectstaple ?? event.nel;
  return isReport === undefined ? "error" : "security";
}

function invalid(entry: JournalEntry, reason: string): OutcomeCount {
  return {
    projectId: entry.projectId,
    hourMs: hourOf(entry.receivedAtMs),
    outcome: "invalid",
    category: "error",
    reason,
    count: 1,
  };
}
