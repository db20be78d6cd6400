import { expect, test } from "vitest";
import { decideOnCopy, type OwnerState, TAKEOVER_AFTER_MS } from "./takeover-rule.ts";

const copy = { journalId: "j", owner: "a@host:1", self: "b@host:1" };
const decide = (state: Partial<OwnerState>) =>
  decideOnCopy(copy, { awayMs: undefined, claimedBy: undefined, ...state });
const long = TAKEOVER_AFTER_MS + 1;

test("a copy is kept while its owner is connected and counts on it, or does not answer", () => {
  expect(decide({ answer: { journalId: "j", holders: [copy.self], storing: [] } })).toBe("keep");
  expect(decide({ answer: undefined })).toBe("keep");
});

test("a copy that its owner does not count on is thrown away", () => {
  expect(decide({ answer: { journalId: "j", holders: ["c@host:1"], storing: [] } })).toBe("discard");
});

test("a copy whose owner is gone is stored from here, but not before a restart would be over", () => {
  const claimedBy = { node: copy.owner, isStoring: false };
  expect(decide({ awayMs: TAKEOVER_AFTER_MS - 1, claimedBy })).toBe("keep");
  expect(decide({ awayMs: long, claimedBy })).toBe("take_over");
});

test("an owner that is back without its disk has left a journal that is stored from here", () => {
  const answer = { journalId: "another", holders: [], storing: [] };
  expect(decide({ answer, claimedBy: { node: copy.owner, isStoring: true } })).toBe("take_over");
});

test("of two copies one is stored; the other is kept while the node that claimed the journal stores it", () => {
  expect(decide({ awayMs: long, claimedBy: { node: "c@host:1", isStoring: true } })).toBe("keep");
  expect(decide({ awayMs: long, claimedBy: { node: "c@host:1", isStoring: false } })).toBe("take_over");
});
