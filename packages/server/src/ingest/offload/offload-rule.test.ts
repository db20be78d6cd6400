import fc from "fast-check";
import { expect, test } from "vitest";
import { BACKLOG_MIN, chooseHelper, isOverloaded, type OffloadLoad } from "./offload-rule.ts";

const load = (more: Partial<OffloadLoad> = {}): OffloadLoad => ({
  acceptedEvents: 0,
  waitingEntries: 0,
  lagMs: 0,
  cpu: 0,
  ...more,
});
const high = load({ acceptedEvents: 101, waitingEntries: BACKLOG_MIN + 1, lagMs: 2_000 });
const before = load({ waitingEntries: BACKLOG_MIN, lagMs: 1_000 });

test("[SD-37] a node is overloaded when more than the threshold comes in and what waits grows in number and age", () => {
  expect(isOverloaded(high, before, 100)).toBe(true);
  expect(isOverloaded(high, before, 101)).toBe(false);
  expect(isOverloaded(high, { ...before, lagMs: 2_000 }, 100)).toBe(false);
  expect(isOverloaded(high, { ...before, waitingEntries: high.waitingEntries }, 100)).toBe(false);
  expect(isOverloaded({ ...high, waitingEntries: BACKLOG_MIN - 1 }, load(), 100)).toBe(false);
});

const loads = fc.record({
  acceptedEvents: fc.nat(),
  waitingEntries: fc.nat(),
  lagMs: fc.nat(10_000),
  cpu: fc.double({ min: 0, max: 8, noNaN: true }),
});
const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test("[C-50] whoever is chosen is a candidate that waits for less than half as long; of two such the less loaded", () => {
  fc.assert(
    fc.property(
      loads,
      fc.array(fc.option(loads, { nil: undefined }), { maxLength: 5 }),
      fc.infiniteStream(unit),
      (own, peers, random) => {
        const candidates = peers.map((peer, index) => ({ node: `n${index}`, load: peer }));
        const able = candidates.filter(
          (candidate) => candidate.load !== undefined && candidate.load.lagMs < own.lagMs / 2,
        );
        const chosen = chooseHelper(own, candidates, () => random.next().value);
        expect(chosen !== undefined).toBe(able.length > 0);
        if (chosen === undefined) return;
        expect(able.map(({ node }) => node)).toContain(chosen);
        if (able.length <= 2) {
          const least = Math.min(...able.map((candidate) => candidate.load?.lagMs ?? Number.POSITIVE_INFINITY));
          expect(able.find(({ node }) => node === chosen)?.load?.lagMs).toBe(least);
        }
      },
    ),
  );
});
