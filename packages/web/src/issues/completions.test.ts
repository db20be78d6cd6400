import { expect, test } from "vitest";
import { completionsAt, type Known, termAt } from "./completions.ts";

const NOTHING: Known = { scope: "issue", assignees: [], suggested: [] };

const texts = (text: string, cursor = text.length, known: Partial<Known> = {}) =>
  completionsAt(text, cursor, { ...NOTHING, ...known }).choices.map((choice) => choice.text);

test("keys are completed from their first letters, whatever their case", () => {
  expect(texts("lev")).toEqual(["level:"]);
  expect(texts("TIMES")).toEqual(["timesSeen:"]);
  expect(texts("")).toContain("is:");
});

test("keys that issues do not have are not offered", () => {
  expect(texts("timest")).toEqual([]);
});

test("events are searched by their own keys", () => {
  expect(texts("timest", undefined, { scope: "event" })).toEqual(["timestamp:"]);
  expect(texts("first", undefined, { scope: "event" })).toEqual([]);
});

test("what the server suggests comes behind what is known at once, and nothing twice", () => {
  const suggested = [
    { kind: "field", text: "level:", help: "x", count: null },
    { kind: "tag", text: "letter:", help: null, count: null },
  ] as const;
  expect(texts("le", undefined, { suggested })).toEqual(["level:", "letter:"]);
  const value = { kind: "value", text: "plan:free", help: null, count: 1200 } as const;
  expect(completionsAt("plan:f", 6, { ...NOTHING, suggested: [value] }).choices).toEqual([
    { text: "plan:free", help: "1.2k events in 24 hours" },
  ]);
});

test("the term that is typed ends at the cursor", () => {
  expect(termAt("is:new (lev browser:x", 11)).toBe("lev");
  for (const typed of ["!tags[shop region", "tags[shop region]:Up", '"shop region":Up', 'tags[shop region]:"Upper Au'])
    expect(termAt(`is:new ${typed}`, `is:new ${typed}`.length)).toBe(typed);
});

test("behind a colon come the values, also by another name of the key", () => {
  expect(texts("level:w")).toEqual(["level:warning"]);
  expect(texts("is:reg")).toEqual(["is:regressed"]);
  expect(texts("assignee:m", undefined, { assignees: ["#mobile", "mia@example.com"] })).toEqual([
    "assignee:me",
    "assignee:my_teams",
    "assignee:mia@example.com",
  ]);
  expect(texts("assigned:#", undefined, { assignees: ["#mobile", "mia@example.com"] })).toEqual(["assigned:#mobile"]);
});

test("a negation stays", () => {
  expect(texts("!lev")).toEqual(["!level:"]);
  // Not a negation but a word.
  expect(texts("-is:archi")).toEqual([]);
});

test("only the term at the cursor is replaced, to its end", () => {
  expect(completionsAt("is:new lev browser:Chrome", 10, NOTHING)).toMatchObject({ from: 7, to: 10 });
  expect(completionsAt("level:warXing", 9, NOTHING)).toMatchObject({
    from: 0,
    to: 13,
    choices: [{ text: "level:warning" }],
  });
});

test("a parenthesis behind the term stays", () => {
  expect(completionsAt("(level:warn) is:new", 11, NOTHING)).toMatchObject({
    from: 1,
    to: 11,
    choices: [{ text: "level:warning" }],
  });
});

test("a blank in quotes ends no term, and what is complete is not offered", () => {
  expect(completionsAt('title:"a lev', 12, NOTHING).from).toBe(0);
  expect(texts("level:error")).toEqual([]);
});
