import { LEVELS, type StreamChange, type StreamEventData } from "@mesher/protocol";
import { expect, test } from "vitest";
import { STREAM_TERMS_MAX } from "../search/stream-search.ts";
import { parseQueryFilters, parseStreamFilters, passes, StreamFilterError } from "./filters.ts";
import { UNASKED } from "./verdict.ts";

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
  expect(parseStreamFilters(undefined).filters).toEqual({});
  expect(parseStreamFilters({ level: "", environment: [], query: " " })).toEqual({ filters: {} });
  expect(parseStreamFilters({ level: "error", environment: ["staging", ""] }).filters).toEqual({
    level: ["error"],
    environment: ["staging"],
  });
  expect(parseQueryFilters(new URLSearchParams("level=fatal&level=error&token=x&environment=")).filters).toEqual({
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
  ["a list of searches", { query: ["a", "b"] }],
  ["a search of too many terms", { query: "a ".repeat(STREAM_TERMS_MAX) + "level:error ".repeat(STREAM_TERMS_MAX) }],
  ["a search of issues", { query: "is:unresolved" }],
])("[C-153] %s is no filter", (_name, given) => {
  expect(() => parseStreamFilters(given)).toThrow(StreamFilterError);
});

test("[STREAM-02] [C-150] all filters must match", () => {
  const wanted = { level: ["error"], environment: ["production"] } as const;
  expect(passes({ filters: wanted }, stored(), UNASKED)).toBe(true);
  expect(passes({ filters: wanted }, stored({ level: "info" }), UNASKED)).toBe(false);
  expect(passes({ filters: wanted }, stored({ environment: "staging" }), UNASKED)).toBe(false);
  expect(passes({ filters: wanted }, stored({ environment: null }), UNASKED)).toBe(false);
  expect(passes({ filters: { ...wanted, release: ["1.0"] } }, stored(), UNASKED)).toBe(false);
  for (const level of LEVELS) expect(passes({ filters: {} }, stored({ level }), UNASKED)).toBe(true);
});

test("an issue that an event made passes as its event does; what a person did always passes", () => {
  const made: StreamChange = { type: "issue", action: "new", ...ids, event: data };
  expect(passes({ filters: { level: ["fatal"] } }, made, UNASKED)).toBe(false);
  expect(passes({ filters: { level: ["error"] } }, made, UNASKED)).toBe(true);
  expect(passes({ filters: { level: ["fatal"] } }, { type: "issue", action: "resolved", ...ids }, UNASKED)).toBe(true);
});

test("[STREAM-02] a search is the same however it is typed, and passes what it was found to match", () => {
  const wanted = parseStreamFilters({ query: ' browser:"Chrome"  TypeError' });
  expect(wanted.filters).toEqual({ query: ' browser:"Chrome"  TypeError' });
  expect(parseQueryFilters(new URLSearchParams("query=browser:Chrome TypeError")).search).toEqual(wanted.search);
  const asked = ["other", wanted.search?.id ?? ""];
  expect(passes(wanted, stored(), { asked, found: [1] })).toBe(true);
  expect(passes(wanted, stored(), { asked, found: [0] })).toBe(false);
  expect(passes(wanted, stored(), UNASKED)).toBeUndefined();
  expect(passes({ ...wanted, filters: { level: ["fatal"] } }, stored(), { asked, found: [1] })).toBe(false);
});

test("[SEARCH-01] a search that cannot be understood is answered with the column and what should stand there", () => {
  const refused = () => parseStreamFilters({ query: "level:error (release:1.0" });
  expect(refused).toThrow(
    expect.objectContaining({ code: "invalid_search", details: { column: 13, expected: expect.any(String) } }),
  );
});
