import { ALERT_STATUSES } from "@mesher/protocol";
import { expect, test } from "vitest";
import { nextStatus } from "./alert-life.ts";

test("[ALERT-06] an alert goes from active over acknowledged to resolved, and nowhere else", () => {
  expect(nextStatus("active", "acknowledge")).toBe("acknowledged");
  expect(nextStatus("active", "resolve")).toBe("resolved");
  expect(nextStatus("acknowledged", "resolve")).toBe("resolved");
  expect(nextStatus("acknowledged", "acknowledge")).toBeUndefined();
  for (const cause of ["acknowledge", "resolve", "condition_ended"] as const)
    expect(nextStatus("resolved", cause)).toBeUndefined();
});

test("the end of its condition resolves every alert that is open", () => {
  expect(ALERT_STATUSES.map((status) => nextStatus(status, "condition_ended"))).toEqual([
    "resolved",
    "resolved",
    undefined,
  ]);
});
