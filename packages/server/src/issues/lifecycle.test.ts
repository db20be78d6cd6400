import { expect, test } from "vitest";
import { type Cause, decide, type IssueState, STEPS, type Standing } from "./lifecycle.ts";

const STATES = Object.keys(STEPS) as IssueState[];

/** Where each decision leads from each state, written out: `-` stays, `x` is refused. */
test.each([
  ["unresolved", "resolved", "-", "archived", "discarded", "-", "deleted"],
  ["resolved", "-", "unresolved", "archived", "discarded", "x", "deleted"],
  ["archived", "resolved", "unresolved", "-", "discarded", "x", "deleted"],
  ["discarded", "x", "x", "x", "-", "unresolved", "deleted"],
  ["deleted", "x", "x", "x", "x", "x", "x"],
] as const)(
  "[ISSUE-01] [C-100] %s: resolve %s, unresolve %s, archive %s, discard %s, undiscard %s, delete %s",
  (state, ...wanted) => {
    const decisions = ["resolve", "unresolve", "archive", "discard", "undiscard", "delete"] as const;
    const found = decisions.map((cause) => {
      const step = STEPS[state][cause];
      return step === "stays" ? "-" : typeof step === "string" ? "x" : step.to;
    });
    expect(found).toEqual(wanted);
  },
);

test("what comes by itself wakes only the issues it is meant for", () => {
  for (const state of STATES) {
    const leads = (cause: Cause) => typeof STEPS[state][cause] !== "string";
    expect([state, leads("regress"), leads("escalate"), leads("end_archive")]).toEqual([
      state,
      state === "resolved",
      state === "archived",
      state === "archived",
    ]);
  }
});

test("resolving again with other terms changes the terms, with the same ones nothing", () => {
  const current: Standing = { status: "resolved", resolution: { mode: "in_release", release: "shop@1.2.0" } };
  expect(decide(current, "resolve", structuredClone(current))).toEqual({ kind: "unchanged" });
  const other: Standing = { status: "resolved", resolution: { mode: "now" } };
  expect(decide(current, "resolve", other)).toEqual({ kind: "changed", to: other, action: "resolved" });
});

test("an archive until another day is changed, until the same moment it is not", () => {
  const until = new Date("2026-01-02T03:04:05Z");
  const current: Standing = { status: "archived", terms: { mode: "until_time", until } };
  expect(
    decide(current, "archive", { status: "archived", terms: { mode: "until_time", until: new Date(until) } }),
  ).toEqual({
    kind: "unchanged",
  });
  const later: Standing = { status: "archived", terms: { mode: "until_time", until: new Date(until.getTime() + 1) } };
  expect(decide(current, "archive", later)).toMatchObject({ kind: "changed", action: "archived" });
});
