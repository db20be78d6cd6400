/** Statements on the table `events`, which this folder owns. */
import type { Grouping, ScrubbedPlace } from "@mesher/protocol";
import { copyBinary } from "../db/copy.ts";
import { CopyBuffer } from "../db/copy-buffer.ts";
import type { Database } from "../db/database.ts";
import type { Transaction } from "../db/transaction.ts";
import type { Tsvector } from "../db/tsvector.ts";
import { readNewestFirst } from "./newest-first.ts";
import { DAY_MS, dayOf, existingPartitions, partitionName } from "./partitions.ts";
import { ENCODING_NUMBERS, type EventSource, encodingOf, type Payload, SOURCE_NUMBERS, sourceOf } from "./payload.ts";

/** What the payload does not hold, but reading it needs. */
export interface Receipt {
  readonly sentAt?: string;
  readonly clientIp?: string;
  readonly userAgent?: string;
  /** What the project's settings said of events that name no environment. */
  readonly defaultEnvironment?: string;
  /** What was scrubbed from the payload before it was stored. */
  readonly scrubbed?: readonly ScrubbedPlace[];
}

export interface NewEvent {
  readonly projectId: string;
  readonly eventId: string;
  readonly issueId: string;
  readonly receivedAtMs: number;
  readonly occurredAtMs: number;
  readonly level: string;
  readonly title: string;
  readonly environment: string | undefined;
  readonly release: string | undefined;
  /** The fingerprint that led it to its issue, where it is not that of its own grouping. */
  readonly placedBy?: string | undefined;
  /** JSON texts, made once in the digest. */
  readonly tagsJson: string;
  readonly groupingJson: string;
  readonly receiptJson: string | undefined;
  readonly source: EventSource;
  readonly payload: Payload;
  /** The words it is found by. */
  readonly words: Tsvector;
}

const COLUMNS = `events (project_id, event_id, issue_id, received_at, occurred_at, level, title, environment, release,
  tags, grouping, payload_source, payload_encoding, payload_offset, payload_length, receipt, payload, search, placed_by)`;

const COLUMN_COUNT = 19;

/** Fails with a unique violation when one of the events is stored already: find those first, and try again. */
export async function insertEvents(tx: Transaction, events: readonly NewEvent[]): Promise<void> {
  const rows = spareBuffers.pop() ?? new CopyBuffer();
  rows.clear();
  fill(rows, events);
  await copyBinary(tx, COLUMNS, rows);
  // Not after a failure: then some of its bytes may still be on their way.
  if (spareBuffers.length < SPARE_BUFFERS_MAX && rows.capacity <= SPARE_BYTES_MAX) spareBuffers.push(rows);
}

/** Kept from batch to batch: a new one would grow from nothing to megabytes every time. */
const spareBuffers: CopyBuffer[] = [];
const SPARE_BUFFERS_MAX = 2;
const SPARE_BYTES_MAX = 8 * 1024 * 1024;

function fill(rows: CopyBuffer, events: readonly NewEvent[]): void {
  for (const event of events) {
    rows.startRow(COLUMN_COUNT);
    rows.uuid(event.projectId);
    rows.uuid(event.eventId);
    rows.uuid(event.issueId);
    rows.timestamptz(event.receivedAtMs);
    rows.timestamptz(event.occurredAtMs);
    rows.text(event.level);
    rows.text(event.title);
    if (event.environment === undefined) rows.null();
    else rows.text(event.environment);
    if (event.release === undefined) rows.null();
    else rows.text(event.release);
    rows.jsonb(event.tagsJson);
    rows.jsonb(event.groupingJson);
    rows.int2(SOURCE_NUMBERS[event.source]);
    rows.int2(ENCODING_NUMBERS[event.payload.encoding]);
    rows.int4(event.payload.offset);
    rows.int4(event.payload.length);
    if (event.receiptJson === undefined) rows.null();
    else rows.jsonb(event.receiptJson);
    rows.bytea(event.payload.body);
    rows.bytea(event.words);
    if (event.placedBy === undefined) rows.null();
    else rows.uuid(event.placedBy);
  }
}

