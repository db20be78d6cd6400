import type { Cut, Event, Exception, Level } from "@mesher/protocol";
import { breadcrumbs } from "./breadcrumb.ts";
import { contexts, modules } from "./contexts.ts";
import { exceptions } from "./exception.ts";
import { type Field, invalid, text, trimmedText } from "./fields.ts";
import { fingerprint } from "./fingerprint.ts";
import { freeMap, otherValue } from "./free-value.ts";
import { settleIpAddresses } from "./ip-address.ts";
import { FORBIDDEN_KEY, isEmpty, isJsonObject, type JsonObject } from "./json.ts";
import { parseLevel } from "./level.ts";
import {
  DIST_LENGTH_MAX,
  ENVIRONMENT_LENGTH_MAX,
  HEADER_LENGTH_MAX,
  LOGGER_LENGTH_MAX,
  PLATFORM_LENGTH_MAX,
  RELEASE_LENGTH_MAX,
  SERVER_NAME_LENGTH_MAX,
  TRANSACTION_LENGTH_MAX,
} from "./limits.ts";
import { logEntry } from "./log-entry.ts";
import { nativeToSdkEvent } from "./native-event.ts";
import { Pass } from "./pass.ts";
import { request } from "./request.ts";
import { sdk } from "./sdk.ts";
import { SECURITY_REPORT_ALIASES, SECURITY_REPORT_KEYS, securityReport } from "./security-report.ts";
import { stacktrace } from "./stacktrace.ts";
import { tags } from "./tags.ts";
import { cleanText, shorten } from "./text.ts";
import { threads } from "./thread.ts";
import { clockDriftMs, eventTimestamp } from "./timestamp.ts";
import { user } from "./user.ts";

export interface NormalizeInput {
  /** Milliseconds since the epoch. */
  readonly receivedAtMs: number;
  /** 32 lowercase hex digits; whatever the payload says. */
  readonly eventId: string;
  /** Which rules wrote the payload: those of Sentry SDKs, or of `POST /api/v1/events`. */
  readonly source: "sentry" | "native";
  /** The envelope's `sent_at`, told by the same clock as the event's times. */
  readonly sentAt?: string;
  readonly clientIp?: string | undefined;
  readonly userAgent?: string;
  /** Of events that name none. */
  readonly defaultEnvironment?: string;
  /** How old an event may be, when the project says something else than the default. */
  readonly retentionDays?: number;
}

/** The payload is no JSON object. The only error `normalizeEvent` throws. */
export class NormalizeError extends Error {
  override readonly name = "NormalizeError";
}

/**
 * Whatever JSON comes, the canonical event leaves, with what it does not hold any more.
 *
 * Does not change the payload, but the event shares with it every part that was fine as it came. Canonical events
 * are fixed points: normalized again, without `sentAt` since their times are right now, they come back equal and uncut.
 */
export function normalizeEvent(raw: unknown, input: NormalizeInput): { event: Event; cuts: Cut[] } {
  if (!isJsonObject(raw)) throw new NormalizeError("the event is not a JSON object");
  const payload = input.source === "native" ? nativeToSdkEvent(raw) : raw;
  const pass = new Pass(clockDriftMs(input.sentAt, input.receivedAtMs));

  const event: Record<string, unknown> = {
    event_id: input.eventId,
    timestamp: eventTimestamp(payload.timestamp, input.receivedAtMs, input.retentionDays, pass),
    platform: at("platform", payload.platform, platform, pass) ?? "other",
    level: at("level", payload.level, level, pass) ?? ("error" satisfies Level),
  };
  copyParts(payload, event, pass);

  settleTransaction(event);
  settleEnvironment(event, input.defaultEnvironment);
  settleStacktrace(event);
  settleIpAddresses(event, input.clientIp);
  settleSecurityReport(event, input);
  return { event: event as unknown as Event, cuts: pass.cuts };
}

const platform = trimmedText(PLATFORM_LENGTH_MAX);
const level: Field = (value, pass) => parseLevel(value) ?? invalid(value, pass);
const freeExtra = freeMap("extra");
const freeDebugMeta = freeMap("debugMeta");

/** Every part of an event: its key, how it is made canonical, and the keys that older SDKs gave it. */
const PARTS: readonly (readonly [key: string, field: Field, ...aliases: string[]])[] = [
  ["logger", trimmedText(LOGGER_LENGTH_MAX)],
  ["logentry", logEntry, "sentry.interfaces.Message", "message"],
  ["transaction", trimmedText(TRANSACTION_LENGTH_MAX)],
  ["culprit", text(TRANSACTION_LENGTH_MAX)],
  ["server_name", trimmedText(SERVER_NAME_LENGTH_MAX)],
  ["release", trimmedText(RELEASE_LENGTH_MAX)],
  ["dist", trimmedText(DIST_LENGTH_MAX)],
  ["environment", trimmedText(ENVIRONMENT_LENGTH_MAX)],
  ["exception", exceptions, "sentry.interfaces.Exception"],
  ["threads", threads, "sentry.interfaces.Threads"],
  ["stacktrace", stacktrace, "sentry.interfaces.Stacktrace"],
  ["template", otherValue, "sentry.interfaces.Template"],
  ["breadcrumbs", breadcrumbs, "sentry.interfaces.Breadcrumbs"],
  ["request", request, "sentry.interfaces.Http"],
  ["user", user, "sentry.interfaces.User"],
  ["contexts", contexts, "sentry.interfaces.Contexts"],
  ["tags", tags],
  ["extra", (value, pass) => nonEmpty(freeExtra(value, pass))],
  ["modules", modules],
  ["debug_meta", (value, pass) => nonEmpty(freeDebugMeta(value, pass)), "sentry.interfaces.DebugMeta"],
  ["sdk", sdk, "sentry.interfaces.Sdk"],
  ["fingerprint", fingerprint],
  ...SECURITY_REPORT_KEYS.map((key) => [key, securityReport, SECURITY_REPORT_ALIASES[key]] as const),
];

