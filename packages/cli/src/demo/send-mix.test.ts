import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { type Answer, parseRetryAfterMs } from "../post-envelope.ts";
import { Random } from "./random.ts";
import { BACKLOG_EVENTS, MixRefusedError, sendMix } from "./send-mix.ts";
import { happenInShop } from "./shop-stream.ts";
import { Tally } from "./tally.ts";

const ACCEPTED: Answer = { kind: "accepted" };

/** Runs the mix against a clock that jumps ahead instead of waiting. `answer` is asked for every event. */
async function runMix(
  rule: { ratePerSecond: number; seconds: number },
  answer: (sentBefore: number, atMs: number) => Answer,
  interruptAtMs = Infinity,
) {
  const interrupt = new AbortController();
  const shop = happenInShop(new Random(1));
  const tally = new Tally();
  const sentAtMs: number[] = [];
  let nowMs = 0;
  await sendMix(rule, {
    next: () => shop.next().value,
    post: async () => {
      sentAtMs.push(nowMs);
      return answer(sentAtMs.length - 1, nowMs);
    },
    clock: {
      nowMs: () => nowMs,
      sleep: async (ms) => {
        // Answers to what was sent come before the time goes on.
        await turn();
        nowMs = Math.min(nowMs + ms, interruptAtMs);
        if (nowMs === interruptAtMs) interrupt.abort();
      },
    },
    interrupted: interrupt.signal,
    tally,
  });
  return { tally, sentAtMs };
}

test("sends the backlog at once, then goes on at the rate", async () => {
  const { tally, sentAtMs } = await runMix({ ratePerSecond: 10, seconds: 3 }, () => ACCEPTED);
  expect(sentAtMs.filter((at) => at === 0)).toHaveLength(BACKLOG_EVENTS + 1);
  expect(sentAtMs.filter((at) => at > 0 && at <= 1000)).toHaveLength(10);
  expect(tally).toMatchObject({ sent: BACKLOG_EVENTS + 30, accepted: BACKLOG_EVENTS + 30, refused: 0 });
});

test("sends nothing while a 429 lasts, and does not make up for it", async () => {
  const { tally, sentAtMs } = await runMix({ ratePerSecond: 10, seconds: 20 }, (before) =>
    before === 80 ? { kind: "refused", status: 429, detail: "", retryAfterMs: 5000 } : ACCEPTED,
  );
  const refusedAtMs = sentAtMs[80] ?? 0;
  const resumedAtMs = sentAtMs[81] ?? 0;
  expect(resumedAtMs - refusedAtMs).toBe(5000);
  expect(sentAtMs.filter((at) => at > resumedAtMs && at <= resumedAtMs + 1000).length).toBeLessThanOrEqual(11);
  expect(tally.refused).toBe(1);
});

test("a pause longer than the time that is left ends the mix in time", async () => {
  const { tally } = await runMix({ ratePerSecond: 10, seconds: 5 }, (before) =>
    before < 70 ? ACCEPTED : { kind: "refused", status: 429, detail: "", retryAfterMs: 3_600_000 },
  );
  expect(tally).toMatchObject({ sent: 71, accepted: 70, refused: 1 });
});

test("goes on after a server that was away for a while", async () => {
  const { tally } = await runMix({ ratePerSecond: 10, seconds: 10 }, (_, atMs) =>
    atMs > 2000 && atMs < 5000 ? { kind: "unanswered", cause: new Error("away") } : ACCEPTED,
  );
  expect(tally.unanswered).toBe(3);
  expect(tally.accepted).toBeGreaterThan(BACKLOG_EVENTS + 60);
});

test("ends when it is interrupted", async () => {
  const { sentAtMs } = await runMix({ ratePerSecond: 10, seconds: Infinity }, () => ACCEPTED, 2000);
  expect(sentAtMs.length).toBeGreaterThan(BACKLOG_EVENTS + 15);
  expect(sentAtMs.length).toBeLessThan(BACKLOG_EVENTS + 25);
});

test.each<[string, Answer]>([
  ["knows no such key", { kind: "refused", status: 403, detail: "unknown key" }],
  ["never answered", { kind: "unanswered", cause: new Error("refused") }],
])("gives up on a server that %s", async (_, answer) => {
  await expect(runMix({ ratePerSecond: 10, seconds: Infinity }, () => answer)).rejects.toThrow(MixRefusedError);
});

test.each([
  ["7", 7000],
  ["0.5", 500],
  ["999999", 3_600_000],
  ["Wed, 21 Oct 2026 07:28:00 GMT", undefined],
  ["-1", undefined],
  [null, undefined],
])("Retry-After %j is %j ms", (header, expected) => {
  expect(parseRetryAfterMs(header)).toBe(expected);
});
