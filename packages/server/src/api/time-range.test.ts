import { describe, expect, test } from "vitest";
import { RequestRefusedError } from "./api-error.ts";
import { parseBuckets, parseOpenRange, parseRange } from "./time-range.ts";

const NOW_MS = Date.UTC(2026, 2, 10, 12);
const HOUR_MS = 3_600_000;

test("[SEARCH-04] a request that names no range is about the last 24 hours", () => {
  expect(parseRange({}, NOW_MS)).toEqual({ fromMs: NOW_MS - 24 * HOUR_MS, toMs: NOW_MS });
  expect(parseOpenRange({}, NOW_MS)).toEqual({ fromMs: undefined, toMs: undefined });
});

describe("[SEARCH-04] a range is", () => {
  test.each([
    [{ from: "2026-03-01" }, Date.UTC(2026, 2, 1), NOW_MS],
    [
      { from: "2026-03-01T10:00:00+02:00", to: "2026-03-01T12:00:00.5Z" },
      Date.UTC(2026, 2, 1, 8),
      Date.UTC(2026, 2, 1, 12, 0, 0, 500),
    ],
    [{ from: "2026-03-01T10:00:00 02:00" }, Date.UTC(2026, 2, 1, 8), NOW_MS],
    [{ from: "2026-03-01 10:00" }, Date.UTC(2026, 2, 1, 10), NOW_MS],
    [{ period: "7d" }, NOW_MS - 7 * 24 * HOUR_MS, NOW_MS],
    [{ period: "90m", to: "2026-03-02" }, Date.UTC(2026, 2, 2) - 1.5 * HOUR_MS, Date.UTC(2026, 2, 2)],
  ])("%j", (given, fromMs, toMs) => {
    expect(parseRange(given, NOW_MS)).toEqual({ fromMs, toMs });
  });
});

test.each([
  { from: "yesterday" },
  { from: "2026-02-30" },
  { from: "0000-01-01", to: "0001-01-01" },
  { from: "0001-01-01T00:00:00+14:00", to: "0001-01-02" },
  { to: "9999-12-31T23:00:00-14:00" },
  { from: "2026-03-11" },
  { period: "7" },
  { period: "0h" },
  { period: "99999w" },
  { from: "2026-03-01", period: "7d" },
  { from: "2026-03-01", to: "2026-02-01" },
])("%j is refused", (given) => {
  expect(() => parseRange(given, NOW_MS)).toThrow(RequestRefusedError);
});

test.each(["Europe/Vienna", "America/New_York", "Africa/Cairo", "Australia/Lord_Howe", "Asia/Kathmandu"])(
  "a period of days is so many days of %s, today included, at every hour around a change of clocks",
  (tz) => {
    const dayAt = (ms: number) => Date.parse(new Date(ms).toLocaleDateString("sv", { timeZone: tz })) / (24 * HOUR_MS);
    const odd: string[] = [];
    for (const month of [2, 3, 9, 10]) {
      for (let hour = 0; hour < 31 * 24; hour += 1) {
        const nowMs = Date.UTC(2026, month, 1, hour, 1);
        const { fromMs, toMs } = parseBuckets({ period: "7d", bucket: "day", tz }, nowMs);
        // As hours are counted: by the day that they end in.
        if (dayAt(toMs - 1) - dayAt(fromMs + HOUR_MS - 1) !== 6) odd.push(new Date(nowMs).toISOString());
      }
    }
    expect(odd).toEqual([]);
  },
);