/** Keys that are read by name or not at all, so that they are not copied as others. */
const READ_KEYS: ReadonlySet<string> = new Set([
  "event_id",
  "timestamp",
  "platform",
  "level",
  // The SDK's own record of what it removed, as deep as the event itself. Who wants it reads the payload.
  "_meta",
  FORBIDDEN_KEY,
]);

/** A name of a part. Of several that are sent the one with the lowest rank counts: the present one, then those of older SDKs. */
interface PartName {
  readonly name: string;
  readonly part: number;
  readonly rank: number;
}

const PART_NAMES: ReadonlyMap<string, PartName> = new Map(
  PARTS.flatMap(([key, , ...aliases], part) =>
    [key, ...aliases].map((name, rank) => [name, { name, part, rank }] as const),
  ),
);

/** By what the payload holds, since it holds a third of all names there are. Parts are made in their own order, for they share allowances. */
function copyParts(payload: JsonObject, event: Record<string, unknown>, pass: Pass): void {
  const sent: (PartName | undefined)[] = [];
  const others: string[] = [];
  for (const key in payload) {
    const found = PART_NAMES.get(key);
    if (found === undefined) {
      if (!READ_KEYS.has(key) && payload[key] !== null) others.push(key);
    } else if (isSent(payload[key]) && found.rank <= (sent[found.part]?.rank ?? found.rank)) {
      sent[found.part] = found;
    }
  }
  for (let part = 0; part < sent.length; part += 1) {
    const name = sent[part]?.name;
    const [key, field] = PARTS[part] ?? [];
    if (name === undefined || key === undefined || field === undefined) continue;
    const value = key === "logentry" ? withMessage(payload[name], payload) : payload[name];
    const after = at(key, value, field, pass);
    if (after !== undefined) event[key] = after;
  }
  for (const key of others) copyOther(key, payload[key], event, pass);
}

function copyOther(key: string, value: unknown, event: Record<string, unknown>, pass: Pass): void {
  const other = at(key, value, otherValue, pass);
  const cleanKey = cleanText(key);
  if (other !== undefined && !READ_KEYS.has(cleanKey) && !PART_NAMES.has(cleanKey)) event[cleanKey] = other;
}

/** Legacy SDKs sent the template in an interface and the text a person reads as `message`. */
function withMessage(sent: unknown, { message }: JsonObject): unknown {
  if (typeof message !== "string" || !isJsonObject(sent)) return sent;
  return isSent(sent.formatted) || sent.message === message ? sent : { ...sent, formatted: message };
}

/** The culprit is where SDKs had the transaction before there were transactions. */
function settleTransaction(event: Record<string, unknown>): void {
  if (event.transaction !== undefined || typeof event.culprit !== "string") return;
  const transaction = event.culprit.trim();
  if (transaction !== "") event.transaction = transaction;
  delete event.culprit;
}

/** Before there were environments, they were a tag (relay's `normalize_event_tags`). */
function settleEnvironment(event: Record<string, unknown>, defaultEnvironment: string | undefined): void {
  if (event.environment !== undefined) return;
  const environment = isJsonObject(event.tags) ? event.tags.environment : undefined;
  if (typeof environment === "string" && environment.length <= ENVIRONMENT_LENGTH_MAX && environment.trim() !== "")
    event.environment = environment.trim();
  else if (defaultEnvironment !== undefined) event.environment = defaultEnvironment;
}

/** The stack trace of an event with one exception is that exception's, unless it has its own. */
function settleStacktrace(event: Record<string, unknown>): void {
  if (event.stacktrace === undefined || event.exception === undefined) return;
  const [exception, ...more] = (event.exception as { values: readonly Exception[] }).values;
  if (exception === undefined || more.length > 0 || exception.stacktrace !== undefined) return;
  event.exception = { values: [{ ...exception, stacktrace: event.stacktrace }] };
  delete event.stacktrace;
}

/** A browser tells neither who nor which it is, but its request did (relay's `normalize_security_report`). */
function settleSecurityReport(event: Record<string, unknown>, { clientIp, userAgent }: NormalizeInput): void {
  if (!hasSecurityReport(event)) return;
  event.logger ??= "csp";
  const reader = isJsonObject(event.user) ? event.user : {};
  if (clientIp !== undefined && reader.ip_address === undefined) event.user = { ...reader, ip_address: clientIp };
  const page = isJsonObject(event.request) ? event.request : {};
  if (userAgent !== undefined && page.headers === undefined) {
    event.request = { ...page, headers: [["User-Agent", cleanText(shorten(userAgent, HEADER_LENGTH_MAX))]] };
  }
}

function hasSecurityReport(event: Record<string, unknown>): boolean {
  for (const key of SECURITY_REPORT_KEYS) if (event[key] !== undefined) return true;
  return false;
}

function at(key: string, value: unknown, field: Field, pass: Pass): unknown {
  if (!isSent(value)) return undefined;
  pass.enter(key);
  const after = field(value, pass);
  pass.leave();
  return after;
}

function isSent(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function nonEmpty(map: JsonObject | undefined): JsonObject | undefined {
  return map === undefined || isEmpty(map) ? undefined : map;
}
