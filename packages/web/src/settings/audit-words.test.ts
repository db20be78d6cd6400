import { expect, test } from "vitest";
import { factOf } from "./audit-words.ts";

const ID = "22bc3a75-450f-46f7-a315-ecfd3e152e6c";

test("a change tells in words what it says of itself, and nothing of what is not there or says nothing to people", () => {
  expect(factOf("rate_limit_events", 600)).toBe("rate limit events 600");
  expect(factOf("rate_limit_events", null)).toBeUndefined();
  expect(factOf("user_id", ID)).toBeUndefined();
  expect([factOf("is_personal", true), factOf("is_personal", false)]).toEqual(["personal", "not personal"]);
  expect(factOf("condition", { condition_type: "threshold", threshold: 40, window_minutes: 5 })).toBe(
    "when there are more than 40 events in 5 minutes",
  );
});

test("of many issues a change tells what was done to how many", () => {
  expect(factOf("do", "archive")).toBe("archive");
  expect([factOf("issues", [ID]), factOf("issues", [ID, ID])]).toEqual(["1 issue", "2 issues"]);
});
