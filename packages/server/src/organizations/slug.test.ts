import * as fc from "fast-check";
import { expect, test } from "vitest";
import { freeSlug, isSlug, SLUG_LENGTH_MAX, slugOf } from "./slug.ts";

test.each([
  ["Web shop", "web-shop"],
  ["  Größe & Maß!  ", "gro-e-ma"],
  ["Café Olé", "cafe-ole"],
  ["2nd API", "project-2nd-api"],
  ["42", "project-42"],
  ["日本語", "project"],
  ["a1b2c3d4-a1b2-a1b2-a1b2-a1b2c3d4e5f6", "project-a1b2c3d4-a1b2-a1b2-a1b2-a1b2c3d4e5f6"],
])("[ORG-02] the name %j suggests the slug %j", (name, slug) => {
  expect(slugOf(name)).toBe(slug);
});

test("[ORG-02] whatever the name, its slug is one, and stays one with a number behind", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 120 }), fc.integer({ min: 0, max: 30 }), (name, others) => {
      const slug = slugOf(name);
      expect(isSlug(slug)).toBe(true);
      const taken = new Set<string>();
      for (let made = 0; made <= others; made += 1) taken.add(freeSlug(slug, taken));
      expect(taken.size).toBe(others + 1);
      for (const each of taken) expect(isSlug(each)).toBe(true);
    }),
  );
});

test.each(["", "1", "12", "-a", "a-", "a--b", "A", "a b", "a".repeat(SLUG_LENGTH_MAX + 1)])("%j is no slug", (text) => {
  expect(isSlug(text)).toBe(false);
});
