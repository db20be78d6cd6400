import type { AlertCondition, ApiAlertRule } from "@mesher/protocol";
import { expect, test } from "vitest";
import { draftOf, goneOf, isComplete, keyOfRecipient, NEW_DRAFT, ruleOf, tagsFault } from "./rule-draft.ts";
import { conditionSentence, filterSentence, minutes, perMinutes } from "./rule-sentence.ts";

const rule = (condition: AlertCondition, more: Partial<ApiAlertRule> = {}): ApiAlertRule => ({
  id: "r",
  project_id: "p",
  name: "Too many",
  condition,
  filters: {},
  action: { type: "websocket" },
  enabled: true,
  cooldown_minutes: 60,
  cooldown_scope: "rule",
  last_fired_at: null,
  silenced_until: null,
  open_alerts: 0,
  created_at: "",
  updated_at: "",
  ...more,
});

test.each<AlertCondition>([
  { condition_type: "threshold", threshold: 100, window_minutes: 5 },
  { condition_type: "percent_change", percent: 50, window_minutes: 60, direction: "decrease", events_min: 20 },
  { condition_type: "new_issue" },
  { condition_type: "regression" },
  { condition_type: "escalation" },
  { condition_type: "issue_events", threshold: 10, window_minutes: 15 },
  { condition_type: "issue_users", threshold: 3, window_minutes: 1_440 },
])("a rule of $condition_type goes through the form unchanged", (condition) => {
  const given = rule(condition, {
    filters: {
      level: ["error", "fatal"],
      environment: ["production", "staging"],
      release: ["1.2.3"],
      tags: { browser: "Firefox 129" },
      query: "checkout",
    },
    action: [
      { type: "destination", destination_id: "d" },
      { type: "people", who: "assignee" },
    ],
    cooldown_scope: "issue",
  });
  const { name, filters, action, cooldown_minutes, cooldown_scope } = given;
  expect(ruleOf(draftOf(given))).toEqual({ name, condition, filters, action, cooldown_minutes, cooldown_scope });
});

test("a rule that tells nobody in particular tells the live pages, and one without filters is about all events", () => {
  expect(ruleOf({ ...NEW_DRAFT, environments: " , ", tags: " ," })).toMatchObject({
    action: { type: "websocket" },
    filters: {},
  });
});

test("commas and quotes within a filter go through the form unchanged", () => {
  const filters = {
    environment: ["eu, west", 'say "hi"', '"quoted"'],
    release: ["1.0", 'a,"b"'],
    tags: { city: "Paris, France", browser: "Chrome" },
  };
  expect(ruleOf(draftOf(rule({ condition_type: "new_issue" }, { filters })))).toMatchObject({ filters });
});

test("a tag that no rule can be made of is told of, not left out", () => {
  expect(tagsFault({ ...NEW_DRAFT, tags: "browser=Firefox, os=Linux, " })).toBeUndefined();
  expect(tagsFault({ ...NEW_DRAFT, tags: "browser=Firefox, Linux" })).toBe("“Linux” is no tag: write name=value.");
  expect(tagsFault({ ...NEW_DRAFT, tags: "=Firefox" })).toBeDefined();
  expect(tagsFault({ ...NEW_DRAFT, tags: "os=Linux, os=Windows" })).toMatch("twice");
});

test("those whom a rule still names are gone who are no members, or were deleted", () => {
  const destination = (destination_id: string) => ({ type: "destination", destination_id }) as const;
  const person = (user_id: string) => ({ type: "people", who: { user_id } }) as const;
  const there = [destination("ops"), person("ada"), { type: "people", who: "members" }] as const;
  const gone = [destination("former"), person("leaver")];
  expect(goneOf([...gone, ...there], { destinationIds: ["ops"], userIds: ["ada"] })).toEqual(gone);
});

test("a receiver is the same in whatever order the database gives its parts back", () => {
  expect(keyOfRecipient({ who: "assignee", type: "people" })).toBe(keyOfRecipient({ type: "people", who: "assignee" }));
  const user = { type: "people", who: { user_id: "u" } } as const;
  const others = [{ type: "destination", destination_id: "u" } as const, { type: "people", who: "members" } as const];
  expect(new Set([user, ...others].map(keyOfRecipient)).size).toBe(3);
});

test("a number that is not typed yet is nothing to ask the server about, unless the rule has no use for it", () => {
  expect(isComplete(NEW_DRAFT)).toBe(true);
  expect(isComplete({ ...NEW_DRAFT, threshold: "" })).toBe(false);
  expect(isComplete({ ...NEW_DRAFT, threshold: "1.5" })).toBe(false);
  expect(isComplete({ ...NEW_DRAFT, type: "new_issue", threshold: "" })).toBe(true);
  expect(isComplete({ ...NEW_DRAFT, type: "new_issue", cooldown: "" })).toBe(false);
});

test("rules read as sentences", () => {
  expect(conditionSentence({ condition_type: "threshold", threshold: 1_000, window_minutes: 60 })).toBe(
    "there are more than 1,000 events in an hour",
  );
  expect(filterSentence({ level: ["error", "fatal"], tags: { os: "Linux" }, query: "timeout" })).toBe(
    "level error or fatal, os Linux, “timeout”",
  );
  expect([1, 5, 60, 120, 1_440, 2_880, 90].map(minutes)).toEqual([
    "a minute",
    "5 minutes",
    "an hour",
    "2 hours",
    "a day",
    "2 days",
    "90 minutes",
  ]);
  expect([1, 5, 60, 1_440].map(perMinutes)).toEqual(["a minute", "every 5 minutes", "an hour", "a day"]);
});
