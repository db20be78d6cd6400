import fc from "fast-check";
import { expect, test } from "vitest";
import { formatPosition, newBreakMark, ORIGINS_MAX, parsePosition, type SeenOrigins } from "./position.ts";
import { RECENT_MAX, Recent, type RecentMessage } from "./recent.ts";
import { change } from "./recent-testing.ts";
import { UNASKED } from "./verdict.ts";

const seenAt = (recent: Recent) => parsePosition(recent.position) ?? new Map<string, number>();
const idsOf = (messages: readonly RecentMessage[] | undefined) =>
  messages?.map((each) => `${each.origin}${each.number}`);

test("a position survives being written and read, and nonsense is none", () => {
  const origin = fc.stringMatching(/^[a-z0-9]{1,16}$/);
  const seen = fc.uniqueArray(fc.tuple(origin, fc.nat()), { selector: ([name]) => name, maxLength: ORIGINS_MAX });
  fc.assert(
    fc.property(seen, (entries) => {
      expect(parsePosition(formatPosition(new Map(entries)))).toEqual(new Map(entries));
    }),
  );
  for (const nonsense of ["", "a", "a.", "a.x", "A.1", "a.1.2", "a.1-", "-", "a.1e3", "a.-1", "x".repeat(5_000)])
    expect([nonsense, parsePosition(nonsense)]).toEqual([nonsense, undefined]);
});

test("[STREAM-01] whoever goes on at another node gets what it has not seen, once, and nothing else", () => {
  // Messages of three origins reach two nodes, each origin's in order, but mixed in different ways.
  const order = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(order, fc.infiniteStream(fc.nat()), fc.nat(), fc.nat(), (origins, shuffle, leaveAt, joinAt) => {
      const numbered = number(origins);
      const here = numbered.map(({ origin, n }) => ({ origin, n }));
      const there = number(
        origins
          .map((origin) => ({ origin, key: shuffle.next().value as number }))
          .sort((x, y) => x.key - y.key)
          .map(({ origin }) => origin),
      );
      const [first, second] = [new Recent(), new Recent()];
      const got: string[] = [];
      for (const { origin, n } of here.slice(0, (leaveAt % here.length) + 1)) {
        first.append(origin, n, change(`${origin}${n}`), UNASKED);
        got.push(`${origin}${n}`);
      }
      const seen = seenAt(first);
      const before = there.slice(0, joinAt % (there.length + 1));
      for (const { origin, n } of before) second.append(origin, n, change(`${origin}${n}`), UNASKED);
      const missed = since(second, seen);
      // A node that has heard nothing of an origin cannot know what it said since.
      if (missed === undefined) {
        expect([...seen.keys()].some((origin) => before.every((each) => each.origin !== origin))).toBe(true);
        return;
      }
      got.push(...(idsOf(missed) ?? []));
      // What comes later and was seen elsewhere is left out, as the channel does.
      for (const { origin, n } of there.slice(before.length))
        if (n > (seen.get(origin) ?? 0)) got.push(`${origin}${n}`);
      expect(got.sort()).toEqual(numbered.map(({ origin, n }) => `${origin}${n}`).sort());
    }),
  );
});

/** What was missed, if that can be said. */
function since(recent: Recent, seen: SeenOrigins) {
  const { missed, isWhole } = recent.since(seen);
  return isWhole ? missed : undefined;
}

function number(origins: readonly string[]) {
  const last = new Map<string, number>();
  return origins.map((origin) => {
    const n = (last.get(origin) ?? 0) + 1;
    last.set(origin, n);
    return { origin, n };
  });
}

test("a message that comes twice is taken once; a hole is seen, and nothing before it can be gone on from", () => {
  const recent = new Recent();
  recent.append("a", 1, change("1"), UNASKED);
  const early = seenAt(recent);
  expect(recent.append("a", 1, change("1"), UNASKED)).toBeUndefined();
  expect(recent.append("a", 5, change("5"), UNASKED)?.lost).toBe(3);
  expect(since(recent, early)).toBeUndefined();
  const late = seenAt(recent);
  recent.append("a", 6, change("6"), UNASKED);
  expect(idsOf(since(recent, late))).toEqual(["a6"]);
});

test("an origin first heard in its middle has no known beginning", () => {
  const recent = new Recent();
  recent.append("a", 7, change("7"), UNASKED);
  expect(since(recent, new Map())).toBeUndefined();
  expect(idsOf(since(recent, new Map([["a", 6]])))).toEqual(["a7"]);
  expect(since(recent, new Map([["stranger", 1]]))).toBeUndefined();
});

test("only so many messages are kept, and what was forgotten is a gap", () => {
  const recent = new Recent();
  recent.append("a", 1, change("1"), UNASKED);
  const first = seenAt(recent);
  recent.append("a", 2, change("2"), UNASKED);
  const second = seenAt(recent);
  for (let n = 3; n <= RECENT_MAX + 2; n += 1) recent.append("a", n, change(String(n)), UNASKED);
  expect(since(recent, first)).toBeUndefined();
  expect(since(recent, second)).toHaveLength(RECENT_MAX);
});

test("only so many origins are kept; forgetting one forgets what was before", () => {
  const recent = new Recent();
  recent.append("first", 1, change("1"), UNASKED);
  const early = seenAt(recent);
  for (let n = 0; n < ORIGINS_MAX; n += 1) recent.append(`o${n}`, 1, change("1"), UNASKED);
  expect(seenAt(recent).size).toBe(ORIGINS_MAX);
  expect(since(recent, early)).toBeUndefined();
  expect(idsOf(since(recent, seenAt(recent)))).toEqual([]);
});

test("after a break it is not sure what was missed, but what is known is; a hole across it is not told a second time", () => {
  const recent = new Recent();
  const mark = newBreakMark();
  recent.append("a", 1, change("1"), UNASKED);
  const before = seenAt(recent);
  recent.append("a", 2, change("2"), UNASKED);
  recent.breakOff(mark);
  const after = seenAt(recent);
  expect(recent.since(before)).toMatchObject({ isWhole: false, missed: [{ number: 2 }] });
  expect(idsOf(since(recent, after))).toEqual([]);
  // What another node may have missed is nothing to this one.
  expect(recent.since(new Map(after).set(newBreakMark(), 1))).toMatchObject({ isWhole: true, missed: [] });
  expect(recent.append("a", 3, change("3"), UNASKED)?.lost).toBe(0);
  expect(idsOf(since(recent, after))).toEqual(["a3"]);
  recent.breakOff(mark);
  expect(recent.append("a", 9, change("9"), UNASKED)?.lost).toBe(0);
  expect(since(recent, after)).toBeUndefined();
  expect(recent.append("a", 11, change("11"), UNASKED)?.lost).toBe(1);
});
