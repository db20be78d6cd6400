import { expect, test } from "vitest";
import { breachesOfIssues, breachesOfProject, firingsOf } from "./preview-times.ts";

const MINUTE_MS = 60_000;
const at = (minute: number) => minute * MINUTE_MS;

const threshold = (count: number, minutes: number) =>
  ({ condition_type: "threshold", threshold: count, window_minutes: minutes }) as const;

test("a project's windows slide by the minute", () => {
  const series = new Map([
    [at(100), 2],
    [at(102), 2],
  ]);
  const breaches = breachesOfProject(threshold(3, 3), series, at(90), at(110));
  expect(breaches.map(({ atMs, value }) => [atMs / MINUTE_MS, value])).toEqual([[103, 4]]);
});

test("events from before the first look count in its window", () => {
  const series = new Map([[at(89), 5]]);
  expect(breachesOfProject(threshold(4, 10), series, at(90), at(110)).map(({ atMs }) => atMs / MINUTE_MS)).toEqual([
    91, 92, 93, 94, 95, 96, 97, 98, 99,
  ]);
});

test("an issue's users count once, and as long as one of their events is young enough", () => {
  const condition = { condition_type: "issue_users", threshold: 1, window_minutes: 5 } as const;
  const event = (minute: number, user: string | null, issueId = "one") => ({ issueId, user, receivedAtMs: at(minute) });
  const breaches = breachesOfIssues(
    condition,
    [event(1, "a"), event(2, "a"), event(3, null), event(4, "b", "two"), event(5, "b"), event(8, "b"), event(9, "a")],
    0,
  );
  expect(breaches.map(({ atMs, issueId }) => [atMs / MINUTE_MS, issueId])).toEqual([
    [5, "one"],
    [9, "one"],
  ]);
});

test("a cooldown holds back what comes within it: of a rule everything, of an issue the same issue", () => {
  const breaches = [
    { atMs: at(0), value: 1, issueId: "a" },
    { atMs: at(5), value: 1, issueId: "b" },
    { atMs: at(9.9), value: 1, issueId: "a" },
    { atMs: at(10), value: 1, issueId: "a" },
  ];
  const minutesOf = (scope: "rule" | "issue") =>
    firingsOf(breaches, { minutes: 10, scope }).map(({ atMs }) => atMs / MINUTE_MS);
  expect(minutesOf("rule")).toEqual([0, 10]);
  expect(minutesOf("issue")).toEqual([0, 5, 10]);
});
