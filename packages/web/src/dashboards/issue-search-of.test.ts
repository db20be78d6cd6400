import { parseSearch } from "@mesher/protocol";
import { expect, test } from "vitest";
import { searchOfLevel, searchOfSpan, searchOfTag } from "./issue-search-of.ts";

const SPAN = { from: "2026-11-21T10:00:00.000Z", to: "2026-11-21T11:00:00.000Z" };

test("an hour becomes the issues that lived in it", () => {
  const search = searchOfSpan(SPAN);
  expect(search).toBe("lastSeen:>=2026-11-21T10:00:00.000Z firstSeen:<2026-11-21T11:00:00.000Z");
  expect(() => parseSearch(search, "issue")).not.toThrow();
});

test("a level is the field, and a tag of that name is the tag", () => {
  expect([searchOfLevel("error"), searchOfTag("level", "error")]).toEqual(["level:error", "tags[level]:error"]);
});

test.each([
  ["browser", "Chrome", "browser:Chrome"],
  ["release", "shop@1.2.0", "release:shop@1.2.0"],
  ["users", "few", "tags[users]:few"],
  ["title", "Dr.", "tags[title]:Dr."],
  ["plan", `"gold" * OR`, String.raw`plan:"\"gold\" \* OR"`],
])("of the tag %s, the value %s becomes a search that means just it", (key, value, text) => {
  expect(searchOfTag(key, value)).toBe(text);
  expect(() => parseSearch(text, "issue")).not.toThrow();
  expect(() => parseSearch(text, "event")).not.toThrow();
});
