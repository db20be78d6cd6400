import { expect, test } from "vitest";
import { compileAllowedDomains, isAllowedDomain } from "./allowed-domains.ts";

const allows = (entry: string, page: string) => {
  expect(isAllowedDomain(entry)).toBe(true);
  return compileAllowedDomains([entry])?.(page) ?? true;
};

test.each([
  ["*", "null", true],
  ["shop.example", "https://shop.example", true],
  ["shop.example", "http://shop.example:8080/a/page?x", true],
  ["shop.example", "https://www.shop.example", false],
  ["shop.example", "https://shop.example.evil.example", false],
  ["shop.example", "https://evil.example/shop.example", false],
  ["shop.example", "https://shop.example@evil.example/", false],
  ["shop.example", "null", false],
  ["*.shop.example", "https://a.b.shop.example", true],
  ["*.shop.example", "https://shop.example", true],
  ["*.shop.example", "https://notshop.example", false],
  ["https://shop.example", "https://shop.example/", true],
  ["https://shop.example", "http://shop.example/", false],
  ["https://*.shop.example:8443", "https://a.shop.example:8443", true],
  ["https://*.shop.example:8443", "https://a.shop.example", false],
  ["shop.example:443", "https://shop.example", true],
  ["[::1]:3000", "http://[::1]:3000/", true],
  ["localhost", "http://localhost:5173", true],
])("%s allows %s: %s", (entry, page, isAllowed) => {
  expect(allows(entry, page)).toBe(isAllowed);
});

test.each([
  "",
  "shop.example/",
  "*.",
  "a*b",
  "https://",
  "shop example",
  "SHOP.example",
  "*.*.example",
  "a".repeat(256),
])("%j is no domain", (text) => expect(isAllowedDomain(text)).toBe(false));
