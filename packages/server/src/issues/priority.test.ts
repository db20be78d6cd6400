import { expect, test } from "vitest";
import { priorityOf } from "./priority.ts";

const DAY_MS = 86_400_000;
const seenFor = (days: number) => ({ firstSeen: new Date(0), lastSeen: new Date(days * DAY_MS) });

test.each([
  ["fatal", 1, 0, "high"],
  ["error", 1, 0, "medium"],
  ["error", 999, 0.01, "medium"],
  ["error", 1_000, 0.01, "high"],
  ["error", 1_000, 2, "medium"],
  ["error", 2_000, 2, "high"],
  ["warning", 1, 0, "low"],
  ["warning", 5_000, 1, "medium"],
  ["debug", 5_000, 1, "medium"],
  ["fatal", 5_000, 1, "high"],
] as const)("%s, %d events in %d days: %s", (level, eventCount, days, priority) => {
  expect(priorityOf({ prioritySet: null, level, eventCount, ...seenFor(days) })).toBe(priority);
});

test("what was said by hand stands", () => {
  expect(priorityOf({ prioritySet: "low", level: "fatal", eventCount: 1e6, ...seenFor(1) })).toBe("low");
});