export interface EventKey {
  readonly projectId: string;
  readonly eventId: string;
}

/** From when an event may be stored already, and until when others may have stored it. */
export interface StoredSpan {
  readonly oldestMs: number;
  readonly newestMs: number;
}

/**
 * Which of these events are stored. Looks at the days of the span and the day before it: a client's resend comes within
 * hours, and every further day would cost one more index probe for each event.
 */
export async function findStoredEvents(
  tx: Transaction,
  keys: readonly EventKey[],
  { oldestMs, newestMs }: StoredSpan,
): Promise<EventKey[]> {
  const days = await existingPartitions(tx, dayOf(oldestMs) - DAY_MS, newestMs);
  if (days.length === 0) return [];
  // Each day by its name, and nothing said of moments: with them, and few statistics or none of a new day, an index by
  // moments looks cheaper than that of the keys, and is then searched moment by moment for each key.
  const ofDays = days.map(
    (day) =>
      `select d.project_id, d.event_id from ${day} d where d.project_id = k.project_id and d.event_id = k.event_id`,
  );
  const { rows } = await tx.query<{ project_id: string; event_id: string }>({
    // Without a name, so that it is planned for each batch: a plan from when the day had but a few events reads all of the
    // day for each key, and would be kept until the day is analyzed again.
    text: `
      select e.project_id, e.event_id
      from unnest($1::uuid[], $2::uuid[]) as k (project_id, event_id)
      -- A limit keeps it one probe of the index for each: joined, a new day would be read as a whole with every batch.
      cross join lateral (${ofDays.join(" union all ")} limit 1) e`,
    values: [keys.map(({ projectId }) => projectId), keys.map(({ eventId }) => eventId)],
  });
  return rows.map((row) => ({ projectId: row.project_id, eventId: row.event_id.replaceAll("-", "") }));
}

export interface EventSummary {
  readonly eventId: string;
  readonly level: string;
  readonly title: string;
  readonly receivedAt: Date;
}

/** An issue, and between which moments its events were received. */
export interface IssueSpan {
  readonly projectId: string;
  readonly issueId: string;
  readonly firstSeen: Date;
  readonly lastSeen: Date;
}

/** The moments in which an issue can have events; the end is not one of them. */
export function lifeOf({ firstSeen, lastSeen }: Pick<IssueSpan, "firstSeen" | "lastSeen">) {
  return { fromMs: firstSeen.getTime(), toMs: lastSeen.getTime() + 1 };
}

/** The newest events of an issue. */
export async function listIssueEvents(database: Database, issue: IssueSpan, limit: number): Promise<EventSummary[]> {
  const life = lifeOf(issue);
  const range = { ...life, nowMs: issue.lastSeen.getTime(), limit };
  const rows = await readNewestFirst(range, async ({ fromMs = life.fromMs, toMs = life.toMs }, rest) => {
    const found = await database.query<{ event_id: string; level: string; title: string; received_at: Date }>({
      name: "events.list_of_issue",
      text: `
        select event_id, level, title, received_at
        from events
        where project_id = $1 and issue_id = $2 and received_at >= $3 and received_at < $4
        order by received_at desc, event_id desc
        limit $5`,
      values: [issue.projectId, issue.issueId, new Date(fromMs), new Date(toMs), rest],
    });
    return found.rows;
  });
  return rows.map((row) => ({
    eventId: row.event_id.replaceAll("-", ""),
    level: row.level,
    title: row.title,
    receivedAt: row.received_at,
  }));
}

export interface StoredEvent extends EventSummary {
  readonly projectId: string;
  readonly issueId: string;
  readonly grouping: Grouping;
  readonly source: EventSource;
  readonly receipt: Receipt;
  readonly payload: Payload;
}

