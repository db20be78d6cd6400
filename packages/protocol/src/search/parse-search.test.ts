import { eventSearches, issueSearches } from "@mesher/testkit";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseSearch } from "./parse-search.ts";
import { printSearch } from "./print-search.ts";
import { EVERYTHING, SEARCH_DEPTH_MAX, SEARCH_LENGTH_MAX, SEARCH_TERMS_MAX } from "./search-query.ts";
import { SearchQueryError } from "./search-query-error.ts";

const level = (...patterns: [string][]) => ({ kind: "match", key: { field: "level" }, patterns });
const tag = (key: string, ...patterns: string[][]) => ({ kind: "match", key: { tag: key }, patterns });
const words = (...text: string[]) => ({ kind: "words", text });

describe("a search of issues is read as Sentry's users type it:", () => {
  test.each([
    ["", EVERYTHING],
    ["is:unresolved", { kind: "is", state: "unresolved" }],
    ["is:ignored", { kind: "is", state: "archived" }],
    ["level:error", level(["error"])],
    ["level:[error, fatal]", level(["error"], ["fatal"])],
    ["!browser:Chrome", { kind: "not", of: tag("browser", ["Chrome"]) }],
    ['browser:"Chrome 12*"', tag("browser", ["Chrome 12", ""])],
    ["path:a\\*b*c", tag("path", ["a*b", "c"])],
    ["url:https://example.com/a?b=(c)", tag("url", ["https://example.com/a?b=(c)"])],
    ["tags[level]:high", tag("level", ["high"])],
    ['"shop \\"region\\"":"a b"', tag('shop "region"', ["a b"])],
    ['!"shop region":a*', { kind: "not", of: tag("shop region", ["a", ""]) }],
    ['"level":error', level(["error"])],
    ['"free text": x', words("free text : x")],
    ["environment:prod", { kind: "match", key: { field: "environment" }, patterns: [["prod"]] }],
    ["times_seen:>=1.5k", { kind: "number", field: "timesSeen", operator: ">=", value: 1500 }],
    ["firstSeen:-24h", { kind: "age", field: "firstSeen", is: "within", seconds: 86_400 }],
    ["age:+2w", { kind: "age", field: "firstSeen", is: "beyond", seconds: 1_209_600 }],
    [
      "lastSeen:>2026-02-03T12:00+01:00",
      { kind: "time", field: "lastSeen", operator: ">", ms: Date.UTC(2026, 1, 3, 11) },
    ],
    ["has:user.email", { kind: "has", key: { tag: "user.email" } }],
    ['user.email:""', { kind: "not", of: { kind: "has", key: { tag: "user.email" } } }],
    ["TypeError: x", words("TypeError: x")],
    ["see https://a.b", words("see https://a.b")],
    ['"free text"', words("free text")],
    ["time*", words("time", "")],
    ["time* is:new out*", { kind: "all", of: [words("time", " out", ""), { kind: "is", state: "new" }] }],
    ["a OR b c", { kind: "any", of: [words("a"), words("b c")] }],
    ["a OR b os:c", { kind: "any", of: [words("a"), { kind: "all", of: [words("b"), tag("os", ["c"])] }] }],
    [
      "(a OR b) AND !c",
      {
        kind: "all",
        of: [
          { kind: "any", of: [words("a"), words("b")] },
          { kind: "not", of: words("c") },
        ],
      },
    ],
    ["call(x)", words("call(x)")],
  ])("%s", (text, expected) => {
    expect(parseSearch(text, "issue")).toEqual(expected);
  });

  test("a day is the whole day", () => {
    expect(parseSearch("firstSeen:2026-02-03", "issue")).toEqual(
      parseSearch("firstSeen:>=2026-02-03 firstSeen:<2026-02-04", "issue"),
    );
  });
});

