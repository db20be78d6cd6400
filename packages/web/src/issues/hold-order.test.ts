import { expect, test } from "vitest";
import { holdOrder } from "./hold-order.ts";

const rows = (...ids: string[]) => ids.map((id) => ({ id }));

test("rows keep their places while others overtake them, with what is new of them", () => {
  expect(
    holdOrder(["a", "b"], [
      { id: "b", count: 9 },
      { id: "a", count: 1 },
    ] as never[]),
  ).toEqual({
    shown: [
      { id: "a", count: 1 },
      { id: "b", count: 9 },
    ],
    waiting: 0,
  });
});

test("a row that is new waits, and is counted", () => {
  expect(holdOrder(["a", "b"], rows("new", "a", "b"))).toEqual({ shown: rows("a", "b"), waiting: 1 });
});

test("a row that is gone goes", () => {
  expect(holdOrder(["a", "b"], rows("b")).shown).toEqual(rows("b"));
});

test("what comes below the last held row is shown", () => {
  expect(holdOrder(["a"], rows("a", "older", "oldest"))).toEqual({ shown: rows("a", "older", "oldest"), waiting: 0 });
});
