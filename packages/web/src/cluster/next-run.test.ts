import { expect, test } from "vitest";
import { formatNextRun } from "./next-run.ts";

/** In the reader's time zone, whichever that is. */
const now = new Date(2026, 10, 21, 21, 0, 0);
const at = (day: number, hour: number, minute = 0, second = 0) =>
  new Date(2026, 10, day, hour, minute, second).toISOString();

test.each([
  ["that is over for a moment", at(21, 20, 59, 50), "due now"],
  ["that comes in a moment", at(21, 21, 0, 4), "due now"],
  ["of the next minute", at(21, 21, 0, 20), "next in 20 s"],
  ["of this hour", at(21, 21, 4, 30), "next in 4 min"],
  ["of this evening", at(21, 23), "next at 23:00"],
  ["of the coming night", at(22, 3), "next at 03:00"],
  ["of tomorrow's evening", at(22, 20, 59), "next tomorrow at 20:59"],
  ["of another day", at(24, 3, 5), "next on Nov 24 at 03:05"],
  ["that nobody began", at(21, 20, 56), "late by 4 min"],
  ["that nobody began for hours", at(21, 18, 30), "late by 2 h"],
])("a run %s", (_, dueAt, text) => {
  expect(formatNextRun(dueAt, now.getTime())).toBe(text);
});
