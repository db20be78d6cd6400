import { expect, test } from "vitest";
import { exactNumberOf, parseExactJson } from "./exact-json.ts";

test("numbers that JavaScript cannot hold are written again as they stood", () => {
  const json = '{"id":12345678901234567890,"share":1.0,"list":[-0,9007199254740993,7],"text":"1.0"}';
  expect(JSON.stringify(parseExactJson(json))).toBe(json);
});

test("numbers that are written so anyway are numbers", () => {
  const parsed = parseExactJson('{"id":9007199254740993,"count":7}') as Record<"id" | "count", object>;
  expect(parsed.count).toBe(7);
  expect(exactNumberOf(parsed.id)).toBe("9007199254740993");
  expect(exactNumberOf({ rawJSON: "7" })).toBeUndefined();
});

test("what is nested deeper than the stack reaches is parsed all the same", () => {
  const depth = 100_000;
  const json = `{"id":9007199254740993,"deep":${"[".repeat(depth)}${"]".repeat(depth)}}`;
  expect(Object.keys(parseExactJson(json) as object)).toEqual(["id", "deep"]);
});
