import { expect, test } from "vitest";
import { progressLine, summaryOf } from "./progress.ts";
import { OCCURRENCES } from "./shop-stream.ts";
import { Tally } from "./tally.ts";

function tallyOf(accepted: number, refused = 0): Tally {
  const tally = new Tally();
  const occurrenceAt = (index: number) => OCCURRENCES[index] ?? OCCURRENCES[0];
  for (let index = 0; index < accepted + refused; index++) {
    const occurrence = occurrenceAt(index);
    if (occurrence === undefined) throw new Error("the shop has no problems");
    tally.add(occurrence, index < accepted ? { kind: "accepted" } : { kind: "refused", status: 429, detail: "" });
  }
  return tally;
}

test("the progress names what became of the events, and the time", () => {
  const line = progressLine(tallyOf(3, 1), { elapsedMs: 2000, nowMs: 0, seconds: 30 });
  expect(line).toBe("4 sent  3 accepted  1 refused  2.0 events/s  2 of 30 s");
});

test("the progress of a demo without end tells how to end it, and that it pauses", () => {
  const tally = tallyOf(1);
  tally.pausedUntilMs = 7500;
  const line = progressLine(tally, { elapsedMs: 5000, nowMs: 5000, seconds: Infinity });
  expect(line).toBe("1 sent  1 accepted  0 refused  0.2 events/s  5 s, Ctrl-C stops  pausing 3 s");
});

test("the summary counts events and problems of each service", () => {
  const summary = summaryOf(tallyOf(7, 2), "http://localhost:8080");
  expect(summary).toContain("Accepted: 7 events of 7 distinct problems.");
  expect(summary).toContain("Not accepted: 2 refused, 0 unanswered.");
  expect(summary).toMatch(/storefront +6 +6\n +checkout-api +1 +1\n/);
  expect(summary).toContain("Look at them: http://localhost:8080\n");
});

test("the summary of nothing is short", () => {
  expect(summaryOf(tallyOf(0, 2), "http://localhost:8080")).toBe(
    "Nothing was accepted.\nNot accepted: 2 refused, 0 unanswered.\n",
  );
});