describe("what cannot be understood names the column and what was expected:", () => {
  test.each([
    ["timesSeen:many", 11, "a number, as in timesSeen:>100"],
    ["is:broken", 4, "one of unresolved, resolved,"],
    ["level:loud", 7, "one of fatal, error,"],
    ["level:[error,loud]", 14, "one of fatal"],
    ['a "b', 3, 'a closing " for this one'],
    ["a (b OR c", 3, "a closing ) for this one"],
    ["a) b", 2, "a term; this parenthesis was not opened"],
    ["os:[a,b", 4, "a closing ] for this one"],
    ["os:[a,]", 7, "a value"],
    ["a OR", 5, "a term"],
    ["OR a", 1, "a term before this word"],
    ["()", 2, "a term before )"],
    ["! a", 2, "a term right behind the !"],
    ["firstSeen:2026-02-30", 11, "a time, as in firstSeen:-24h"],
    ["firstSeen:>0000-12-31", 11, "a time, as in firstSeen:-24h"],
    ["firstSeen:>0001-01-01T00:00+14:00", 11, "a time, as in firstSeen:-24h"],
    ["firstSeen:>9999-12-31T23:59-14:00", 11, "a time, as in firstSeen:-24h"],
    ["firstSeen:9999-12-31", 11, "a time, as in firstSeen:-24h"],
    ["firstSeen:yesterday", 11, "a time, as in firstSeen:-24h"],
    ["timestamp:-1h", 1, "a key of issues; timestamp is one of events"],
    ["message:…", 9, "a word, of letters or digits"],
    ["has:*", 5, "the name of a tag or field"],
  ])("%s", (text, column, expected) => {
    const error = errorOf(text);
    expect([error.column, error.expected]).toEqual([column, expect.stringContaining(expected) as string]);
    expect(error.message).toContain(`column ${column}: expected`);
  });
});

test("length, terms and depth are limited", () => {
  expect(errorOf("a".repeat(SEARCH_LENGTH_MAX + 1)).expected).toContain("characters");
  expect(errorOf("a ".repeat(SEARCH_TERMS_MAX + 1)).expected).toContain("terms");
  expect(errorOf(`x:[${"a,".repeat(SEARCH_TERMS_MAX + 1)}b]`).expected).toContain("terms");
  const deep = SEARCH_DEPTH_MAX + 1;
  expect(errorOf(`${"(".repeat(deep)}a${")".repeat(deep)}`).expected).toContain("parentheses");
});

test("whatever is typed is read, or refused at a column of it", () => {
  const pieces = fc.constantFrom(
    "is:",
    "level:",
    "!",
    "(",
    ")",
    '"',
    "[",
    "]",
    ",",
    " ",
    "OR",
    "a",
    "\\",
    "*",
    ":",
    "timesSeen:",
    ">1",
    "firstSeen:",
    "-1d",
    "é",
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 20 }), (typed) => {
      const text = typed.join("");
      try {
        parseSearch(text, "issue");
      } catch (error) {
        if (!(error instanceof SearchQueryError)) throw error;
        expect(error.column).toBeGreaterThanOrEqual(1);
        expect(error.column).toBeLessThanOrEqual(text.length + 1);
      }
    }),
    { numRuns: 2_000 },
  );
});

describe("what is printed is read as the same again:", () => {
  test("searches of issues", () => {
    fc.assert(
      fc.property(issueSearches, (query) => {
        expect(parseSearch(printSearch(query), "issue")).toEqual(query);
      }),
      { numRuns: 1_000 },
    );
  });
  test("searches of events", () => {
    fc.assert(
      fc.property(eventSearches, (query) => {
        expect(parseSearch(printSearch(query), "event")).toEqual(query);
      }),
      { numRuns: 1_000 },
    );
  });
});

function errorOf(text: string): SearchQueryError {
  try {
    parseSearch(text, "issue");
  } catch (error) {
    if (error instanceof SearchQueryError) return error;
    throw error;
  }
  throw new Error(`${text} was understood`);
}
