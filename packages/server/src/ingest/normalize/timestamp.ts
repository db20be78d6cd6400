import type { Field } from "./fields.ts";
import { invalid } from "./fields.ts";
import { CLOCK_DRIFT_MIN_MS, EVENT_AGE_DAYS_MAX, EVENT_AHEAD_MS_MAX } from "./limits.ts";
import type { Pass } from "./pass.ts";

/** When an event happened, as far as it can be believed. Without a usable time: when it was received. */
export function eventTimestamp(
  raw: unknown,
  receivedAtMs: number,
  retentionDays: number | undefined,
  pass: Pass,
): string {
  if (raw === undefined || raw === null) return toTimestamp(receivedAtMs);

  const toldMs = parseTimestampMs(raw);
  if (toldMs === undefined) {
    pass.cutAt("timestamp", "invalid");
    return toTimestamp(receivedAtMs);
  }
  const timestampMs = toldMs + pass.clockDriftMs;
  if (timestampMs < receivedAtMs - (retentionDays ?? EVENT_AGE_DAYS_MAX) * DAY_MS) {
    pass.cutAt("timestamp", "past_timestamp");
    return toTimestamp(receivedAtMs);
  }
  if (timestampMs > receivedAtMs + EVENT_AHEAD_MS_MAX) {
    pass.cutAt("timestamp", "future_timestamp");
    return toTimestamp(receivedAtMs);
  }
  if (pass.clockDriftMs !== 0) pass.cutAt("timestamp", "clock_drift");
  return toTimestamp(timestampMs);
}

/** Milliseconds by which the sender's clock is behind ours, or 0 where that may be the way through queues. */
export function clockDriftMs(sentAt: string | undefined, receivedAtMs: number): number {
  const sentAtMs = sentAt === undefined ? undefined : parseTimestampMs(sentAt);
  const driftMs = sentAtMs === undefined ? 0 : receivedAtMs - sentAtMs;
  return Math.abs(driftMs) >= CLOCK_DRIFT_MIN_MS ? driftMs : 0;
}

/** A time within the event, told by the same clock. */
export const senderTimestamp: Field = (value, pass) => {
  if (pass.clockDriftMs === 0 && canonicalMs(value) !== undefined) return value;
  const timestampMs = parseTimestampMs(value);
  if (timestampMs === undefined) return invalid(value, pass);
  const correctedMs = timestampMs + pass.clockDriftMs;
  return isWithinCalendar(correctedMs) ? toTimestamp(correctedMs) : invalid(value, pass);
};

/**
 * Milliseconds since the epoch of a time as SDKs write it: seconds as a number or its text, or ISO 8601, where
 * white space may stand for the `T` and a missing zone means UTC (relay's `Timestamp`).
 */
export function parseTimestampMs(value: unknown): number | undefined {
  if (typeof value === "number") return fromNumber(value);
  // What is longer is no time, and would keep the expressions below busy.
  if (typeof value !== "string" || value.length > TIMESTAMP_LENGTH_MAX) return undefined;
  const timestampMs = canonicalMs(value);
  if (timestampMs !== undefined) return timestampMs;
  const parts = ISO_8601.exec(value);
  if (parts !== null) return fromParts(parts);
  return NUMBER.test(value) ? fromNumber(Number(value)) : undefined;
}

/**
 * ISO 8601 in UTC with milliseconds. The minute is remembered, as an event has a hundred times that
 * are seconds apart, and writing a date takes longer than all else that is done to a breadcrumb.
 */
function toTimestamp(timestampMs: number): string {
  const minute = Math.floor(timestampMs / MINUTE_MS);
  if (minute !== lastMinute.minute) {
    lastMinute = { minute, prefix: new Date(minute * MINUTE_MS).toISOString().slice(0, -MINUTE_SUFFIX_LENGTH) };
  }
  const withinMs = timestampMs - minute * MINUTE_MS;
  const milliseconds = withinMs % 1000;
  const seconds = (withinMs - milliseconds) / 1000;
  return `${lastMinute.prefix}${seconds < 10 ? "0" : ""}${seconds}.${milliseconds < 10 ? "00" : milliseconds < 100 ? "0" : ""}${milliseconds}Z`;
}

const MINUTE_MS = 60_000;
const MINUTE_SUFFIX_LENGTH = "36.000Z".length;
let lastMinute = { minute: Number.NaN, prefix: "" };

const TIMESTAMP_LENGTH_MAX = 64;
const DAY_MS = 24 * 60 * 60 * 1000;
const CANONICAL_LENGTH = "2011-05-02T17:41:36.000Z".length;

const ISO_8601 =
  /^\s*(\d{4})-(\d\d)-(\d\d)(?:[T\s]\s*(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,12}))?)?\s*(?:Z|UTC|GMT|([+-])(\d\d):?(\d\d)?)?)?\s*$/i;
const NUMBER = /^\s*\d{1,20}(?:\.\d{1,20})?\s*$/;

/** Of a time that is written as we write it; `undefined` for any other. */
function canonicalMs(value: unknown): number | undefined {
  if (typeof value !== "string" || value.length !== CANONICAL_LENGTH || !value.endsWith("Z")) return undefined;
  const timestampMs = Date.parse(value);
  return isWithinCalendar(timestampMs) && toTimestamp(timestampMs) === value ? timestampMs : undefined;
}

function fromParts(parts: RegExpExecArray): number | undefined {
  const [, year, month, day, hour = "0", minute = "0", second = "0", fraction = "", sign, zoneHour, zoneMinute = "0"] =
    parts;
  const dayMs = Date.UTC(Number(year), Number(month) - 1, Number(day));
  // `Date.UTC` rolls the 31st of February over into March.
  if (new Date(dayMs).getUTCDate() !== Number(day) || Number(month) > 12) return undefined;
  if (Number(hour) > 24 || Number(minute) > 59 || Number(second) > 60) return undefined;

  const timeMs = ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000;
  const fractionMs = Math.floor(Number(`0.${fraction}0`) * 1000);
  const zoneMs =
    sign === undefined ? 0 : (Number(zoneHour) * 60 + Number(zoneMinute)) * 60_000 * (sign === "-" ? -1 : 1);
  const timestampMs = dayMs + timeMs + fractionMs - zoneMs;
  return isWithinCalendar(timestampMs) ? timestampMs : undefined;
}

/** Seconds, unless that would be beyond the year 5000: then milli-, micro- or nanoseconds. */
function fromNumber(value: number): number | undefined {
  let timestampMs = value * 1000;
  for (const unitsPerSecond of [1e3, 1e6, 1e9]) {
    if (timestampMs > SECONDS_END_MS) timestampMs = (value / unitsPerSecond) * 1000;
  }
  const wholeMs = Math.round(timestampMs);
  return isWithinCalendar(wholeMs) ? wholeMs : undefined;
}

const SECONDS_END_MS = Date.UTC(5000, 0);

/** Years 0 to 9999, which `toISOString` writes with four digits. */
function isWithinCalendar(timestampMs: number): boolean {
  return timestampMs >= CALENDAR_START_MS && timestampMs < CALENDAR_END_MS;
}

const CALENDAR_START_MS = Date.parse("0000-01-01T00:00:00.000Z");
const CALENDAR_END_MS = Date.UTC(10_000, 0);
