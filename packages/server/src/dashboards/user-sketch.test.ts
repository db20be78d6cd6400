import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EXACT_USERS_MAX, hashUser, UserSketch } from "./user-sketch.ts";

const hashes = fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { maxLength: 400 });

function sketchOf(users: Iterable<bigint>): UserSketch {
  const sketch = new UserSketch();
  for (const user of users) sketch.add(user);
  return sketch;
}

function merged(...sketches: readonly UserSketch[]): UserSketch {
  const all = new UserSketch();
  for (const sketch of sketches) all.merge(sketch);
  return all;
}

const people = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => hashUser({ id: `user ${from + index}` }) ?? 0n);

test("few users are counted exactly, however often each comes", () => {
  const users = people(0, EXACT_USERS_MAX);
  expect(sketchOf([...users, ...users]).count).toBe(EXACT_USERS_MAX);
});

test.each([500, 5_000, 50_000, 200_000])("%i users are counted with an error below 10 %%", (count) => {
  const { count: counted } = sketchOf(people(0, count));
  expect(Math.abs(counted - count) / count).toBeLessThan(0.1);
});

test("merging gives what adding all of them gives, in whatever order and however often", () => {
  fc.assert(
    fc.property(hashes, hashes, hashes, (a, b, c) => {
      const [one, two, three] = [sketchOf(a), sketchOf(b), sketchOf(c)];
      const together = sketchOf([...a, ...b, ...c]).toBytes();
      expect(merged(one, two, three).toBytes()).toEqual(together);
      expect(merged(three, merged(two, one), one).toBytes()).toEqual(together);
    }),
    { numRuns: 200 },
  );
});

test("a sketch is the same after it was bytes, and says whether a user changed it", () => {
  fc.assert(
    fc.property(hashes, (users) => {
      const sketch = sketchOf(users);
      const read = UserSketch.of(sketch.toBytes());
      expect([read.count, read.toBytes()]).toEqual([sketch.count, sketch.toBytes()]);
      expect(users.some((user) => read.add(user))).toBe(false);
      expect(read.toBytes().length).toBeLessThanOrEqual(1 + EXACT_USERS_MAX * 8);
    }),
    { numRuns: 200 },
  );
});

describe("a user is", () => {
  test.each([
    [{ id: "1", email: "a@b.c" }, { id: "1" }],
    [{ email: "a@b.c", ip_address: "::1" }, { email: "a@b.c" }],
    [{ ip_address: "::1" }, { ip_address: "::1", name: "Ann" }],
    [{ id: "", username: " ", email: "a@b.c" }, { email: "a@b.c" }],
  ])("%j and %j the same", (one, other) => {
    expect(hashUser(one)).toBe(hashUser(other));
  });
  test("nobody without any of these", () => {
    expect(hashUser({ name: "Ann" })).toBeUndefined();
    expect(hashUser({ ip_address: "[Filtered]" })).toBeUndefined();
    expect(hashUser({ id: "" })).toBeUndefined();
  });
});
