import { expect, test } from "vitest";
import { wholeQueryOf } from "./issues-search.ts";

test("a list is kept with its state, level, range of time and search", () => {
  expect(wholeQueryOf({})).toBe("is:unresolved");
  expect(wholeQueryOf({ status: "resolved", level: "error", period: "7d", query: "a OR b" })).toBe(
    "is:resolved level:error lastSeen:-7d (a OR b)",
  );
});
