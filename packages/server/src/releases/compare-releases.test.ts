import fc from "fast-check";
import { expect, test } from "vitest";
import { isLaterRelease } from "./compare-releases.ts";

const NEVER = new Map<string, number>();

test.each([
  ["shop@1.10.0", "shop@1.9.3"],
  ["shop@1.0.0", "shop@1.0.0-rc.1"],
  ["shop@1.0.0-rc.10", "shop@1.0.0-rc.9"],
  ["shop@1.0.0-rc.1", "shop@1.0.0-beta"],
  ["shop@1.0.0-rc.1.1", "shop@1.0.0-rc.1"],
  ["v2.0.0", "1.99.99"],
  ["1.2.3.4", "1.2.3"],
  ["2.0", "1.9.9"],
])("%s is later than %s, whenever they were seen", (later, earlier) => {
  const seen = new Map([
    [later, 1],
    [earlier, 2],
  ]);
  expect([isLaterRelease(later, earlier, seen), isLaterRelease(earlier, later, seen)]).toEqual([true, false]);
});

test.each([
  ["4f2a91c", "0b77de1"],
  ["shop@1.0.0", "billing@2.0.0"],
  ["shop@1.0.0", "shop@nightly"],
])("%s and %s have no order but that of their appearance", (a, b) => {
  const seen = new Map([
    [a, 1_000],
    [b, 2_000],
  ]);
  expect([isLaterRelease(b, a, seen), isLaterRelease(a, b, seen)]).toEqual([true, false]);
  expect(isLaterRelease(a, b, NEVER)).toBe(false);
});

test("a release that was never seen is still to come", () => {
  expect(isLaterRelease("soon", "now", new Map([["now", 1]]))).toBe(true);
  expect(isLaterRelease("now", "soon", new Map([["now", 1]]))).toBe(false);
});

test("build numbers say nothing", () => {
  expect(isLaterRelease("1.0.0+2", "1.0.0+1", NEVER)).toBe(false);
});

test("of two releases at most one is the later", () => {
  const number = fc.nat({ max: 3 });
  const version = fc
    .tuple(fc.constantFrom("", "shop@"), number, number, fc.constantFrom("", "-rc", "-rc.1", "-1"))
    .map(([name, major, minor, pre]) => `${name}${major}.${minor}.0${pre}`);
  const release = fc.oneof(version, fc.constantFrom("abc", "def"));
  const seen = fc.dictionary(release, fc.nat()).map((times) => new Map(Object.entries(times)));
  fc.assert(
    fc.property(release, release, seen, (a, b, times) => {
      expect(isLaterRelease(a, b, times) && isLaterRelease(b, a, times)).toBe(false);
    }),
  );
});
