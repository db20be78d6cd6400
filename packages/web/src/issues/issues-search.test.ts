import { parseSearch } from "@mesher/protocol";
import { expect, test } from "vitest";
import { statusOf, wholeQueryOf } from "./issues-search.ts";

test.each(["a OR b", "a OR(b)", "(a)OR b", '"a"OR b', "a\tOR\tb"])(
  "a list of unresolved issues is kept as a search that finds no others: %s",
  (query) => {
    expect(parseSearch(wholeQueryOf({ query, status: "unresolved" }), "issue")).toEqual(
      parseSearch(`is:unresolved (${query})`, "issue"),
    );
  },
);

test("a state is named by a term, and not within a text", () => {
  expect(["is:resolved", "x !is:new", "(is:new OR a)"].map((query) => statusOf({ query }))).toEqual([
    "all",
    "all",
    "all",
  ]);
  expect(['"what is: that"', "this", "-is:new"].map((query) => statusOf({ query }))).toEqual([
    "unresolved",
    "unresolved",
    "unresolved",
  ]);
});

test("a list is kept with its state, level, range of time and search", () => {
  expect(wholeQueryOf({})).toBe("is:unresolved");
  expect(wholeQueryOf({ status: "resolved", level: "error", period: "7d", query: "a OR b" })).toBe(
    "is:resolved level:error lastSeen:-7d (a OR b)",
  );
});
