/** Everything that nodes do together, with a node in a process of its own. */
import { once } from "node:events";
import { connect, createServer } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Data } from "./data.ts";
import { ChildNode } from "./test-child.ts";
import { startTestCluster, startTestNode, type TestNode, until } from "./test-node.ts";

test("[SD-29] [C-43] start, connect, list, calls, names, spawn and links work between two processes, and so do their failures", async () => {
  await using a = await startTestNode("a");
  await using child = await ChildNode.start("child", a.node.self);
  expect(a.node.list()).toEqual([child.self]);
  expect(await a.node.call({ name: "echo", node: child.self }, { x: ["é", 1] })).toEqual({ x: ["é", 1] });
  expect(a.node.names.whereis("of the child")?.node).toBe(child.self);
  expect(
    await a.node.names.register(
      "of the child",
      a.node.open(() => 1),
    ),
  ).toBe(false);
  await expect(a.node.work.spawn(child.self, "nothing")).rejects.toMatchObject({ reason: "failed" });
  await expect(a.node.call({ name: "nobody", node: child.self }, 1)).rejects.toMatchObject({ reason: "no_process" });
  await expect(a.node.connect("nobody@127.0.0.1:9")).rejects.toMatchObject({ reason: "unreachable" });

  const own = a.node.open(() => 1);
  const far = await a.node.work.spawnLink(own, child.self, "worker");
  const end = new Promise((resolve) => a.node.watches.monitor(own, resolve));
  await a.node.work.end(far, { kind: "killed" });
  expect(await end).toEqual({ kind: "linked", to: far, because: "killed" });
});

test("[EXEC-03] [C-24] [SD-35] a start and a call that a node does not answer end: at their deadline, or with the node", async () => {
  await using a = await startTestNode("a", { tuning: { heartbeatMs: 500, silenceMs: 20_000 } });
  await using child = await ChildNode.start("child", a.node.self, [500, 20_000]);
  const target = { name: "echo", node: child.self };
  child.signal("SIGSTOP");
  await expect(a.node.work.spawn(child.self, "worker", [], 100)).rejects.toMatchObject({ reason: "deadline" });
  await expect(a.node.call(target, 1, { deadlineMs: 100 })).rejects.toMatchObject({ reason: "deadline" });
  const pending = [a.node.work.spawn(child.self, "worker", [], 30_000), a.node.call(target, 1, { deadlineMs: 30_000 })];
  const reasons = Promise.all(
    pending.map((each) =>
      each.then(
        () => "answered",
        (error: { reason: string }) => error.reason,
      ),
    ),
  );
  child.signal("SIGKILL");
  expect(await reasons).toEqual(["node_lost", "node_lost"]);
});

test("[SD-30] [CLUSTER-01] the mesh outlives the restart of its seed, and the names of its next life replace the old", async () => {
  const seed = await ChildNode.start("seed", "");
  await using stack = new AsyncDisposableStack();
  const nodes = await Promise.all(
    ["b", "c"].map(async (name) => stack.use(await startTestNode(name, { peers: seed.self }))),
  );
  const isWhole = () => nodes.every(({ node }) => node.list().length === 2);
  await until(isWhole, "the full mesh");
  const first = nodes[0]?.node.names.whereis("of the child");
  await seed[Symbol.asyncDispose]();
  await until(() => nodes.every(({ node }) => node.list().length === 1), "the loss of the seed");
  for (const { node } of nodes) expect(node.names.whereis("of the child")).toBeUndefined();
  await using again = await ChildNode.start(seed.self, "");
  await until(isWhole, "the full mesh again");
  const known = () => nodes.map(({ node }) => node.names.whereis("of the child"));
  await until(() => known().every((address) => address !== undefined), "its name");
  for (const address of known()) {
    expect(address?.node).toBe(again.self);
    expect(address?.incarnation).not.toBe(first?.incarnation);
  }
});

