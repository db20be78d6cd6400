import { LEVELS, type StreamChange, type StreamEventData } from "@mesher/protocol";
import { expect, test } from "vitest";
import { parseQueryFilters, parseStreamFilters, passes, StreamFilterError } from "./filters.ts";

const data: StreamEventData = {
  id: "e",
  level: "error",
  message: "m",
  received_at: "2026-11-21T12:00:00.000Z",
  platform: "node",
  culprit: "",
  environment: "production",
  release: null,
};
const ids = { project_id: "p", issue_id: "i" };
const stored = (more: Partial<StreamEventData> = {}): StreamChange => ({
  type: "event",
  ...ids,
  event_id: "e",
  occasion: "repeat",
  issue_event_count: 1,
  data: { ...data, ...more },
});

test("[STREAM-02] filters are values or lists of them; empty ones ask for nothing", () => {
  expect(parseStreamFilters(undefined)).toEqual({});
  expect(parseStreamFilters({ level: "", environment: [] })).toEqual({});
  expect(parseStreamFilters({ level: "error", environment: ["staging", ""] })).toEqual({
    level: ["error"],
    environment: ["staging"],
  });
  expect(parseQueryFilters(new URLSearchParams("level=fatal&level=error&token=x&environment="))).toEqual({
    level: ["fatal", "error"],
  });
});

test.each([
  ["a text", "error"],
  ["a list", []],
  ["an unknown filter", { severity: "error" }],
  ["an unknown level", { level: "loud" }],
  ["a number", { environment: 7 }],
  ["a number in a list", { release: ["1.0", 7] }],
  ["too many values", { release: Array.from({ length: 21 }, String) }],
  ["a value that is too long", { release: "x".repeat(201) }],
])("[C-153] %s is no filter", (_name, given) => {
  expect(() => parseStreamFilters(given)).toThrow(StreamFilterError);
});

test("[STREAM-02] [C-150] all filters must match", () => {
  const wanted = { level: ["error"], environment: ["production"] } as const;
  expect(passes(wanted, stored())).toBe(true);
  expect(passes(wanted, stored({ level: "info" }))).toBe(false);
  expect(passes(wanted, stored({ environment: "staging" }))).toBe(false);
  expect(passes(wanted, stored({ environment: null }))).toBe(false);
  expect(passes({ ...wanted, release: ["1.0"] }, stored())).toBe(false);
  for (const level of LEVELS) expect(passes({}, stored({ level }))).toBe(true);
});

test("an issue that an event made passes as its event does; what a person did always passes", () => {
  const made: StreamChange = { type: "issue", action: "new", ...ids, event: data };
  expect(passes({ level: ["fatal"] }, made)).toBe(false);
  expect(passes({ level: ["error"] }, made)).toBe(true);
  expect(passes({ level: ["fatal"] }, { type: "issue", action: "resolved", ...ids })).toBe(true);
});
