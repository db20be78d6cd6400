import * as fc from "fast-check";
import { expect, test } from "vitest";
import { partsNewestFirst, readNewestFirst } from "./newest-first.ts";

const DAY_MS = 86_400_000;
const NOW_MS = 100 * DAY_MS;
const moments = fc.option(fc.integer({ min: 0, max: 110 * DAY_MS }), { nil: undefined });
const ranges = fc.record({ fromMs: moments, toMs: moments });

test("the parts of a range are the range, the newest first, each moment once", () => {
  fc.assert(
    fc.property(ranges, fc.integer({ min: -DAY_MS, max: 120 * DAY_MS }), (range, momentMs) => {
      const isIn = ({ fromMs = Number.NEGATIVE_INFINITY, toMs = Number.POSITIVE_INFINITY }: typeof range) =>
        fromMs <= momentMs && momentMs < toMs;
      const parts = [...partsNewestFirst(range, NOW_MS)] as (typeof range)[];
      expect(parts.filter(isIn)).toHaveLength(isIn(range) ? 1 : 0);
      expect(parts[0]?.toMs).toBe(range.toMs);
      expect(parts.at(-1)?.fromMs).toBe(range.fromMs);
      for (const [index, { fromMs }] of parts.slice(0, -1).entries()) expect(parts[index + 1]?.toMs).toBe(fromMs);
    }),
  );
});

test("a range of a day is one part, and one without end begins with the last two days", () => {
  const day = { fromMs: NOW_MS - DAY_MS, toMs: undefined };
  expect([...partsNewestFirst(day, NOW_MS)]).toEqual([day]);
  const [first, ...others] = partsNewestFirst({}, NOW_MS);
  expect(first).toEqual({ fromMs: NOW_MS - 2 * DAY_MS, toMs: undefined });
  expect(others).toHaveLength(2);
});

test("parts are read until there are enough rows, and no further", async () => {
  const eventsMs = [100, 99, 98.5, 90, 89, 10, 9].map((day) => day * DAY_MS - 1);
  const reads: number[] = [];
  const read = (limit: number) =>
    readNewestFirst({ nowMs: NOW_MS, limit }, ({ fromMs = 0, toMs = Number.POSITIVE_INFINITY }, rest) => {
      reads.push(rest);
      return Promise.resolve(eventsMs.filter((ms) => ms >= fromMs && ms < toMs).slice(0, rest));
    });
  expect(await read(3)).toEqual(eventsMs.slice(0, 3));
  expect(reads.splice(0)).toEqual([3]);
  expect(await read(4)).toEqual(eventsMs.slice(0, 4));
  expect(reads.splice(0)).toEqual([4, 1]);
  expect(await read(20)).toEqual(eventsMs);
  expect(reads).toEqual([20, 17, 15]);
});
