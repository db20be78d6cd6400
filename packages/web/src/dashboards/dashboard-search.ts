/** What the address of a dashboard says: a range of time, a zone, a tag. Absent means the default. */
import type { BucketUnit } from "../charts/bucket-names.ts";

export const PERIODS = { "24h": "24 hours", "7d": "7 days", "30d": "30 days" } as const;
export type Period = keyof typeof PERIODS;
const DEFAULT_PERIOD: Period = "24h";

export interface DashboardSearch {
  readonly period?: Period | undefined;
  /** ISO 8601; with `to` instead of `period`. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** An IANA name; absent: the reader's own. */
  readonly tz?: string | undefined;
  /** The key whose values are broken down. */
  readonly tag?: string | undefined;
}

/** A range as the API takes it. */
export type RangeQuery = { readonly period: Period } | { readonly from: string; readonly to: string };

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const LENGTH_MS: Record<Period, number> = { "24h": DAY_MS, "7d": 7 * DAY_MS, "30d": 30 * DAY_MS };
/** Longer ranges are shown in days. */
const HOURLY_MS_MAX = 7 * DAY_MS;

export function rangeOf({ period, from, to }: DashboardSearch): RangeQuery {
  return from !== undefined && to !== undefined ? { from, to } : { period: period ?? DEFAULT_PERIOD };
}

export function unitOf(range: RangeQuery): BucketUnit {
  return lengthMsOf(range) > HOURLY_MS_MAX ? "day" : "hour";
}

function lengthMsOf(range: RangeQuery): number {
  return "period" in range ? LENGTH_MS[range.period] : Date.parse(range.to) - Date.parse(range.from);
}

/** A search as it came with the address: what makes no sense in it is left out. */
export function parseDashboardSearch(search: Readonly<Record<string, unknown>>): DashboardSearch {
  const { period, from, to, tz, tag } = search;
  const hasRange = isTime(from) && isTime(to) && Date.parse(from) < Date.parse(to);
  return {
    period: !hasRange && isPeriod(period) && period !== DEFAULT_PERIOD ? period : undefined,
    from: hasRange ? from : undefined,
    to: hasRange ? to : undefined,
    tz: isZone(tz) ? tz : undefined,
    tag: typeof tag === "string" && tag !== "" ? tag : undefined,
  };
}

function isPeriod(value: unknown): value is Period {
  return typeof value === "string" && Object.hasOwn(PERIODS, value);
}

function isTime(value: unknown): value is string {
  return typeof value === "string" && !Number.isNaN(Date.parse(value));
}

function isZone(value: unknown): value is string {
  if (typeof value !== "string" || value === "") return false;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: value }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