interface EventRow {
  project_id: string;
  event_id: string;
  issue_id: string;
  level: string;
  title: string;
  received_at: Date;
  grouping: Grouping;
  payload_source: number;
  payload_encoding: number;
  payload_offset: number;
  payload_length: number;
  receipt: Receipt | null;
  payload: Uint8Array;
}

const STORED_COLUMNS = `
  project_id, event_id, issue_id, level, title, received_at, grouping,
  payload_source, payload_encoding, payload_offset, payload_length, receipt, payload`;

/** Asked for most, and found without a look at all days. */
const RECENT_DAYS = 14;

/** Finds an event among the given projects: the same id may exist in several, and only these may be seen. */
export async function findEvent(
  database: Database,
  projectIds: readonly string[],
  eventId: string,
  nowMs: number,
): Promise<StoredEvent | undefined> {
  const select = `select ${STORED_COLUMNS} from events where project_id = any($1::uuid[]) and event_id = $2`;
  const recent = await database.query<EventRow>({
    name: "events.find_recent",
    text: `${select} and received_at >= $3 order by received_at limit 1`,
    values: [projectIds, eventId, new Date(dayOf(nowMs) - RECENT_DAYS * DAY_MS)],
  });
  if (recent.rows[0] !== undefined) return storedOf(recent.rows[0]);
  // Without a moment its plan is made once, and kept.
  const { rows } = await database.query<EventRow>({
    name: "events.find",
    text: `${select} order by received_at limit 1`,
    values: [projectIds, eventId],
  });
  return rows[0] && storedOf(rows[0]);
}

/** The newest of a project whole, at most `limit`, and no more than have `bytesMax` together as they are stored. */
export async function listNewestStored(
  database: Database,
  projectId: string,
  { limit, bytesMax }: { readonly limit: number; readonly bytesMax: number },
): Promise<StoredEvent[]> {
  const { rows } = await database.query<EventRow>({
    name: "events.list_newest_stored",
    text: `
      with newest as (
        select ${STORED_COLUMNS}, sum(octet_length(payload)) over (order by received_at desc, event_id desc) as bytes_so_far
        from (select * from events where project_id = $1 order by received_at desc, event_id desc limit $2) e
      )
      select ${STORED_COLUMNS} from newest where bytes_so_far <= $3 order by received_at desc, event_id desc`,
    values: [projectId, limit, bytesMax],
  });
  return rows.map(storedOf);
}

const storedOf = (row: EventRow): StoredEvent => ({
  projectId: row.project_id,
  eventId: row.event_id.replaceAll("-", ""),
  issueId: row.issue_id,
  level: row.level,
  title: row.title,
  receivedAt: row.received_at,
  grouping: row.grouping,
  source: sourceOf(row.payload_source),
  receipt: row.receipt ?? {},
  payload: {
    encoding: encodingOf(row.payload_encoding),
    offset: row.payload_offset,
    length: row.payload_length,
    body: row.payload,
  },
});

/** Ids within an issue, in the order the events were received; `null` beyond the ends. */
export interface Neighbours {
  readonly previousId: string | null;
  readonly nextId: string | null;
  readonly firstId: string;
  readonly latestId: string;
}

/** `issue` is the event's. */
export async function findNeighbours(database: Database, event: StoredEvent, issue: IssueSpan): Promise<Neighbours> {
  const near = await findWithin(database, event, issue);
  // Next to the first event there is nothing, however long one looks.
  const isWhole =
    near.firstId !== undefined &&
    near.latestId !== undefined &&
    (near.previousId !== undefined || near.firstId === event.eventId) &&
    (near.nextId !== undefined || near.latestId === event.eventId);
  const found = isWhole ? near : await findWithin(database, event, undefined);
  return {
    previousId: found.previousId ?? null,
    nextId: found.nextId ?? null,
    firstId: found.firstId ?? event.eventId,
    latestId: found.latestId ?? event.eventId,
  };
}

/** How far from an event, and from the ends of its issue's life, is looked first. */
const NEAR_MS = 3 * DAY_MS;

