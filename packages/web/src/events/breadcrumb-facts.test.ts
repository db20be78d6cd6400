import { expect, test } from "vitest";
import { breadcrumbFacts, matchesFilter } from "./breadcrumb-facts.ts";

const REQUEST = {
  type: "http",
  category: "fetch",
  level: "error",
  data: { method: "POST", url: "https://shop.example/pay", status_code: 502, reason: "Bad Gateway" },
} as const;

test("requests and navigations are said in one line, with the rest of their data", () => {
  expect(breadcrumbFacts(REQUEST)).toEqual({
    kind: "fetch",
    text: "POST https://shop.example/pay: 502",
    rest: [["reason", "Bad Gateway"]],
  });
  expect(breadcrumbFacts({ data: { from: "/cart", to: "/pay" } })).toEqual({
    kind: "breadcrumb",
    text: "/cart → /pay",
    rest: [],
  });
});

test("what has a message keeps all of its data", () => {
  expect(breadcrumbFacts({ type: "http", message: "slow", data: { url: "/pay" } })).toEqual({
    kind: "http",
    text: "slow",
    rest: [["url", "/pay"]],
  });
  expect(breadcrumbFacts({})).toEqual({ kind: "breadcrumb", text: undefined, rest: [] });
});

test("they are filtered by kind, level and text, also that of their data", () => {
  const all = { kind: "", level: "", text: "" };
  expect(matchesFilter(REQUEST, all)).toBe(true);
  expect(matchesFilter(REQUEST, { kind: "fetch", level: "error", text: "bad gateway" })).toBe(true);
  expect(matchesFilter(REQUEST, { ...all, kind: "console" })).toBe(false);
  expect(matchesFilter(REQUEST, { ...all, level: "info" })).toBe(false);
  expect(matchesFilter(REQUEST, { ...all, text: "timeout" })).toBe(false);
  expect(matchesFilter({ message: "said" }, { ...all, level: "info" })).toBe(true);
});
