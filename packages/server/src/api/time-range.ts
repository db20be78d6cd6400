/** The range of time a request is about, as its query names it. */
import { isOfKnownYear } from "@mesher/protocol";
import { Type } from "typebox";
import type { Buckets } from "../dashboards/buckets.ts";
import { badRequest } from "./api-error.ts";
import { oneOf } from "./pages-of-lists.ts";

export const RangeQuery = {
  from: Type.Optional(Type.String({ description: "ISO 8601; UTC where it names no zone" })),
  to: Type.Optional(Type.String({ description: "ISO 8601, itself excluded; default now" })),
  period: Type.Optional(Type.String({ description: "Instead of `from`: the time before `to`, as `24h` or `7d`" })),
};

export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface GivenRange {
  readonly from?: string;
  readonly to?: string;
  readonly period?: string;
}

const HOUR_MS = 3_600_000;
const PERIOD_UNITS_MS = { m: 60_000, h: HOUR_MS, d: 24 * HOUR_MS, w: 7 * 24 * HOUR_MS } as const;
const DEFAULT_PERIOD_MS = 24 * HOUR_MS;
/** Longer than any retention. */
const RANGE_DAYS_MAX = 400;

/** A range with both ends: the last 24 hours if the request names none. */
export function parseRange(given: GivenRange, nowMs: number): TimeRange {
  const toMs = given.to === undefined ? nowMs : parseTime("to", given.to);
  const fromMs = startOf(given, toMs) ?? toMs - DEFAULT_PERIOD_MS;
  if (fromMs >= toMs) throw badRequest("from must be before to");
  if (toMs - fromMs > RANGE_DAYS_MAX * 24 * HOUR_MS) throw badRequest(`a range has at most ${RANGE_DAYS_MAX} days`);
  return { fromMs, toMs };
}

/** The ends that the request names. */
export function parseOpenRange(
  given: GivenRange,
  nowMs: number,
): { fromMs: number | undefined; toMs: number | undefined } {
  const toMs = given.to === undefined ? undefined : parseTime("to", given.to);
  const fromMs = startOf(given, toMs ?? nowMs);
  if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs) throw badRequest("from must be before to");
  return { fromMs, toMs };
}

function startOf({ from, period }: GivenRange, toMs: number): number | undefined {
  if (from !== undefined && period !== undefined) throw badRequest("from and period exclude each other");
  if (from !== undefined) return parseTime("from", from);
  if (period === undefined) return undefined;
  const [, count = "", unit = ""] = /^(\d{1,5})([mhdw])$/.exec(period) ?? [];
  const unitMs = PERIOD_UNITS_MS[unit as keyof typeof PERIOD_UNITS_MS];
  if (unitMs === undefined || Number(count) === 0) throw badRequest("period must be a time like 90m, 24h, 7d or 2w");
  return toMs - Number(count) * unitMs;
}

const TIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+ -]\d\d:?\d\d)?)?$/i;

function parseTime(name: string, text: string): number {
  const [, day = "", time = "00:00", zone = "Z"] = TIME.exec(text) ?? [];
  // A plus that was not percent-encoded arrives as a blank.
  const offset = zone.toUpperCase() === "Z" ? "Z" : zone.replace(" ", "+").replace(/(\d\d):?(\d\d)$/, "$1:$2");
  const ms = Date.parse(`${day}T${time}${offset}`);
  if (!isOfKnownYear(ms) || !new Date(`${day}T00:00Z`).toISOString().startsWith(day))
    throw badRequest(`${name} must be an ISO 8601 time, as 2026-01-31 or 2026-01-31T12:00:00Z`);
  return ms;
}

export const BucketQuery = {
  bucket: Type.Optional(Type.String({ description: "`hour` (up to 7 days the default) or `day`" })),
  tz: Type.Optional(Type.String({ description: "Where days begin: an IANA name, as `Europe/Vienna`; default UTC" })),
};

/** Points of a chart. */
const BUCKETS_MAX = 2_000;
/** Longer ranges are shown in days unless hours are asked for. */
const HOURLY_RANGE_MS_MAX = 7 * 24 * HOUR_MS;

/** The range in whole hours, as events are counted: it ends with the hour of `to`. */
export function parseHours(given: GivenRange, nowMs: number): TimeRange {
  const { fromMs, toMs } = parseRange(given, nowMs);
  const endMs = Math.ceil(toMs / HOUR_MS) * HOUR_MS;
  // A period keeps its length.
  const startMs = given.from === undefined ? endMs - (toMs - fromMs) : fromMs;
  return {
    fromMs: Math.floor(startMs / HOUR_MS) * HOUR_MS,
    toMs: endMs,
  };
}

export function parseBuckets(
  given: GivenRange & { readonly bucket?: string; readonly tz?: string },
  nowMs: number,
): Buckets {
  const hours = parseHours(given, nowMs);
  const rangeMs = hours.toMs - hours.fromMs;
  const unit = oneOf("bucket", ["hour", "day"], given.bucket) ?? (rangeMs > HOURLY_RANGE_MS_MAX ? "day" : "hour");
  if (unit === "hour" && rangeMs > BUCKETS_MAX * HOUR_MS)
    throw badRequest(`bucket=hour is for ranges of at most ${Math.floor(BUCKETS_MAX / 24)} days`);
  const zone = parseZone(given.tz);
  // A period of seven days is seven days, today included.
  const isWholeDays = unit === "day" && given.from === undefined && rangeMs >= DEFAULT_PERIOD_MS;
  return {
    ...hours,
    fromMs: isWholeDays ? earlierByTheClock(hours.toMs - HOUR_MS, rangeMs - DEFAULT_PERIOD_MS, zone) : hours.fromMs,
    unit,
    zone,
  };
}

/** When the clock of the zone showed so much less, however often it was changed since. */
function earlierByTheClock(ms: number, spanMs: number, zone: string): number {
  return ms - spanMs + offsetMs(ms, zone) - offsetMs(ms - spanMs, zone);
}

/** How far the clock of the zone is ahead of UTC at that moment. */
function offsetMs(ms: number, zone: string): number {
  const parts = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" }).formatToParts(ms);
  const offset = parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
  const [, sign, hours, minutes, seconds = 0] = /^GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(offset) ?? [];
  if (sign === undefined) return 0;
  return (sign === "-" ? -1 : 1) * ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000;
}

export function parseZone(zone: string | undefined): string {
  if (zone === undefined || zone === "") return "UTC";
  try {
    const { timeZone } = new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions();
    // An offset, as a browser says whose system knows no more: in PostgreSQL, as in POSIX, a minus is ahead of UTC.
    return timeZone.replace(/^[+-]/, (sign) => (sign === "+" ? "-" : "+"));
  } catch {
    throw badRequest("tz must be the name of a time zone, as Europe/Vienna");
  }
}
