import { expect, test } from "vitest";
import { growthOf } from "./growth.ts";

const LIMIT = { share: 0.2, atLeast: 24 };
const samples = (count: number, at: (index: number) => number) =>
  Array.from({ length: count }, (_, index) => at(index));

test("what warms up and then stays does not grow, whatever single samples do", () => {
  const warm = samples(60, (index) => (index < 15 ? 10 * index : 150) + (index % 7 === 0 ? 80 : 0));
  expect(growthOf(warm, LIMIT)).toEqual({ before: 150, after: 150, isUnbounded: false });
});

test("what goes on growing is found, unless it is little", () => {
  expect(
    growthOf(
      samples(60, (index) => 150 + 5 * index),
      LIMIT,
    )?.isUnbounded,
  ).toBe(true);
  expect(
    growthOf(
      samples(60, (index) => 150 + index / 2),
      LIMIT,
    )?.isUnbounded,
  ).toBe(false);
  expect(
    growthOf(
      samples(60, (index) => index / 2),
      LIMIT,
    )?.isUnbounded,
  ).toBe(false);
});

test("of a few samples nothing can be said", () => {
  expect(
    growthOf(
      samples(8, (index) => 1_000 * index),
      LIMIT,
    ),
  ).toBeUndefined();
});
