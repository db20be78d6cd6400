import { expect, test } from "vitest";
import { bucketNames } from "./bucket-names.ts";
import { columnAt, spanOf } from "./buckets.ts";

/** The days around the end of summer time in Vienna: the 25th has 25 hours. */
const DAYS = ["2026-10-23T22:00:00.000Z", "2026-10-24T22:00:00.000Z", "2026-10-25T23:00:00.000Z"];

test("a span reaches to the beginning of the next bucket, whatever the clocks did", () => {
  expect(spanOf(DAYS, "day", 1, 1)).toEqual({ from: DAYS[1], to: DAYS[2] });
});

test("a span drawn from right to left is the same span", () => {
  expect(spanOf(DAYS, "day", 2, 0)).toEqual({ from: DAYS[0], to: "2026-10-26T23:00:00.000Z" });
});

test.each([
  [-5, 0],
  [0, 0],
  [99, 4],
  [49, 2],
  [100, 4],
  [180, 4],
])("at %i of 100 pixels is column %i of 5", (x, column) => {
  expect(columnAt(x, 100, 5)).toBe(column);
});

test("buckets are called by the clock of the chosen zone", () => {
  expect(bucketNames("hour", "Europe/Vienna").short("2026-11-21T12:00:00.000Z")).toBe("13:00");
  expect(bucketNames("hour", "Europe/Vienna").short("2026-11-20T23:00:00.000Z")).toBe("21 Nov");
  expect(bucketNames("day", "Asia/Tokyo").short("2026-11-20T15:00:00.000Z")).toBe("21 Nov");
  expect(bucketNames("hour", "UTC").full("2026-11-21T12:00:00.000Z")).toBe("Sat 21 Nov, 12:00");
});
