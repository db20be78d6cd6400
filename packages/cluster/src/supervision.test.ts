import fc from "fast-check";
import { expect, test } from "vitest";
import { affectedBy, Intensity, isRestarted } from "./supervision.ts";

test("a strategy says who is restarted with a child", () => {
  const ids = ["a", "b", "c"];
  expect(affectedBy("one_for_one", ids, "b")).toEqual(["b"]);
  expect(affectedBy("simple_one_for_one", ids, "b")).toEqual(["b"]);
  expect(affectedBy("one_for_all", ids, "b")).toEqual(["a", "b", "c"]);
  expect(affectedBy("rest_for_one", ids, "b")).toEqual(["b", "c"]);
});

test("permanent children always come back, transient ones after an abnormal end, temporary ones never", () => {
  const ends = [{ kind: "normal" }, { kind: "shutdown" }, { kind: "killed" }, { kind: "error", message: "" }] as const;
  expect(ends.map((reason) => isRestarted("permanent", reason))).toEqual([true, true, true, true]);
  expect(ends.map((reason) => isRestarted("transient", reason))).toEqual([false, false, true, true]);
  expect(ends.map((reason) => isRestarted("temporary", reason))).toEqual([false, false, false, false]);
});

test("in no window are there more restarts than allowed, and none is refused without need", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 5 }),
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.nat(20)),
      (max, windowMs, gaps) => {
        const intensity = new Intensity(max, windowMs);
        const taken: number[] = [];
        let nowMs = 0;
        for (const gap of gaps) {
          nowMs += gap;
          const inWindow = taken.filter((atMs) => atMs > nowMs - windowMs).length;
          expect(intensity.take(nowMs)).toBe(inWindow < max);
          if (inWindow < max) taken.push(nowMs);
        }
      },
    ),
  );
});
