/** What goes wrong within a cluster: floods, stalls, deaths at a bad moment; and what the engine must have and leave alone. */
import { setTimeout as sleep } from "node:timers/promises";
import { ServiceBroker } from "moleculer";
import { expect, test } from "vitest";
import { CallError } from "./call-error.ts";
import { ChildNode } from "./test-child.ts";
import { TestNetwork } from "./test-network.ts";
import { startTestCluster, startTestNode, type TestNode, until } from "./test-node.ts";

const MIB = 1024 * 1024;

/** Slow to give up, so that even on a busy machine a flood is over before its target is found dead. */
const PATIENT = { heartbeatMs: 500, silenceMs: 120_000, handshakeMs: 3_000 };

/** What a process may grow by although it keeps no more: buffers that are not collected yet. */
const GROWTH_BYTES_MAX = 96 * MIB;

test("[HAZARD-5] [F.4-4] [C-40] a flood at a frozen peer, awaited or not, costs a bounded memory, and others are served meanwhile", async () => {
  await using a = await startTestNode("a", { tuning: PATIENT });
  await using well = await startTestNode("well", { tuning: PATIENT, peers: a.node.self });
  await using frozen = await ChildNode.start("frozen", a.node.self, [500, 120_000]);
  await until(() => a.node.list().length === 2, "both peers");
  const echo = well.node.open((message) => message);
  const heard: unknown[] = [];
  a.node.rooms.join("room", (_, message) => heard.push(message));
  well.node.rooms.join("room", (_, message) => heard.push(message));
  frozen.signal("SIGSTOP");

  const text = "x".repeat(1_000);
  const target = { name: "echo", node: frozen.self };
  const calls: Promise<string>[] = [];
  const flood = async () => {
    for (let n = 0; n < 10_000; n += 1) {
      a.node.rooms.broadcast("room", text);
      a.node.send(target, text);
      if (n % 100 === 0)
        calls.push(a.node.call(target, text, { deadlineMs: 1_000 }).then(String, (error: CallError) => error.reason));
      if (n % 1_000 === 0) expect(await a.node.call(echo, n)).toBe(n);
    }
    // Awaited: each waits until the one before is taken or refused.
    for (let n = 0; n < 20; n += 1)
      await a.node.call(target, "x".repeat(MIB), { deadlineMs: 20 }).catch((error: unknown) => {
        expect(error).toBeInstanceOf(CallError);
      });
    return process.memoryUsage().rss;
  };
  // All that may wait does so then; a longer flood costs no more.
  await flood();
  const filledBytes = await flood();
  await flood();
  expect((await flood()) - filledBytes).toBeLessThan(GROWTH_BYTES_MAX);
  expect(["deadline", "overloaded"]).toEqual(expect.arrayContaining([...new Set(await Promise.all(calls))]));
  const [status] = a.node.status().peers.filter(({ name }) => name === frozen.self);
  expect(status?.queuedBytes).toBeLessThanOrEqual(33 * MIB);
  expect(a.node.status().droppedSends + a.node.status().droppedBroadcasts).toBeGreaterThan(0);
  expect(await a.node.call(echo, "after")).toBe("after");
  expect(a.changes.map(({ kind }) => kind)).toEqual(["up", "up"]);
  expect(heard.length).toBeGreaterThanOrEqual(40_000);
});

test("[HAZARD-13] a node whose event loop stands still for longer than the silence limit is missed once, and is back soon", async () => {
  await using stack = new AsyncDisposableStack();
  const nodes = await startTestCluster(stack, "a", "b");
  await using child = await ChildNode.start("child", nodes.map(({ node }) => node.self).join());
  const blocked = child.order({ does: "block", forMs: 6_000 });
  for (const { node } of nodes) await until(() => !node.list().includes(child.self), "its loss");
  const before = await blocked;
  for (const { node } of nodes) await until(() => node.list().includes(child.self), "its return");
  const after = await child.order({ does: "tell" });
  expect([...before.changes, ...after.changes].filter(({ reason = "" }) => reason.startsWith("silent"))).toEqual([]);
  for (const { changes } of nodes)
    expect(changes.filter(({ node }) => node === child.self).map(({ kind }) => kind)).toEqual(["up", "down", "up"]);
});

