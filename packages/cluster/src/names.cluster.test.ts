import { expect, test } from "vitest";
import type { ClusterNode } from "./node.ts";
import { TestNetwork } from "./test-network.ts";
import { startTestCluster, startTestNode, type TestNode, until } from "./test-node.ts";
import { overEachTransport } from "./test-transports.ts";

const ownerAt = ({ node }: TestNode, name: string) => node.names.whereis(name)?.node;
const process = (node: ClusterNode) => node.open(() => node.self);

overEachTransport(({ start, startCluster }) => {
  test("[SD-14] [CLUST-01] [CLUST-02] [SD-26] a registered name is known on every node, and a second registration anywhere is refused", async () => {
    await using stack = new AsyncDisposableStack();
    const nodes = await startCluster(stack, "a", "b", "c");
    const [a, b, c] = nodes as [TestNode, TestNode, TestNode];
    const address = process(b.node);
    expect(a.node.names.whereis("registry")).toBeUndefined();
    expect(await b.node.names.register("registry", address)).toBe(true);
    for (const { node } of nodes) expect(node.names.whereis("registry")).toEqual(address);
    for (const { node } of nodes) expect(await node.names.register("registry", process(node))).toBe(false);
    expect(await b.node.names.register("registry", address)).toBe(true);
    expect(await c.node.call(address, null)).toBe(b.node.self);

    expect(await a.node.names.unregister("registry")).toBe(false);
    expect(await b.node.names.unregister("registry")).toBe(true);
    for (const { node } of nodes) expect(node.names.whereis("registry")).toBeUndefined();
    expect(await c.node.names.register("registry", process(c.node))).toBe(true);
  });

  test("[SD-13] [C-35] of all who register a name at once exactly one gets it, and all agree on whom", async () => {
    await using stack = new AsyncDisposableStack();
    const nodes = await startCluster(stack, "a", "b", "c", "d", "e");
    for (let round = 0; round < 20; round += 1) {
      const name = `name ${round}`;
      const won = await Promise.all(nodes.map(({ node }) => node.names.register(name, process(node))));
      expect(won.filter(Boolean)).toHaveLength(1);
      const winner = nodes[won.indexOf(true)]?.node.self;
      expect(new Set(nodes.map((each) => ownerAt(each, name)))).toEqual(new Set([winner]));
    }
  });

  test("[SD-47] [HAZARD-10] as soon as a connect returns, the peer's names are known", async () => {
    await using a = await start("a");
    await a.node.names.register("registry", process(a.node));
    await using b = await start("b");
    await b.node.connect(a.node.self);
    expect(ownerAt(b, "registry")).toBe(a.node.self);
  });

  test("[SD-43] [CLUST-03] the names of a node or process that ends vanish everywhere, and those of others stay", async () => {
    await using stack = new AsyncDisposableStack();
    const [a, b, c] = (await startCluster(stack, "a", "b", "c")) as [TestNode, TestNode, TestNode];
    const gone = await start("gone", { peers: a.node.self });
    await gone.node.connect(b.node.self);
    await gone.node.connect(c.node.self);
    await gone.node.names.register("of the node", process(gone.node));
    const address = process(b.node);
    await b.node.names.register("of the process", address);
    await c.node.names.register("of another", process(c.node));
    expect(ownerAt(c, "of the node")).toBe(gone.node.self);

    await gone[Symbol.asyncDispose]();
    b.node.processes.close(address);
    await until(() => [a, b, c].every(({ node }) => node.names.list().length === 1), "vacancies");
    for (const each of [a, b, c]) expect(ownerAt(each, "of another")).toBe(c.node.self);
  });

  test("[SD-13] when the owner of a well-known name is lost, one of those who contend for it takes it over", async () => {
    await using stack = new AsyncDisposableStack();
    const first = await start("z-first");
    await first.node.names.contend("registry", process(first.node));
    const nodes = await startCluster(stack, "a", "b", "c");
    for (const { node } of nodes) {
      await node.connect(first.node.self);
      expect(await node.names.contend("registry", process(node))).toBe(false);
    }
    await first[Symbol.asyncDispose]();
    await until(
      () => nodes.every((each) => ![undefined, first.node.self].includes(ownerAt(each, "registry"))),
      "a new owner",
    );
    expect(new Set(nodes.map((each) => ownerAt(each, "registry"))).size).toBe(1);
  });
});

test("who contends for a name with a process that has ended is told so, and keeps the name from nobody", async () => {
  await using stack = new AsyncDisposableStack();
  const [a, b, c] = (await startTestCluster(stack, "a", "b", "c")) as [TestNode, TestNode, TestNode];
  const ended = process(c.node);
  c.node.processes.close(ended);
  await expect(c.node.names.contend("registry", ended)).rejects.toMatchObject({ reason: "no_process" });
  // The arbiter has granted it to nobody who could not use it.
  expect(await b.node.names.register("registry", process(b.node))).toBe(true);
  expect(await c.node.names.contend("registry", ended)).toBe(false);
  await b.node.names.unregister("registry");
  expect(await a.node.names.register("registry", process(a.node))).toBe(true);
});

test("[C-36] both sides of a split give the name away; after it heals the first has it, and the loser is told", async () => {
  await using network = new TestNetwork();
  await using stack = new AsyncDisposableStack();
  const nodes: TestNode[] = [];
  for (const name of ["a", "b", "c"]) {
    const place = await network.place(name);
    nodes.push(stack.use(await startTestNode(place.name, { ...place, peers: nodes[0]?.node.self ?? "" })));
  }
  const isWhole = () => until(() => nodes.every(({ node }) => node.list().length === 2), "the full mesh");
  await isWhole();
  const [a, b, c] = nodes as [TestNode, TestNode, TestNode];
  network.split("cut", [a.node.self], [b.node.self, c.node.self]);
  await until(
    () => a.node.list().length === 0 && b.node.list().length === 1 && c.node.list().length === 1,
    "the split",
  );
  expect(await c.node.names.register("registry", process(c.node))).toBe(true);
  const claimedAtMs = Date.now();
  await until(() => Date.now() > claimedAtMs, "the next millisecond");
  expect(await a.node.names.register("registry", process(a.node))).toBe(true);
  expect([a, b, c].map((each) => ownerAt(each, "registry"))).toEqual([a, c, c].map(({ node }) => node.self));

  network.heal();
  await isWhole();
  await until(() => nodes.every((each) => ownerAt(each, "registry") === c.node.self), "the first owner everywhere");
  expect(a.logged.join("\n")).toContain(`Name lost to an earlier claim {"name":"registry","to":"${c.node.self}"}`);
  expect(b.logged.join("\n")).not.toContain("Name lost");
});
