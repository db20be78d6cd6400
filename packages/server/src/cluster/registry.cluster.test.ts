import { type ClusterNode, startNode } from "@mesher/cluster";
import { waitUntil } from "@mesher/testkit";
import { expect, test } from "vitest";
import { createLog } from "../runtime/log.ts";
import { askRegistry, peersWithRegistry, REGISTRY, Registry, registryOf } from "./registry.ts";

const log = createLog({ level: "error", format: "json" });
const COOKIE = "what both nodes of this test know";

/** Nodes that know each other, each with a registry that answers with its own name. */
async function setUp(names: readonly string[]) {
  await using stack = new AsyncDisposableStack();
  const nodes: ClusterNode[] = [];
  for (const name of names) {
    const peers = nodes.map(({ self }) => self).join(",");
    const node = stack.use(await startNode({ name: `${name}@127.0.0.1:0`, cookie: COOKIE, peers, log }));
    nodes.push(node);
    const registry = new Registry(node, { report: () => ({ of: name }) }, log);
    await registry.start();
    stack.defer(() => registry.stop());
  }
  await waitUntil("a full mesh", async () => nodes.every((node) => node.list().length === names.length - 1));
  const all = stack.move();
  return { nodes, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

test("[SD-12] [SD-35] [CLUSTER-02] the registry of each node is found by its name from every node, and a call has that node's answer", async () => {
  await using line = await setUp(["one", "two", "three"]);
  for (const from of line.nodes) {
    const answers = await Promise.all(
      line.nodes.map(({ self }) => askRegistry(from, self, { kind: "report" }, 30_000)),
    );
    expect(answers).toEqual([{ of: "one" }, { of: "two" }, { of: "three" }]);
  }
});

test("[SD-17] [C-57] [RESIL-01] a registry that is killed is begun anew, and both its names lead to the new one everywhere", async () => {
  await using line = await setUp(["one", "two"]);
  const [one, two] = line.nodes;
  if (one === undefined || two === undefined) throw new Error("there are no two nodes");
  for (let kills = 0; kills < 3; kills += 1) {
    const before = one.processes.whereis(REGISTRY);
    if (before === undefined) throw new Error("there is no registry");
    one.processes.end(before, { kind: "killed" });
    await waitUntil("a new registry under both names, seen by the other node", async () => {
      const now = one.processes.whereis(REGISTRY);
      const [own, wellKnown] = [two.names.whereis(registryOf(one.self)), two.names.whereis(REGISTRY)];
      return now !== undefined && now.id !== before.id && own?.id === now.id && wellKnown !== undefined;
    });
    expect(await askRegistry(two, one.self, { kind: "report" }, 30_000)).toEqual({ of: "one" });
  }
  // The well-known name goes to whoever is there when it is vacant, and both agree on whom.
  await waitUntil("both to agree", async () => {
    const [here, there] = [one, two].map(({ names }) => names.whereis(REGISTRY));
    return here !== undefined && JSON.stringify(here) === JSON.stringify(there);
  });
});

test("[SD-26] what a registry does not know is an error of the caller, and a node that is gone is one in time", async () => {
  await using line = await setUp(["one", "two"]);
  const [one, two] = line.nodes;
  if (one === undefined || two === undefined) throw new Error("there are no two nodes");
  await expect(askRegistry(one, two.self, { kind: "constructor" }, 30_000)).rejects.toThrow("does not know");
  const { self } = two;
  await two.stop();
  await expect(askRegistry(one, self, { kind: "report" }, 30_000)).rejects.toThrow(self);
  expect(peersWithRegistry(one)).toEqual([]);
});