test("[C-35] [CLUST-03] an arbiter that is killed while it is asked, ten times over, costs no name and no more than one owner", async () => {
  await using stack = new AsyncDisposableStack();
  const nodes = await startTestCluster(stack, "x", "y", "z");
  for (let round = 0; round < 10; round += 1) {
    const name = `name ${round}`;
    // Of the smallest name, so it is the one that grants.
    await using arbiter = await ChildNode.start("a", nodes.map(({ node }) => node.self).join());
    const answers = nodes.map(({ node }) =>
      node.names.register(
        name,
        node.open(() => node.self),
      ),
    );
    if (round % 3 > 0) await sleep(round % 3);
    arbiter.signal("SIGKILL");
    const won = await Promise.all(answers);
    expect(won.filter(Boolean)).toHaveLength(1);
    const owner = nodes[won.indexOf(true)]?.node.self;
    for (const { node } of nodes) expect(node.names.whereis(name)?.node).toBe(owner);
    for (const { node } of nodes) await until(() => node.list().length === 2, "the loss of the arbiter");
  }
});

test("[HAZARD-3] [C-38] nodes that cannot hear each other keep what a third hears of both", async () => {
  await using network = new TestNetwork();
  await using stack = new AsyncDisposableStack();
  const nodes: TestNode[] = [];
  for (const name of ["a", "b", "c"]) {
    const place = await network.place(name);
    nodes.push(stack.use(await startTestNode(place.name, { ...place, peers: nodes[0]?.node.self ?? "" })));
  }
  const [a, b, c] = nodes as [TestNode, TestNode, TestNode];
  await until(() => nodes.every(({ node }) => node.list().length === 2), "the full mesh");
  const address = a.node.open(() => "here");
  expect(await a.node.names.register("of a", address)).toBe(true);
  network.split("silent", [a.node.self, c.node.self], [b.node.self, c.node.self]);
  await until(() => b.node.list().length === 1 && a.node.list().length === 1, "the loss of each other");
  expect(b.node.names.whereis("of a")).toBeUndefined();
  expect(c.node.names.whereis("of a")).toEqual(address);
  expect(await c.node.call(address, 1)).toBe("here");
  expect(c.changes.map(({ kind }) => kind)).toEqual(["up", "up"]);
  network.heal();
  await until(() => nodes.every(({ node }) => node.list().length === 2), "the full mesh again");
  await until(() => b.node.names.whereis("of a") !== undefined, "the name");
});

test("[HAZARD-12] nodes that all start at once, in any order, miss nobody", async () => {
  await using network = new TestNetwork();
  await using stack = new AsyncDisposableStack();
  const places = await Promise.all(["a", "b", "c", "d", "e"].map((name) => network.place(name)));
  const all = places.map(({ name }) => name).join();
  const nodes = await Promise.all(
    places.map(async (place) => {
      await sleep(Math.random() * 50);
      return stack.use(await startTestNode(place.name, { ...place, peers: all }));
    }),
  );
  await until(() => nodes.every(({ node }) => node.list().length === 4), "the full mesh");
  for (const { node, changes } of nodes)
    expect(changes.map(({ kind, node: name }) => `${kind} ${name}`).sort()).toEqual(
      places.flatMap(({ name }) => (name === node.self ? [] : [`up ${name}`])).sort(),
    );
});

test("[HAZARD-14] a node leaves signals and the end of the process to the program", async () => {
  const events = ["SIGINT", "SIGTERM", "SIGQUIT", "beforeExit", "exit", "uncaughtException", "unhandledRejection"];
  const listeners = () => events.map((event) => process.listenerCount(event));
  const before = listeners();
  await using a = await startTestNode("a");
  expect(a.node.self).not.toBe("");
  expect(listeners()).toEqual(before);
});

test("[HAZARD-16] what is used of the engine beyond its interface is there", () => {
  const broker = new ServiceBroker({ logger: false });
  const internals = broker as unknown as { registry: Record<string, Record<string, unknown>> };
  expect(internals.registry.nodes?.disconnected).toBeTypeOf("function");
  expect(internals.registry.discoverer?.sendLocalNodeInfo).toBeTypeOf("function");
  expect(ServiceBroker.MOLECULER_VERSION).toMatch(/^0\.15\./);
});