test("[SD-08] a connection that is made, lost or refused is logged with the peer's name and why", async () => {
  await using a = await startTestNode("a");
  await using stranger = await startTestNode("stranger", { cookie: "another cookie that is long enough" });
  const child = await ChildNode.start("child", a.node.self);
  await child[Symbol.asyncDispose]();
  await until(() => a.node.list().length === 0, "the loss");
  await expect(stranger.node.connect(a.node.self)).rejects.toMatchObject({ reason: "wrong_cookie" });
  expect(a.logged).toContainEqual(expect.stringMatching(`Node up .*"node":"${child.self}"`));
  expect(a.logged).toContainEqual(expect.stringMatching(`Node down .*"node":"${child.self}","reason":"`));
  expect(stranger.logged).toContainEqual(
    expect.stringMatching(`Failed to connect to peer: ${a.node.self}.* has another cookie`),
  );
});

/** Whatever JSON can say; a key that is not there is as good as one that is undefined. */
const data = fc.jsonValue({ depthSize: "medium" }).map((value) => JSON.parse(JSON.stringify(value)) as Data);

test("[MSG-03] [C-39] every kind of value arrives as it was, also one that looks like a message of ours", async () => {
  await using stack = new AsyncDisposableStack();
  const [a, b] = (await startTestCluster(stack, "a", "b")) as [TestNode, TestNode];
  const echo = b.node.open((message) => message);
  const lookalikes: Data[] = [
    { error: "x", reason: "no_process" },
    { value: 1 },
    { kind: "claims", body: { version: 1e9, claims: [] } },
    { target: { name: "x", node: "" }, message: 1 },
    { ver: "5", sender: "x", id: "1", action: "mesher.request" },
    ["\u0000", "\u2028", "|||", '"\n\\', "😀", "x".repeat(1024 * 1024), Number.MAX_SAFE_INTEGER, 1e-300, true, null],
  ];
  for (const value of lookalikes) expect(await a.node.call(echo, value)).toEqual(value);
  await fc.assert(
    fc.asyncProperty(data, async (value) => {
      expect(await a.node.call(echo, value)).toEqual(value);
    }),
  );
});

test("[MSG-08] what a process sends to its own node does not touch the network", async () => {
  let bytes = 0;
  await using a = await startTestNode("a");
  const port = Number(a.node.self.split(":").at(-1));
  const tap = createServer((client) => {
    const target = connect(port, "127.0.0.1");
    const count = (to: typeof client) => (chunk: Buffer) => {
      bytes += chunk.length;
      to.write(chunk);
    };
    client.on("data", count(target)).on("error", () => undefined);
    client.on("close", () => target.destroy());
    target.on("data", count(client)).on("error", () => undefined);
  });
  tap.listen(0, "127.0.0.1");
  await once(tap, "listening");
  const address = tap.address();
  if (address === null || typeof address === "string") throw new TypeError("no port");
  await using b = await startTestNode("b", { peers: `dns:localhost:${address.port}` });
  await until(() => a.node.list().length === 1 && b.node.list().length === 1, "the session");
  const far = b.node.open((message) => String(message).length);
  const near = a.node.open((message) => String(message).length);
  const text = "x".repeat(100_000);
  await a.node.call(far, text);
  const beforeBytes = bytes;
  expect(beforeBytes).toBeGreaterThan(100_000);
  for (let n = 0; n < 50; n += 1) {
    expect(await a.node.call(near, text)).toBe(100_000);
    a.node.send({ ...near }, text);
  }
  // Heartbeats only.
  expect(bytes - beforeBytes).toBeLessThan(20_000);
  tap.close();
});

test("[C-28] both of a pair send all they can at once, and neither holds up the other", async () => {
  await using stack = new AsyncDisposableStack();
  const [a, b] = (await startTestCluster(stack, "a", "b")) as [TestNode, TestNode];
  const text = "x".repeat(500_000);
  const [atA, atB] = [a, b].map(({ node }) => node.open((message) => String(message).length));
  if (atA === undefined || atB === undefined) throw new RangeError("two are needed");
  const both = Array.from({ length: 40 }, () => [a.node.call(atB, text), b.node.call(atA, text)]).flat();
  expect(new Set(await Promise.all(both))).toEqual(new Set([500_000]));
});
