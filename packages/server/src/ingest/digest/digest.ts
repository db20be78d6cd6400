/**
 * The middle of an event's way, pure and on a worker thread: journal entry → parse → scrub → normalize → filter → group → pack.
 * Whatever is in an entry, events and outcomes leave; together they account for every event of it.
 *
 * Scrubbing comes first, so that everything made of an event is made of what may be stored: also its title, its search
 * words and how it is grouped. What events are grouped by is not scrubbed but in texts, where a secret would have made
 * each event an issue of its own.
 */
import type { Category, Event, Grouping, ScrubbedPlace } from "@mesher/protocol";
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
import { type Headline, headlineOf } from "../normalize/title.ts";
import type { DigestedEvent } from "../store/digested-event.ts";
import { DEFAULT_RULES, type ProjectRules } from "./project-rules.ts";
import { searchedTags } from "./searched-tags.ts";

export interface Digest {
  /** In the order of the entries. */
  readonly events: readonly DigestedEvent[];
  readonly outcomes: readonly OutcomeCount[];
}

/**
 * So many events take each step together, before any of them takes the next: one event's way through all steps is more code than
 * a processor's caches hold, so that a third of the time went to fetching it again for every event. Few enough that what they are
 * made into stays small.
 */
const TOGETHER_MAX = 16;
const TOGETHER_BYTES_MAX = 128 * 1024;

export interface DigestOptions {
  readonly rulesOf?: (projectId: string) => ProjectRules | undefined;
  /** Hears which of the entries is worked on, by its place. */
  readonly onEntry?: (place: number) => void;
}

/** Entries one behind the other that are digested in one go, and the place of the first. */
export interface EntryGroup {
  readonly place: number;
  readonly entries: readonly JournalEntry[];
}

/** Parts entries into such groups, none empty. An entry of many events is one of its own. */
export function* groupsOf(entries: readonly JournalEntry[]): Generator<EntryGroup> {
  let place = 0;
  let count = 0;
  let bytes = 0;
  for (const [index, { events }] of entries.entries()) {
    const entryBytes = events.reduce((sum, { length }) => sum + length, 0);
    if (index > place && (count + events.length > TOGETHER_MAX || bytes + entryBytes > TOGETHER_BYTES_MAX)) {
      yield { place, entries: entries.slice(place, index) };
      place = index;
      count = 0;
      bytes = 0;
    }
    count += events.length;
    bytes += entryBytes;
  }
  if (entries.length > 0) yield { place, entries: entries.slice(place) };
}

export function digestEntries(
  entries: readonly JournalEntry[],
  { rulesOf = () => DEFAULT_RULES, onEntry = () => undefined }: DigestOptions = {},
): Digest {
  const run = new Run(onEntry);
  for (const [place, entry] of entries.entries()) {
    const rules = rulesOf(entry.projectId) ?? DEFAULT_RULES;
    if (rules.isRemoved) {
      run.outcomes.push(removed(entry));
      continue;
    }
    onEntry(place);
    const inflated = inflateBody(entry.encoding, entry.body);
    // What is kept of it is copied: it is most of the memory that an event takes.
    if (inflated !== entry.body) run.inflated.push(inflated);
    const receipt = receiptOf(entry, rules);
    for (const slice of entry.events) {
      const json = inflated.subarray(slice.offset, slice.offset + slice.length);
      run.add({ place, entry, rules, inflated, receipt, slice, json });
    }
  }
  run.end();
  for (const bytes of run.inflated) freeBytes(bytes);
  return run;
}

/** What every step tells: the place of the entry. */
interface Step {
  readonly place: number;
}

interface Sent extends Step {
  readonly entry: JournalEntry;
  readonly rules: ProjectRules;
  readonly inflated: Uint8Array;
  readonly receipt: Receipt;
  readonly slice: EventSlice;
  readonly json: Uint8Array;
}

interface Read extends Step {
  readonly sent: Sent;
  readonly payload: unknown;
  /** What was scrubbed. */
  readonly removed: readonly ScrubbedPlace[];
}

interface Canonical extends Step {
  readonly read: Read;
  readonly event: Event;
}

interface Grouped extends Step {
  readonly canonical: Canonical;
  readonly groupings: readonly [Grouping, ...Grouping[]];
}

interface Described extends Step {
  readonly grouped: Grouped;
  readonly tags: Readonly<Record<string, string>>;
  readonly tagsJson: string;
  readonly headline: Headline;
}

