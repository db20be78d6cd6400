import fc from "fast-check";
import { expect, test } from "vitest";
import { newBreakMark } from "./position.ts";
import { judgeRecall, parseRecallAnswer, type RecallAnswer } from "./recall.ts";
import { Recent, type ToldMessage } from "./recent.ts";
import { change } from "./recent-testing.ts";
import { UNASKED } from "./verdict.ts";

function messagesOf(origin: string, after: number, upTo: number): ToldMessage[] {
  return Array.from({ length: Math.max(0, upTo - after) }, (_, index) => {
    const number = after + 1 + index;
    return { origin, number, change: change(`${origin}${number}`), verdict: UNASKED };
  });
}

function recentOf(messages: readonly ToldMessage[]): Recent {
  const recent = new Recent(newBreakMark());
  for (const { origin, number, change: told, verdict } of messages) recent.append(origin, number, told, verdict);
  return recent;
}

/** Of each node: what it has told, how much the keeper has heard of it, from where on the newcomer hears it, what a client has seen. */
const node = fc
  .record({ told: fc.nat(20), kept: fc.nat(20), from: fc.nat(20), seen: fc.nat(20) })
  .map(({ told, ...more }) => ({
    told,
    kept: Math.min(more.kept, told),
    from: Math.min(more.from, told),
    seen: Math.min(more.seen, told),
  }));

test("[STREAM-01] a node that recalls what a peer kept gives its clients what they missed, once and in order, or says that it cannot", () => {
  fc.assert(
    fc.property(fc.array(node, { minLength: 1, maxLength: 4 }), fc.boolean(), (nodes, hasBroken) => {
      const named = nodes.map((each, index) => ({ ...each, origin: `o${index}` }));
      const keeper = recentOf(named.flatMap(({ origin, kept }) => messagesOf(origin, 0, kept)));
      const mark = newBreakMark();
      if (hasBroken) keeper.breakOff(mark);
      const answers: RecallAnswer[] = named.map(({ origin, told }, index) => ({
        isTelling: true,
        ...(told > 0 ? { own: { origin, number: told } } : {}),
        ...(index === 0 ? { recent: keeper.record } : {}),
      }));
      const heard = named.flatMap(({ origin, from, told }) => messagesOf(origin, from, told));
      const wire = answers.map((answer) => parseRecallAnswer(JSON.parse(JSON.stringify(answer))));
      const found = judgeRecall(wire, heard);
      // What was told before the newcomer listened must have come to the keeper.
      expect(found !== undefined).toBe(named.every(({ kept, from }) => kept >= from));
      if (found === undefined) return;
      const here = Recent.from(found, newBreakMark());
      for (const { origin, number, change: told, verdict } of heard) here.append(origin, number, told, verdict);
      // Of somebody with that place, who was nowhere else.
      const seen = new Map(named.filter((each) => each.seen > 0).map((each) => [each.origin, each.seen]));
      const isSomewhere = seen.size > 0;
      if (hasBroken) seen.set(mark, 1);
      const { missed, isWhole } = here.since(seen);
      expect(isWhole).toBe(isSomewhere || hasBroken);
      for (const { origin, seen: last, told } of named)
        expect(missed.filter((each) => each.origin === origin).map(({ number }) => number)).toEqual(
          messagesOf(origin, last, told).map(({ number }) => number),
        );
      seen.delete(mark);
      if (hasBroken) expect(here.since(seen).isWhole).toBe(false);
    }),
  );
});

test("[STREAM-01] what a peer does not say, or told to nobody, makes it unknown what was missed", () => {
  const kept: RecallAnswer = { isTelling: true, recent: recentOf(messagesOf("a", 0, 3)).record };
  expect(judgeRecall([kept, { isTelling: true }], [])).toBeDefined();
  expect(judgeRecall([kept, undefined], [])).toBeUndefined();
  expect(judgeRecall([kept, { isTelling: false }], [])).toBeUndefined();
  for (const nonsense of [undefined, null, 1, {}, { isTelling: 1 }, { isTelling: true, own: {} }])
    expect(parseRecallAnswer(nonsense)).toBeUndefined();
  for (const recent of [null, {}, { origins: [], messages: [{}] }, { origins: [{ origin: "a" }], messages: [] }])
    expect(parseRecallAnswer({ isTelling: true, recent })).toBeUndefined();
});

test("[STREAM-01] nodes that begin to listen together know how much each has told: who has seen less comes to a gap", () => {
  const answers: RecallAnswer[] = [{ isTelling: true, own: { origin: "a", number: 7 } }, { isTelling: false }];
  for (const heard of [[], messagesOf("a", 5, 7)]) {
    const found = judgeRecall(answers, heard);
    if (found === undefined) throw new Error("both have answered");
    const recent = Recent.from(found, newBreakMark());
    for (const { origin, number, change: told, verdict } of heard) recent.append(origin, number, told, verdict);
    const since = (number: number) => recent.since(new Map([["a", number]]));
    expect(since(7)).toEqual({ missed: [], isWhole: true });
    expect(since(4).isWhole).toBe(false);
    expect(since(5)).toMatchObject({
      isWhole: heard.length > 0,
      missed: Array.from(heard, ({ number }) => ({ number })),
    });
  }
});

test("[STREAM-01] who has heard nothing yet goes on where it was, and nowhere else", () => {
  const mark = newBreakMark();
  const recent = new Recent(mark);
  const seen = new Map([[mark, 0]]);
  recent.append("a", 1, change("a1"), UNASKED);
  expect(recent.since(seen)).toMatchObject({ isWhole: true, missed: [{ number: 1 }] });
  for (const elsewhere of [new Map<string, number>(), new Map([[newBreakMark(), 0]])])
    expect(recent.since(elsewhere).isWhole).toBe(false);
});
