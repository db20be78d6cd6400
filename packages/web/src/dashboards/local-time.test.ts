import { expect, test } from "vitest";
import { fromLocal, toLocal } from "./local-time.ts";

test.each([
  ["2026-11-21T13:00:00.000Z", "Europe/Vienna", "2026-11-21T14:00"],
  ["2026-07-01T13:30:00.000Z", "Asia/Kolkata", "2026-07-01T19:00"],
  ["2026-11-21T13:00:00.000Z", "UTC", "2026-11-21T13:00"],
  ["2026-03-28T23:30:00.000Z", "Europe/Vienna", "2026-03-29T00:30"],
])("%s in %s is %s, and back", (at, zone, local) => {
  expect(toLocal(at, zone)).toBe(local);
  expect(fromLocal(local, zone)).toBe(at);
});

test("an hour that came twice is the first, one that was skipped an hour later", () => {
  expect(fromLocal("2026-10-25T02:30", "Europe/Vienna")).toBe("2026-10-25T00:30:00.000Z");
  expect(fromLocal("2026-03-29T02:30", "Europe/Vienna")).toBe("2026-03-29T01:30:00.000Z");
});
