import fc from "fast-check";
import { expect, test } from "vitest";
import { shareDays } from "./project-storage.ts";

const DAY_MS = 86_400_000;

test("a project has of each day the share that its events have, and nothing of days it does not keep", () => {
  const days = [0, 1, 2, 3].map((day) => ({ dayMs: day * DAY_MS, bytes: 1_000 }));
  const counts = [
    { dayMs: 0, own: 10, total: 10 },
    { dayMs: DAY_MS, own: 1, total: 4 },
    { dayMs: 2 * DAY_MS, own: 0, total: 9 },
  ];
  expect(shareDays(days, counts, DAY_MS)).toEqual([{ dayMs: DAY_MS, events: 1, bytes: 250 }]);
});

test("the shares of all projects are the whole day", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1e12 }),
      fc.array(fc.integer({ min: 1, max: 1e6 }), { minLength: 1, maxLength: 20 }),
      (bytes, events) => {
        const total = events.reduce((sum, own) => sum + own, 0);
        const shares = events.map(
          (own) => shareDays([{ dayMs: 0, bytes }], [{ dayMs: 0, own, total }], 0)[0]?.bytes ?? 0,
        );
        const sum = shares.reduce((all, share) => all + share, 0);
        // Each is rounded.
        expect(Math.abs(sum - bytes)).toBeLessThanOrEqual(events.length);
      },
    ),
  );
});
