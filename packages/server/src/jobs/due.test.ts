import fc from "fast-check";
import { expect, test } from "vitest";
import { isDue, nextDueMs, retryDueMs, type Schedule } from "./due.ts";

const NOW_MS = Date.UTC(2031, 4, 5);
const schedules: fc.Arbitrary<Schedule> = fc.record({
  everyMs: fc.integer({ min: 1, max: 100_000 }),
  retryMs: fc.integer({ min: 1, max: 100_000 }),
});
/** Between one look of any node and the next. */
const steps = fc.array(fc.integer({ min: 0, max: 250_000 }), { maxLength: 60 });

test("[SD-55] however often and late nodes look, a job runs once in each period in which one of them looks", () => {
  fc.assert(
    fc.property(schedules, steps, (schedule, waits) => {
      const firstMs = NOW_MS;
      const periodOf = (ms: number) => Math.floor((ms - firstMs) / schedule.everyMs);
      const looked = new Set<number>();
      const ran: number[] = [];
      let dueAtMs = firstMs;
      let nowMs = firstMs;
      for (const wait of waits) {
        nowMs += wait;
        looked.add(periodOf(nowMs));
        if (!isDue(schedule, dueAtMs, nowMs)) continue;
        ran.push(periodOf(nowMs));
        dueAtMs = nextDueMs(schedule, dueAtMs, nowMs);
      }
      expect(ran).toEqual([...looked]);
    }),
  );
});

test("whatever clocks have done, nobody waits longer than a period", () => {
  fc.assert(
    fc.property(schedules, fc.integer({ min: -1e9, max: 1e9 }), (schedule, offMs) => {
      const dueAtMs = NOW_MS + offMs;
      const waitMs = isDue(schedule, dueAtMs, NOW_MS) ? 0 : dueAtMs - NOW_MS;
      expect(waitMs).toBeLessThanOrEqual(schedule.everyMs);
      const nextMs = nextDueMs(schedule, dueAtMs, NOW_MS);
      expect(nextMs).toBeGreaterThan(NOW_MS);
      expect(nextMs).toBeLessThanOrEqual(NOW_MS + schedule.everyMs);
    }),
  );
});

test("a failed run is tried again after its wait, and never later than the next period", () => {
  fc.assert(
    fc.property(schedules, fc.integer({ min: 0, max: 1e9 }), (schedule, lateMs) => {
      const dueAtMs = NOW_MS - lateMs;
      const retryMs = retryDueMs(schedule, dueAtMs, NOW_MS);
      expect(retryMs).toBe(Math.min(NOW_MS + schedule.retryMs, nextDueMs(schedule, dueAtMs, NOW_MS)));
      expect(retryMs).toBeGreaterThan(NOW_MS);
    }),
  );
});

test("a run that begins late does not push the later ones back", () => {
  const hourly = { everyMs: 3_600_000, retryMs: 60_000 };
  expect(nextDueMs(hourly, NOW_MS, NOW_MS + 2_000)).toBe(NOW_MS + 3_600_000);
  expect(nextDueMs(hourly, NOW_MS, NOW_MS + 3 * 3_600_000 + 2_000)).toBe(NOW_MS + 4 * 3_600_000);
});
