import { expect, test } from "vitest";
import { parseDashboardSearch, rangeOf, unitOf } from "./dashboard-search.ts";

const HOUR = { from: "2026-11-21T10:00:00.000Z", to: "2026-11-21T11:00:00.000Z" };

test("an address without a range means the last 24 hours", () => {
  expect(rangeOf(parseDashboardSearch({}))).toEqual({ period: "24h" });
});

test("both ends together take the place of a period", () => {
  expect(rangeOf(parseDashboardSearch({ ...HOUR, period: "7d" }))).toEqual(HOUR);
});

test.each([
  { from: HOUR.from },
  { from: HOUR.to, to: HOUR.from },
  { from: "soon", to: HOUR.to },
  { period: "toString" },
  { tz: "Mars/Olympus" },
  { tag: 7 },
])("%j says nothing that could be shown", (search) => {
  expect(Object.values(parseDashboardSearch(search)).filter((value) => value !== undefined)).toEqual([]);
});

test("up to seven days are shown in hours", () => {
  expect(unitOf({ period: "7d" })).toBe("hour");
  expect(unitOf({ period: "30d" })).toBe("day");
  expect(unitOf({ from: "2026-11-01T00:00:00Z", to: "2026-11-08T01:00:00Z" })).toBe("day");
});
