import type { ApiCluster, ApiClusterNode } from "@mesher/protocol";
import { expect, test } from "vitest";
import { changesBetween } from "./cluster-changes.ts";

const node = (name: string, more: Partial<ApiClusterNode> = {}): ApiClusterNode => ({
  name: `${name}@127.0.0.1:9000`,
  is_self: false,
  status: "alive",
  since: "2026-11-21T12:00:00.000Z",
  incarnation: "1",
  version: "0.1.0",
  reason: null,
  load: null,
  ...more,
});

const cluster = (nodes: readonly ApiClusterNode[], more: Partial<ApiCluster> = {}): ApiCluster => ({
  mode: "cluster",
  fault: null,
  self: "a@127.0.0.1:9000",
  transport: { kind: "mesh" },
  nodes,
  unreached: [],
  refused: [],
  names: [],
  leader: "a@127.0.0.1:9000",
  replication: { wanted: 1, state: "complete", holders: [], copies: [] },
  offload: { helpers: [], helping: [] },
  ...more,
});

test("a node that dies is told with the reason, and so is who leads after it", () => {
  const before = cluster([node("a"), node("b")]);
  const after = cluster([node("a", { status: "dead", reason: "closed its connection" }), node("b")], {
    leader: "b@127.0.0.1:9000",
  });
  expect(changesBetween(before, after)).toEqual([
    { kind: "bad", text: "a is dead: closed its connection" },
    { kind: "neutral", text: "b leads" },
  ]);
});

test("nodes that join, come back, start anew and are forgotten are told apart", () => {
  const before = cluster([node("a"), node("b", { status: "dead" }), node("c"), node("d", { status: "left" })]);
  const after = cluster([node("a"), node("b"), node("c", { incarnation: "2" }), node("e")]);
  expect(changesBetween(before, after).map(({ text }) => text)).toEqual([
    "b is back",
    "c started anew",
    "e joined",
    "d is forgotten",
  ]);
});

test("help that begins and ends is told", () => {
  const help = { node: "b@127.0.0.1:9000", since: "", batches: 1, events: 2 };
  const without = cluster([node("a"), node("b")]);
  const helped = cluster([node("a"), node("b")], { offload: { helpers: [help], helping: [] } });
  expect(changesBetween(without, helped).map(({ text }) => text)).toEqual(["b helps with storing"]);
  expect(changesBetween(helped, without).map(({ text }) => text)).toEqual(["b helps no more"]);
});

test("nothing that only counts further is a change", () => {
  const load = { accepted_events: 1, waiting_entries: 0, lag_ms: 0, cpu: 0.1 };
  expect(changesBetween(cluster([node("a", { load })]), cluster([node("a", { load: { ...load, cpu: 0.9 } })]))).toEqual(
    [],
  );
});
