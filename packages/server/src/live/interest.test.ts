import { waitUntil } from "@mesher/testkit";
import { expect, test } from "vitest";
import { Interest, type WatchReason } from "./interest.ts";

const project = (projectId: string, ...searches: string[]) => ({ projectId, searches });
const unexpected = () => expect.fail("nothing was missed");

/** Two nodes that hear each other, unless the test says otherwise. */
function setUp() {
  const missed: string[][] = [];
  const told: [peer: string, reason: WatchReason, projects: string][] = [];
  const peers = new Set(["b"]);
  const away = new Set<string>();
  const interest = new Interest({
    peers: () => [...peers],
    tellPeer: async (peer, watched, reason) => {
      if (away.has(peer)) throw new Error("not ready");
      told.push([peer, reason, watched.map(({ projectId, searches }) => [projectId, ...searches].join("/")).join(" ")]);
      return [];
    },
    onMissed: (projectIds) => missed.push([...projectIds]),
  });
  return { interest, missed, told, peers, away };
}

test("what is watched anywhere is watched; a peer that has gone watches nothing", async () => {
  const interest = new Interest({ peers: () => [], tellPeer: async () => [], onMissed: unexpected });
  await interest.add("own");
  await interest.add("own", "level:error");
  interest.hear("a", [project("own", "level:fatal", "level:error"), project("theirs")], "changed");
  expect(interest.watched).toEqual([project("own", "level:error", "level:fatal"), project("theirs")]);
  expect(interest.own).toEqual([project("own", "level:error")]);
  interest.hear("a", [], "changed");
  interest.hear("b", [project("other")], "changed");
  expect(interest.isWatched("theirs")).toBe(false);
  interest.peerDown("b");
  interest.removeSearch("own", "level:error");
  expect(interest.watched).toEqual([project("own")]);
  interest.remove("own");
  expect(interest.watched).toEqual([]);
});

test("every peer hears the whole of it before it counts as watched, and peers that come later hear it too", async () => {
  const { interest, told, peers } = setUp();
  await interest.add("p", "level:error");
  expect(told).toEqual([["b", "changed", "p/level:error"]]);
  peers.add("c");
  interest.peerUp("c");
  await waitUntil("the newcomer to be told", async () => told.some(([peer]) => peer === "c"));
});

test("a peer that did not hear it is told again, for as long as it lives, and what it did meanwhile was missed", async () => {
  const { interest, missed, told, away } = setUp();
  away.add("b");
  await interest.add("p");
  expect([told, missed]).toEqual([[], []]);
  away.delete("b");
  await waitUntil("it to be told", async () => told.length === 1);
  expect(missed).toEqual([["p"]]);
});

test("[SD-50] what a peer did while it was cut off was missed; what is asked for anew was not", async () => {
  const { interest, missed } = setUp();
  await interest.add("p");
  await interest.add("q", "level:error");
  expect(missed).toEqual([]);
  interest.peerDown("b");
  interest.peerUp("b");
  await waitUntil("it to be told", async () => missed.length === 1);
  expect(missed).toEqual([["p", "q"]]);
  await interest.add("p", "level:fatal");
  expect(missed).toHaveLength(1);
});

test("a node that starts asks before it does anything, so nothing it does is missed", async () => {
  const { interest, missed, told } = setUp();
  await interest.add("p");
  interest.peerDown("b");
  expect(interest.hear("b", [], "starting")).toEqual([project("p")]);
  interest.peerUp("b");
  await waitUntil("it to be told", async () => told.length === 2);
  expect(missed).toEqual([]);
});

test("one that could not ask says that it was late, and then all it did was missed", async () => {
  const starting = setUp();
  starting.away.add("b");
  await starting.interest.start();
  starting.away.delete("b");
  await waitUntil("it to say so", async () => starting.told.length === 1);
  expect(starting.told).toEqual([["b", "late", ""]]);

  const { interest, missed } = setUp();
  await interest.add("p");
  interest.hear("b", [], "late");
  await waitUntil("it to be told", async () => missed.length === 1);
  expect(missed).toEqual([["p"]]);
});
