import { expect, test } from "vitest";
import { completionsAt } from "./completions.ts";

const texts = (text: string, cursor = text.length, people: string[] = []) =>
  completionsAt(text, cursor, people).choices.map((choice) => choice.text);

test("keys are completed from their first letters, whatever their case", () => {
  expect(texts("lev")).toEqual(["level:"]);
  expect(texts("TIMES")).toEqual(["timesSeen:"]);
  expect(texts("")).toContain("is:");
});

test("keys that issues do not have are not offered", () => {
  expect(texts("timest")).toEqual([]);
});

test("behind a colon come the values, also by another name of the key", () => {
  expect(texts("level:w")).toEqual(["level:warning"]);
  expect(texts("is:reg")).toEqual(["is:regressed"]);
  expect(texts("assignee:m", undefined, ["mia@example.com"])).toEqual(["assignee:me", "assignee:mia@example.com"]);
});

test("a negation stays", () => {
  expect(texts("!lev")).toEqual(["!level:"]);
  expect(texts("-is:archi")).toEqual(["-is:archived"]);
});

test("only the term at the cursor is replaced, to its end", () => {
  expect(completionsAt("is:new lev browser:Chrome", 10, [])).toMatchObject({ from: 7, to: 10 });
  expect(completionsAt("level:warXing", 9, [])).toMatchObject({
    from: 0,
    to: 13,
    choices: [{ text: "level:warning" }],
  });
});

test("a blank in quotes ends no term, and what is complete is not offered", () => {
  expect(completionsAt('title:"a lev', 12, []).from).toBe(0);
  expect(texts("level:error")).toEqual([]);
});