class Run implements Digest {
  readonly events: DigestedEvent[] = [];
  readonly outcomes: OutcomeCount[] = [];
  readonly inflated: Uint8Array[] = [];
  readonly #onEntry: (place: number) => void;
  #waiting: Sent[] = [];
  #waitingBytes = 0;

  constructor(onEntry: (place: number) => void) {
    this.#onEntry = onEntry;
  }

  add(sent: Sent): void {
    const isFull = this.#waiting.length >= TOGETHER_MAX || this.#waitingBytes + sent.json.length > TOGETHER_BYTES_MAX;
    if (isFull) this.end();
    this.#waiting.push(sent);
    this.#waitingBytes += sent.json.length;
  }

  /** Digests what was added and is not digested yet. */
  end(): void {
    const parsed = this.#take(this.#waiting, parse);
    const read = this.#take(parsed, scrub);
    const canonical = this.#take(read, normalize);
    const wanted = this.#take(canonical, filter);
    const grouped = this.#take(wanted, group);
    const described = this.#take(grouped, describe);
    this.events.push(...this.#take(described, finish));
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  /** Those that got through the step; the outcomes of the others are noted. */
  #take<From extends Step, To extends object>(from: readonly From[], step: (each: From) => To | OutcomeCount): To[] {
    const through: To[] = [];
    for (const each of from) {
      this.#onEntry(each.place);
      const result = step(each);
      if ("outcome" in result) this.outcomes.push(result);
      else through.push(result);
    }
    return through;
  }
}

function parse(sent: Sent): Read | OutcomeCount {
  try {
    return { place: sent.place, sent, payload: parseEventJsonForReading(sent.json), removed: [] };
  } catch (error) {
    if (error instanceof EventJsonError) return ended(sent.entry, "invalid", "json");
    throw error;
  }
}

function scrub(read: Read): Read {
  const { place, sent } = read;
  return sent.rules.scrub === undefined ? read : { place, sent, ...sent.rules.scrub(read.payload) };
}

function normalize(read: Read): Canonical | OutcomeCount {
  const { entry, receipt, slice } = read.sent;
  const { receivedAtMs, source } = entry;
  try {
    const { event } = normalizeEvent(read.payload, { receivedAtMs, source, ...receipt, eventId: slice.eventId });
    return { place: read.place, read, event };
  } catch (error) {
    if (error instanceof NormalizeError) return ended(entry, "invalid", "not_an_event");
    throw error;
  }
}

function filter(canonical: Canonical): Canonical | OutcomeCount {
  const { entry, rules } = canonical.read.sent;
  const dropped = rules.filter(canonical.event, entry);
  return dropped === undefined ? canonical : ended(entry, "filtered", dropped, categoryOf(canonical.event));
}

function group(canonical: Canonical): Grouped {
  const [newest, ...older] = GROUPING_VERSIONS.map((version) => version.group(canonical.event));
  if (newest === undefined) throw new Error("there is no grouping version");
  return { place: canonical.place, canonical, groupings: [newest, ...older] };
}

function describe(grouped: Grouped): Described {
  const { event } = grouped.canonical;
  const tags = searchedTags(event);
  return { place: grouped.place, grouped, tags, tagsJson: JSON.stringify(tags), headline: headlineOf(event) };
}

function finish({ grouped: { canonical, groupings }, tags, tagsJson, headline }: Described): DigestedEvent {
  const { read, event } = canonical;
  const { sent, payload, removed: scrubbed } = read;
  const { entry, slice, receipt, inflated } = sent;
  const [grouping, ...older] = groupings;
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
    tagsJson,
    user: event.user === undefined ? undefined : hashUser(event.user),
    groupingJson: JSON.stringify(grouping),
    receiptJson: receiptJson({ ...receipt, ...(scrubbed.length === 0 ? {} : { scrubbed }) }),
    fingerprints: [grouping.fingerprint, ...older.map(({ fingerprint }) => fingerprint)],
    source: entry.source,
    payload: pack(entry, slice, inflated, scrubbed.length === 0 ? undefined : toWrite(sent, payload)),
    words: encodeTsvector(searchText(event, headline)),
  };
}

/** What is written anew says the same of everything that is no secret, of long numbers, too. */
function toWrite({ json, rules }: Sent, scrubbed: unknown): unknown {
  if (rules.scrub === undefined || !mayHaveLongNumber(json)) return scrubbed;
  return rules.scrub(parseEventJsonForWriting(json)).payload;
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
