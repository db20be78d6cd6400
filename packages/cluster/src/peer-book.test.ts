import { expect, test } from "vitest";
import { AwakeClock } from "./awake-clock.ts";
import { parseNodeName } from "./node-name.ts";
import { PEERS_MAX, PeerBook } from "./peer-book.ts";

const self = parseNodeName("self@host:1");
const seed = parseNodeName("seed@host:1");
const gossiped = parseNodeName("gossiped@host:1");
const all = () => true;

test("[C-27] a peer is tried for ever, ever more rarely, and at once again after it was reached", () => {
  const book = new PeerBook(self.full, () => 1);
  book.learn(seed, true, 0);
  const waits: number[] = [];
  for (let nowMs = 0, round = 0; round < 8; round += 1) {
    expect(book.due(nowMs, all).map(({ node }) => node)).toEqual([seed]);
    book.failed(seed.full, nowMs);
    const dueAtMs = book.nextDueMs(all) ?? 0;
    waits.push(dueAtMs - nowMs);
    nowMs = dueAtMs;
  }
  expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000]);

  book.reached(seed.full, 1_000_000);
  expect(book.nextDueMs(all)).toBe(1_000_500);
  expect(book.due(1_000_499, all)).toEqual([]);
});

test("a node without any peer waits less: its cluster may be just starting", () => {
  const book = new PeerBook(self.full, () => 1);
  book.learn(seed, true, 0);
  const waits = Array.from({ length: 5 }, () => {
    book.failed(seed.full, 0, true);
    return book.nextDueMs(all);
  });
  expect(waits).toEqual([500, 1_000, 2_000, 2_000, 2_000]);
  book.failed(seed.full, 0);
  expect(book.nextDueMs(all)).toBe(10_000);
});

test("waits differ at random by up to half", () => {
  const hasty = new PeerBook(self.full, () => 0);
  hasty.learn(seed, true, 0);
  hasty.failed(seed.full, 0);
  expect(hasty.nextDueMs(all)).toBe(250);
});

test("a peer heard of by gossip is forgotten after a day out of reach, a seed never", () => {
  const book = new PeerBook(self.full);
  book.learn(seed, true, 0);
  book.learn(gossiped, false, 0);
  const dayMs = 24 * 60 * 60 * 1000;
  for (const { full } of [seed, gossiped]) book.failed(full, dayMs);
  expect(book.list()).toHaveLength(2);
  for (const { full } of [seed, gossiped]) book.failed(full, dayMs + 1);
  expect(book.list().map(({ node }) => node)).toEqual([seed]);
});

test("[C-33] the node itself is never a peer, and a flood of names ends at the limit", () => {
  const book = new PeerBook(self.full);
  book.learn(self, true, 0);
  expect(book.list()).toEqual([]);
  for (let n = 0; n < 2 * PEERS_MAX; n += 1) book.learn(parseNodeName(`n${n}@host`), false, 0);
  expect(book.list()).toHaveLength(PEERS_MAX);
  book.learn(seed, true, 0);
  expect(book.get(seed.full)).toMatchObject({ isSeed: true });
});

test("a peer known by gossip becomes a seed when it is configured, and stays one", () => {
  const book = new PeerBook(self.full);
  book.learn(gossiped, false, 0);
  book.learn(gossiped, true, 0);
  book.learn(gossiped, false, 0);
  expect(book.get(gossiped.full)).toMatchObject({ isSeed: true });
});

test("time in which this process did not run is not the silence of others", () => {
  const clock = new AwakeClock(1_000, 0);
  for (const nowMs of [1_000, 2_000, 3_050]) clock.tick(nowMs);
  expect(clock.readMs(3_100)).toBe(3_100);
  // Frozen for a minute: the next tick is late.
  expect(clock.readMs(63_050)).toBe(5_050);
  clock.tick(63_050);
  expect(clock.readMs(63_150)).toBe(5_150);
});
