/**
 * The middle of an event's way, pure and on a worker thread: journal entry → parse → scrub → normalize → filter → group → pack.
 * Whatever is in an entry, events and outcomes leave; together they account for every event of it.
 *
 * Scrubbing comes first, so that everything made of an event is made of what may be stored: also its title, its search
 * words and how it is grouped. What events are grouped by is not scrubbed but in texts, where a secret would have made
 * each event an issue of its own.
 */
import type { Category, Event } from "@mesher/protocol";
import { hourOf, NIL_PROJECT_ID, type OutcomeCount } from "../../dashboards/rollups.queries.ts";
import { hashUser } from "../../dashboards/user-sketch.ts";
import { encodeTsvector } from "../../db/tsvector.ts";
import type { Receipt } from "../../events/events.queries.ts";
import { inflateBody, type Payload, packJson, packPayload } from "../../events/payload.ts";
import { freeBytes } from "../../runtime/free-bytes.ts";
import {
  EventJsonError,
  mayHaveLongNumber,
  parseEventJsonForReading,
  parseEventJsonForWriting,
} from "../event-json.ts";
import { GROUPING_VERSIONS } from "../group/group-event.ts";
import type { EventSlice, JournalEntry } from "../journal/entry.ts";
import { NormalizeError, normalizeEvent } from "../normalize/normalize.ts";
import { searchText } from "../normalize/search-text.ts";
import { cleanText } from "../normalize/text.ts";
import { headlineOf } from "../normalize/title.ts";
import type { ScrubbedEvent } from "../scrub/scrub-event.ts";
import type { DigestedEvent } from "../store/digested-event.ts";
import { DEFAULT_RULES, type ProjectRules } from "./project-rules.ts";
import { searchedTags } from "./searched-tags.ts";

export interface Digest {
  readonly events: readonly DigestedEvent[];
  readonly outcomes: readonly OutcomeCount[];
}

export function digestEntry(entry: JournalEntry, rules: ProjectRules = DEFAULT_RULES): Digest {
  if (rules.isRemoved) return { events: [], outcomes: [removed(entry)] };
  const events: DigestedEvent[] = [];
  const outcomes: OutcomeCount[] = [];
  const inflated = inflateBody(entry.encoding, entry.body);
  for (const slice of entry.events) {
    try {
      const digested = digestSlice(entry, slice, inflated, rules);
      if ("outcome" in digested) outcomes.push(digested);
      else events.push(digested);
    } catch (error) {
      if (error instanceof EventJsonError) outcomes.push(ended(entry, "invalid", "json"));
      else if (error instanceof NormalizeError) outcomes.push(ended(entry, "invalid", "not_an_event"));
      else throw error;
    }
  }
  // What is kept of it was copied: it is most of the memory that an event takes.
  if (inflated !== entry.body) freeBytes(inflated);
  return { events, outcomes };
}

function digestSlice(
  entry: JournalEntry,
  slice: EventSlice,
  inflated: Uint8Array,
  rules: ProjectRules,
): DigestedEvent | OutcomeCount {
  const json = inflated.subarray(slice.offset, slice.offset + slice.length);
  const { payload, removed: scrubbed } = scrubJson(json, rules);
  const receipt = receiptOf(entry, rules);
  const { event } = normalizeEvent(payload, { ...entry, clientIp: undefined, ...receipt, eventId: slice.eventId });

  const filter = rules.filter(event, entry);
  if (filter !== undefined) return ended(entry, "filtered", filter, categoryOf(event));

  const [grouping, ...older] = GROUPING_VERSIONS.map((version) => version.group(event));
  if (grouping === undefined) throw new Error("there is no grouping version");
  const tags = searchedTags(event);
  const headline = headlineOf(event);
  return {
    projectId: entry.projectId,
    eventId: slice.eventId,
    receivedAtMs: entry.receivedAtMs,
    occurredAtMs: Date.parse(event.timestamp),
    category: categoryOf(event),
    level: event.level,
    platform: event.platform,
    title: headline.title,
    culprit: headline.culprit,
    environment: event.environment,
    release: event.release,
    tags,
    tagsJson: JSON.stringify(tags),
    user: event.user === undefined ? undefined : hashUser(event.user),
    groupingJson: JSON.stringify(grouping),
    receiptJson: receiptJson({ ...receipt, ...(scrubbed.length === 0 ? {} : { scrubbed }) }),
    fingerprints: [grouping.fingerprint, ...older.map(({ fingerprint }) => fingerprint)],
    source: entry.source,
    payload: pack(entry, slice, inflated, scrubbed.length === 0 ? undefined : toWrite(json, payload, rules)),
    words: encodeTsvector(searchText(event, headline)),
  };
}

function scrubJson(json: Uint8Array, { scrub }: ProjectRules): ScrubbedEvent {
  const payload = parseEventJsonForReading(json);
  return scrub === undefined ? { payload, removed: [] } : scrub(payload);
}

/** What is written anew says the same of everything that is no secret, of long numbers, too. */
function toWrite(json: Uint8Array, scrubbed: unknown, { scrub }: ProjectRules): unknown {
  if (scrub === undefined || !mayHaveLongNumber(json)) return scrubbed;
  return scrub(parseEventJsonForWriting(json)).payload;
}

/**
 * The payload as it came if it holds no secret and nothing else comes with it, which may; otherwise the event's JSON alone.
 */
function pack(entry: JournalEntry, slice: EventSlice, inflated: Uint8Array, written: unknown): Payload {
  if (written !== undefined) return packJson(Buffer.from(JSON.stringify(written)));
  return packPayload(slice, entry.encoding, entry.body, inflated);
}

/** What is kept of the receipt: by it the payload is read back. */
function receiptOf({ sentAt, clientIp, userAgent }: JournalEntry, rules: ProjectRules): Receipt {
  return {
    ...(sentAt === undefined ? {} : { sentAt }),
    ...(clientIp === undefined || !rules.keepsClientIp ? {} : { clientIp }),
    ...(userAgent === undefined ? {} : { userAgent }),
    ...(rules.defaultEnvironment === undefined ? {} : { defaultEnvironment: rules.defaultEnvironment }),
  };
}

/** Cleaned, because jsonb refuses NUL and lone surrogates, and clients write what they like into headers. */
function receiptJson({ sentAt, userAgent, ...others }: Receipt): string | undefined {
  const receipt = {
    ...(sentAt === undefined ? {} : { sentAt: cleanText(sentAt) }),
    ...(userAgent === undefined ? {} : { userAgent: cleanText(userAgent) }),
    ...others,
  };
  return Object.keys(receipt).length === 0 ? undefined : JSON.stringify(receipt);
}

function categoryOf(event: Event): Category {
  const isReport = event.csp ?? event.hpkp ?? event.expectct ?? event.expectstaple ?? event.nel;
  return isReport === undefined ? "error" : "security";
}

function ended(
  entry: JournalEntry,
  outcome: "invalid" | "filtered",
  reason: string,
  category: Category = "error",
): OutcomeCount {
  return { projectId: entry.projectId, hourMs: hourOf(entry.receivedAtMs), outcome, category, reason, count: 1 };
}

/** Counted for no project, since its own account is gone with it. */
function removed({ receivedAtMs, events }: JournalEntry): OutcomeCount {
  return {
    projectId: NIL_PROJECT_ID,
    hourMs: hourOf(receivedAtMs),
    outcome: "discarded",
    category: "error",
    reason: "project_removed",
    count: events.length,
  };
}
