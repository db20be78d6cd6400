import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isCounted, searchOf } from "./alert-filters.ts";
import { isBreached, messageOf, type ProjectCondition } from "./conditions.ts";

const atOnce = (count: number, previous = 0) => ({ count, previous });

test("a threshold is breached by more than so many events, not by as many", () => {
  const condition: ProjectCondition = { condition_type: "threshold", threshold: 5, window_minutes: 1 };
  expect([5, 6].map((count) => isBreached(condition, atOnce(count)))).toEqual([false, true]);
});

describe("a change in percent", () => {
  const rises: ProjectCondition = {
    condition_type: "percent_change",
    percent: 50,
    window_minutes: 5,
    direction: "increase",
    events_min: 10,
  };

  test("is breached by more than that, either way", () => {
    expect([150, 151].map((count) => isBreached(rises, atOnce(count, 100)))).toEqual([false, true]);
    const falls: ProjectCondition = { ...rises, direction: "decrease" };
    expect([50, 49].map((count) => isBreached(falls, atOnce(count, 100)))).toEqual([false, true]);
  });

  test("needs some events in the greater window", () => {
    expect(isBreached(rises, atOnce(9, 1))).toBe(false);
    expect(isBreached({ ...rises, direction: "decrease" }, atOnce(0, 9))).toBe(false);
  });

  test("after nothing at all, is as great as can be", () => {
    expect(isBreached(rises, atOnce(10, 0))).toBe(true);
  });

  test("is never a rise and a fall at once", () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(1000), fc.integer({ min: 1, max: 99 }), (count, previous, percent) => {
        const both = (["increase", "decrease"] as const).map((direction) =>
          isBreached({ ...rises, percent, direction }, { count, previous }),
        );
        expect(both).not.toEqual([true, true]);
      }),
    );
  });
});

test("alerts tell what they are about, in the words of the first version of the API", () => {
  expect(messageOf({ condition_type: "threshold", threshold: 100, window_minutes: 5 }, null)).toBe(
    "Event count exceeded 100 in 5 minutes",
  );
  expect(messageOf({ condition_type: "new_issue" }, "an-id")).toBe("new_issue detected for issue an-id");
});

test("large numbers are told with separators", () => {
  expect(messageOf({ condition_type: "issue_events", threshold: 25_000, window_minutes: 5 }, "SHOP-1")).toBe(
    "Issue SHOP-1 was seen more than 25,000 times in 5 minutes",
  );
  const rises = { condition_type: "percent_change", percent: 1_500, window_minutes: 60, events_min: 20 } as const;
  expect(messageOf({ ...rises, direction: "increase" }, null, { count: 123_456, previous: 2_000 })).toBe(
    "Event count rose by more than 1,500 % in 60 minutes (123,456 after 2,000)",
  );
});

test("only filters by level, environment and release are answered by what is counted", () => {
  expect(isCounted(searchOf({}))).toBe(true);
  expect(isCounted(searchOf({ level: ["error"], environment: ["production"], release: ["1.0"] }))).toBe(true);
  expect(isCounted(searchOf({ query: "!level:debug (release:1.* OR has:environment)" }))).toBe(true);
  expect(isCounted(searchOf({ tags: { region: "eu" } }))).toBe(false);
  expect(isCounted(searchOf({ query: "level:error checkout" }))).toBe(false);
});
