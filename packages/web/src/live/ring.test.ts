import fc from "fast-check";
import { expect, test } from "vitest";
import { Ring } from "./ring.ts";

test("a ring holds the last rows that were added, the newest first", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.array(fc.nat(), { maxLength: 60 }), (capacity, rows) => {
      const ring = new Ring<number>(capacity);
      for (const row of rows) ring.add(row);
      const held = Array.from({ length: ring.size }, (_, index) => ring.at(index));
      expect(held).toEqual(rows.toReversed().slice(0, capacity));
      expect(ring.at(ring.size)).toBeUndefined();
      expect(ring.at(-1)).toBeUndefined();
    }),
  );
});

test("a ring that was cleared is empty, and takes rows again", () => {
  const ring = new Ring<string>(2);
  for (const row of ["a", "b", "c"]) ring.add(row);
  ring.clear();
  expect([ring.size, ring.at(0)]).toEqual([0, undefined]);
  ring.add("d");
  expect([ring.size, ring.at(0)]).toEqual([1, "d"]);
});
