import { waitUntil } from "@mesher/testkit";
import { expect, test } from "vitest";
import { Interest } from "./interest.ts";

test("what is watched anywhere is watched; a peer that has gone watches nothing", async () => {
  const interest = new Interest({ peers: () => [], tellPeer: async () => undefined });
  await interest.add("own");
  interest.hear("a", ["own", "theirs"]);
  expect([...interest.watched].sort()).toEqual(["own", "theirs"]);
  interest.hear("a", []);
  interest.hear("b", ["other"]);
  expect(interest.isWatched("theirs")).toBe(false);
  interest.peerDown("b");
  interest.remove("own");
  expect(interest.watched).toEqual([]);
});

test("every peer hears the whole of it before it counts as watched, and peers that come later hear it too", async () => {
  const told: [peer: string, projects: readonly string[]][] = [];
  const gate = Promise.withResolvers<void>();
  const interest = new Interest({
    peers: () => ["a", "b"],
    tellPeer: async (peer, projects) => {
      if (peer === "b") await gate.promise;
      told.push([peer, projects]);
    },
  });
  const adding = interest.add("p");
  gate.resolve();
  await adding;
  expect(told).toEqual([
    ["a", ["p"]],
    ["b", ["p"]],
  ]);
  interest.peerUp("c");
  await waitUntil("the newcomer to be told", async () => told.some(([peer]) => peer === "c"));
});

test("a peer that did not hear it is told again, for as long as it lives", async () => {
  let failures = 2;
  const told: string[] = [];
  const interest = new Interest({
    peers: () => ["a"],
    tellPeer: async (peer) => {
      failures -= 1;
      if (failures >= 0) throw new Error("not ready");
      told.push(peer);
    },
  });
  await interest.add("p");
  expect(told).toEqual([]);
  await waitUntil("it to be told", async () => told.length === 1);
});
