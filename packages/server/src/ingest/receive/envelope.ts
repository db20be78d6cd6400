import {
  type Category,
  type Envelope,
  EnvelopeError,
  type EnvelopeItem,
  parseEnvelope,
  parseEventId,
} from "@mesher/protocol";
import type { ProjectKey } from "../../organizations/project-key.ts";
import { EventJsonError, parseEventJson } from "../event-json.ts";
import { admit } from "./admit.ts";
import { type Answer, acceptedAnswer } from "./answer.ts";
import { findEnvelopeDsn } from "./auth.ts";
import { tooLarge } from "./body.ts";
import { parseClientReport } from "./client-report.ts";
import type { EndedItems, IngestDependencies } from "./dependencies.ts";
import { checkDsn, type Exchange, missingAuth, openProject, senderOf } from "./exchange.ts";
import type { ReceivedBody } from "./inflate.ts";
import { findItemKind } from "./item-kinds.ts";
import { CLIENT_REPORT_BYTES_MAX } from "./limits.ts";
import { Refusal } from "./refusal.ts";

/** Takes the event of an envelope; its other items are counted and left. Throws a Refusal. */
export async function takeEnvelope(body: ReceivedBody, exchange: Exchange, deps: IngestDependencies): Promise<Answer> {
  const { bytes } = body;
  const key = exchange.key ?? (await openByDsn(bytes, exchange, deps));
  const envelope = parse(bytes);
  const dsn = findEnvelopeDsn(envelope.header);
  if (dsn !== undefined) checkDsn(dsn, key);
  try {
    return await takeEvent({ envelope, body, key }, exchange, deps);
  } finally {
    // The other items end whatever becomes of the event.
    countOthers(envelope, bytes, key, deps);
  }
}

interface OpenedEnvelope {
  readonly envelope: Envelope;
  readonly body: ReceivedBody;
  readonly key: ProjectKey;
}

async function takeEvent(
  { envelope, body, key }: OpenedEnvelope,
  exchange: Exchange,
  deps: IngestDependencies,
): Promise<Answer> {
  const { bytes } = body;
  const event = theEvent(envelope.items, bytes, deps.limits.eventBytesMax);
  const headerId = parseEventId(envelope.header.event_id);
  if (event === undefined) return acceptedAnswer(headerId);

  const eventId = headerId ?? payloadId(payloadOf(event, bytes)) ?? deps.makeEventId();
  await admit(
    {
      key,
      category: "error",
      source: "sentry",
      events: [{ eventId, offset: event.offset, length: event.length }],
      body,
      ...sentAt(envelope),
      ...senderOf(exchange, deps),
    },
    deps,
  );
  return acceptedAnswer(eventId);
}

/** Whether bytes can be a JSON object, as far as their ends tell. */
export function looksLikeObject(bytes: Uint8Array): boolean {
  let start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  let end = bytes.length - 1;
  while (isSpace(bytes[start])) start++;
  while (end > start && isSpace(bytes[end])) end--;
  return end > start && bytes[start] === OPENING_BRACE && bytes[end] === CLOSING_BRACE;
}

/** A body without authentication in its request may have it in its first line, as behind a tunnel. */
async function openByDsn(bytes: Uint8Array, exchange: Exchange, deps: IngestDependencies): Promise<ProjectKey> {
  const newline = bytes.indexOf(NEWLINE);
  let header: Envelope["header"];
  try {
    header = parseEnvelope(newline === -1 ? bytes : bytes.subarray(0, newline)).header;
  } catch {
    throw missingAuth(exchange.route);
  }
  const dsn = findEnvelopeDsn(header);
  if (dsn === undefined) throw missingAuth(exchange.route);
  return openProject(dsn.publicKey, exchange, deps);
}

function parse(bytes: Uint8Array): Envelope {
  try {
    return parseEnvelope(bytes);
  } catch (error) {
    if (!(error instanceof EnvelopeError)) throw error;
    throw new Refusal("malformed", `invalid envelope: ${error.message}`, { reason: "envelope", cause: error.cause });
  }
}

function theEvent(items: readonly EnvelopeItem[], bytes: Uint8Array, bytesMax: number): EnvelopeItem | undefined {
  const events = items.filter((item) => item.header.type === "event");
  const [event] = events;
  if (event === undefined) return undefined;
  if (events.length > 1) {
    throw new Refusal("malformed", "an envelope holds at most one event", {
      reason: "events",
      quantity: events.length,
    });
  }
  if (event.length > bytesMax) throw tooLarge(bytesMax);
  // Its JSON is parsed by a worker: here it would take longer than all the rest.
  if (!looksLikeObject(payloadOf(event, bytes))) {
    throw new Refusal("malformed", "the event is not a JSON object", { reason: "event" });
  }
  return event;
}

/** SDKs name the event in the envelope's header too, so that this is seldom needed. */
function payloadId(payload: Uint8Array): string | undefined {
  try {
    const event = parseEventJson(payload);
    return parseEventId((event as { readonly event_id?: unknown } | null)?.event_id);
  } catch (error) {
    if (!(error instanceof EventJsonError)) throw error;
    throw new Refusal("malformed", error.message, { reason: "event", cause: error.cause });
  }
}

function countOthers(envelope: Envelope, bytes: Uint8Array, { projectId }: ProjectKey, deps: IngestDependencies): void {
  for (const item of envelope.items) {
    if (item.header.type === "event") continue;
    for (const ended of endOf(item, bytes)) deps.countOutcome({ projectId, ...ended });
  }
}

function endOf(item: EnvelopeItem, bytes: Uint8Array): readonly EndedItems[] {
  if (item.header.type === "client_report") return endOfClientReport(item, bytes);
  const { category, bytesMax } = findItemKind(item.header.type);
  const outcome = item.length > bytesMax ? "item_too_large" : "unsupported_item";
  return [{ outcome, category, quantity: quantityOf(item) }];
}

function endOfClientReport(item: EnvelopeItem, bytes: Uint8Array): readonly EndedItems[] {
  const category: Category = "internal";
  if (item.length > CLIENT_REPORT_BYTES_MAX) return [{ outcome: "item_too_large", category, quantity: 1 }];

  const discarded = parseClientReport(payloadOf(item, bytes));
  if (discarded === undefined) {
    return [{ outcome: "unsupported_item", category, quantity: 1, reason: "client_report" }];
  }
  return discarded.map((found) => ({ outcome: "client_discarded", ...found }));
}

/** Logs, spans and metrics come many to an item. */
function quantityOf({ header }: EnvelopeItem): number {
  const { item_count: count } = header;
  return typeof count === "number" && Number.isSafeInteger(count) && count > 0 ? Math.min(count, ITEM_COUNT_MAX) : 1;
}

function sentAt({ header }: Envelope): { sentAt?: string } {
  const { sent_at: time } = header;
  return typeof time === "string" && time.length <= TIME_LENGTH_MAX ? { sentAt: time } : {};
}

function payloadOf({ offset, length }: EnvelopeItem, bytes: Uint8Array): Uint8Array {
  return bytes.subarray(offset, offset + length);
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

const NEWLINE = 0x0a;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;
const ITEM_COUNT_MAX = 10_000;
const TIME_LENGTH_MAX = 64;
