import type { ApiIssue, ApiIssueCommand } from "@mesher/protocol";
import { expect, test } from "vitest";
import { undoSteps } from "./undo.ts";

const NOW_MS = Date.UTC(2026, 0, 1);

const issue = (id: string, is: Partial<ApiIssue>) =>
  ({
    id,
    status: "unresolved",
    status_details: null,
    assigned_to: null,
    assigned_team: null,
    event_count: 10,
    ...is,
  }) as ApiIssue;

const undo = (command: ApiIssueCommand, ...issues: readonly ApiIssue[]) =>
  undoSteps(issues, command, NOW_MS)?.map((step) => [step.command, step.issues.map(({ id }) => id)]);

test("issues go back to the terms on which they were resolved or archived, each to its own", () => {
  const until = new Date(NOW_MS + 2.5 * 24 * 3_600_000).toISOString();
  expect(
    undo(
      { do: "unresolve" },
      issue("a", { status: "resolved", status_details: { mode: "now" } }),
      issue("b", { status: "resolved", status_details: { mode: "in_release", release: "2.0" } }),
      issue("c", { status: "resolved", status_details: { mode: "in_next_release", after: "2.0" } }),
      issue("d", { status: "archived", status_details: { mode: "until_time", until } }),
      issue("e", { status: "archived", status_details: { mode: "until_count", event_count: 110 } }),
      issue("f", { status: "archived", status_details: { mode: "for_ever" } }),
    ),
  ).toEqual([
    [{ do: "resolve", mode: "now" }, ["a"]],
    [{ do: "resolve", mode: "in_release", release: "2.0" }, ["b", "c"]],
    [{ do: "archive", mode: "for_days", days: 3 }, ["d"]],
    [{ do: "archive", mode: "for_events", events: 100 }, ["e"]],
    [{ do: "archive", mode: "for_ever" }, ["f"]],
  ]);
});

test("what was discarded is let in again before it is what it was", () => {
  const resolved = issue("b", { status: "resolved", status_details: { mode: "now" } });
  expect(undo({ do: "discard" }, issue("a", {}), resolved)).toEqual([
    [{ do: "undiscard" }, ["a", "b"]],
    [{ do: "unresolve" }, ["a"]],
    [{ do: "resolve", mode: "now" }, ["b"]],
  ]);
  expect(undo({ do: "undiscard" }, issue("a", { status: "discarded" }))).toEqual([[{ do: "discard" }, ["a"]]]);
});

test("a priority that was told from level and volume is told so again, and an assignee comes back", () => {
  expect(
    undo(
      { do: "set_priority", priority: "low" },
      issue("a", { priority: "high", is_priority_set: false }),
      issue("b", { priority: "high", is_priority_set: true }),
    ),
  ).toEqual([
    [{ do: "set_priority", priority: "auto" }, ["a"]],
    [{ do: "set_priority", priority: "high" }, ["b"]],
  ]);
  expect(undo({ do: "assign", user_id: "x" }, issue("a", { assigned_to: "y" }))).toEqual([
    [{ do: "assign", user_id: "y" }, ["a"]],
  ]);
  expect(undo({ do: "assign", user_id: "x" }, issue("a", { assigned_team: "y" }))).toEqual([
    [{ do: "assign", team: "y" }, ["a"]],
  ]);
});

test("a deleted issue does not come back", () => {
  expect(undo({ do: "delete" }, issue("a", {}))).toBeUndefined();
});
