import { expect, test } from "vitest";
import { likenessOf, titleWords } from "./similar-issues.ts";

const likeness = (a: string, b: string) => likenessOf(titleWords(a), titleWords(b));

test("the same type with nearly the same words is alike, another type with other words is not", () => {
  const title = "TypeError: Cannot read properties of undefined (reading 'price')";
  expect(likeness(title, title)).toBe(1);
  expect(likeness(title, "TypeError: Cannot read properties of null (reading 'total')")).toBeGreaterThan(0.5);
  expect(likeness(title, "TypeError: fetch failed")).toBeLessThan(0.4);
  expect(likeness(title, "TimeoutError: the payment provider did not answer")).toBe(0);
});

test("numbers and single letters are no words", () => {
  expect(titleWords("Order 4711 of x failed: order_id")).toEqual(["order", "of", "failed", "order_id"]);
  expect(titleWords("?!")).toEqual([]);
});
