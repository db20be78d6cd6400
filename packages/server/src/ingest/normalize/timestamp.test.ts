import { describe, expect, test } from "vitest";
import { cutsOf, normalized, RECEIVED_AT_MS } from "./normalize-testing.ts";
import { parseTimestampMs } from "./timestamp.ts";

const NOON = "2026-03-01T12:00:00.000Z";
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

describe("a time is read", () => {
  test.each([
    [RECEIVED_AT_MS / 1000],
    [RECEIVED_AT_MS],
    [RECEIVED_AT_MS * 1000],
    [String(RECEIVED_AT_MS / 1000)],
    [NOON],
    ["2026-03-01T12:00:00"],
    ["2026-03-01 12:00:00"],
    ["2026-03-01T12:00:00.0000004Z"],
    ["2026-03-01T14:00:00+02:00"],
    ["2026-03-01T07:30-0430"],
    ["2026-03-01T12:00:00 UTC"],
  ])("from %j", (value) => {
    expect(parseTimestampMs(value)).toBe(RECEIVED_AT_MS);
  });

  test.each<[unknown]>([
    ["2026-02-30T12:00:00Z"],
    ["2026-13-01"],
    ["2026-03-01T25:00:00Z"],
    ["tomorrow"],
    [`2026-03-01T12:00${" ".repeat(100_000)}x`],
    [""],
    [-1e300],
    [Number.NaN],
    [1e300],
    [{}],
    [null],
    [true],
  ])("not from %j", (value) => {
    expect(parseTimestampMs(value)).toBeUndefined();
  });
});

/** How the event's and a breadcrumb's time come out, and why. */
function corrected(sentMs: number | undefined, toldMs: number, retentionDays?: number) {
  const raw = { timestamp: toldMs / 1000, breadcrumbs: [{ timestamp: toldMs / 1000 - 60 }] };
  const input = {
    ...(sentMs === undefined ? {} : { sentAt: new Date(sentMs).toISOString() }),
    ...(retentionDays === undefined ? {} : { retentionDays }),
  };
  const { timestamp, breadcrumbs } = normalized(raw, input);
  return {
    timestamp: Date.parse(timestamp) - RECEIVED_AT_MS,
    breadcrumb: Date.parse(breadcrumbs?.values[0]?.timestamp ?? "") - RECEIVED_AT_MS,
    reasons: cutsOf(raw, input).map(({ reason }) => reason),
  };
}

describe("the sender's clock", () => {
  test("is right when it is less than 55 minutes off", () => {
    const told = RECEIVED_AT_MS - 54 * MINUTE_MS;
    expect(corrected(told, told)).toEqual({ timestamp: -54 * MINUTE_MS, breadcrumb: -55 * MINUTE_MS, reasons: [] });
  });

  test.each([[-55], [55], [60 * 24 * 365]])("is corrected when it is %d minutes off", (minutes) => {
    const told = RECEIVED_AT_MS + minutes * MINUTE_MS;
    expect(corrected(told, told - MINUTE_MS)).toEqual({
      timestamp: -MINUTE_MS,
      breadcrumb: -2 * MINUTE_MS,
      reasons: ["clock_drift"],
    });
  });

  test("is not believed when it tells of a time long ago", () => {
    expect(corrected(undefined, RECEIVED_AT_MS - 31 * DAY_MS)).toMatchObject({
      timestamp: 0,
      reasons: ["past_timestamp"],
    });
    expect(corrected(undefined, RECEIVED_AT_MS - 29 * DAY_MS)).toMatchObject({ timestamp: -29 * DAY_MS, reasons: [] });
    expect(corrected(undefined, RECEIVED_AT_MS - 31 * DAY_MS, 90)).toMatchObject({ timestamp: -31 * DAY_MS });
  });

  test("is not believed when it tells of more than a minute ahead", () => {
    expect(corrected(undefined, RECEIVED_AT_MS + 61_000)).toMatchObject({
      timestamp: 0,
      reasons: ["future_timestamp"],
    });
    expect(corrected(undefined, RECEIVED_AT_MS + 60_000)).toMatchObject({ timestamp: 60_000, reasons: [] });
  });

  test("tells nothing by a time that is none", () => {
    expect(normalized({ timestamp: "x" }).timestamp).toBe(NOON);
    expect(cutsOf({ timestamp: "x" })).toEqual([{ path: "timestamp", reason: "invalid" }]);
    expect(normalized({}, { sentAt: "never" }).timestamp).toBe(NOON);
  });
});