/** Near the event and the ends of its issue's life; without these, at any distance. */
async function findWithin(database: Database, event: StoredEvent, near: IssueSpan | undefined) {
  const values: unknown[] = [event.projectId, event.issueId, event.receivedAt, event.eventId];
  const at = near && event.receivedAt;
  const from = (moment: Date | undefined, beforeMs: number) =>
    moment === undefined ? "" : `and received_at >= $${values.push(new Date(moment.getTime() - beforeMs))}`;
  const to = (moment: Date | undefined, afterMs: number) =>
    moment === undefined ? "" : `and received_at <= $${values.push(new Date(moment.getTime() + afterMs))}`;
  const within = "from events where project_id = $1 and issue_id = $2";
  // The moment alone beside the pair: by a pair no day is ruled out.
  const text = `
    select
      (select event_id ${within} and received_at <= $3 and (received_at, event_id) < ($3, $4) ${from(at, NEAR_MS)}
        order by received_at desc, event_id desc limit 1) as previous,
      (select event_id ${within} and received_at >= $3 and (received_at, event_id) > ($3, $4) ${to(at, NEAR_MS)}
        order by received_at, event_id limit 1) as next,
      (select event_id ${within} ${from(near?.firstSeen, 0)} ${to(near?.firstSeen, NEAR_MS)}
        order by received_at, event_id limit 1) as first,
      (select event_id ${within} ${from(near?.lastSeen, NEAR_MS)} order by received_at desc, event_id desc limit 1) as latest`;
  const { rows } = await database.query<Record<"previous" | "next" | "first" | "latest", string | null>>({
    name: near === undefined ? "events.find_neighbours" : "events.find_near_neighbours",
    text,
    values,
  });
  const idOf = (id: string | null | undefined) => id?.replaceAll("-", "");
  const [found] = rows;
  return {
    previousId: idOf(found?.previous),
    nextId: idOf(found?.next),
    firstId: idOf(found?.first),
    latestId: idOf(found?.latest),
  };
}

/** Up to `rowsMax` events of a project that is gone, the oldest first; how many. */
export async function deleteEventsOf(tx: Transaction, projectId: string, rowsMax: number): Promise<number> {
  const { rowCount } = await tx.query({
    name: "events.delete_of_project",
    text: `
      delete from events e
      using (select received_at, event_id from events where project_id = $1 order by received_at limit $2) old
      where e.project_id = $1 and e.received_at = old.received_at and e.event_id = old.event_id`,
    values: [projectId, rowsMax],
  });
  return rowCount;
}

/** The oldest event of a project, if one was received before a moment. */
export async function findEventBefore(database: Database, projectId: string, before: Date): Promise<Date | undefined> {
  const { rows } = await database.query<{ received_at: Date }>({
    name: "events.find_before",
    text: "select received_at from events where project_id = $1 and received_at < $2 order by received_at limit 1",
    values: [projectId, before],
  });
  return rows[0]?.received_at;
}

export interface DeletedEvents {
  readonly rows: number;
  /** Of their payloads: space that PostgreSQL uses again for events of that day. */
  readonly payloadBytes: number;
}

/** Up to `rowsMax` events of a project on one day. */
export async function deleteEventsOfDay(
  tx: Transaction,
  projectId: string,
  dayMs: number,
  rowsMax: number,
): Promise<DeletedEvents> {
  const partition = partitionName(dayMs);
  const { rows } = await tx.query<{ rows: number; payload_bytes: number }>({
    text: `
      with deleted as (
        delete from ${partition} where ctid = any(array(select ctid from ${partition} where project_id = $1 limit $2))
        returning octet_length(payload) as payload_bytes
      )
      select count(*) as rows, coalesce(sum(payload_bytes), 0) as payload_bytes from deleted`,
    values: [projectId, rowsMax],
  });
  return { rows: rows[0]?.rows ?? 0, payloadBytes: rows[0]?.payload_bytes ?? 0 };
}
