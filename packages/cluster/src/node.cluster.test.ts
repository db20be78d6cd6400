import { connect } from "node:net";
import { expect, test } from "vitest";
import { CallError } from "./call-error.ts";
import { CookieError } from "./cookie.ts";
import { NodeNameError, parseNodeName } from "./node-name.ts";
import { NodeStartError } from "./node-options.ts";
import { startTestNode, until } from "./test-node.ts";
import { overEachTransport } from "./test-transports.ts";

overEachTransport(({ start, startCluster }) => {
  test("[FT-02] [SD-61] [C-52] every change of a peer is told exactly once, and only to those who asked for it", async () => {
    await using stack = new AsyncDisposableStack();
    const [a, b] = (await startCluster(stack, "a", "b")) as [TestNodes, TestNodes];
    const c = await start("c", { peers: a.node.self });
    const ofC: unknown[] = [];
    const stop = b.node.monitor((change) => ofC.push(change.kind), c.node.self);
    await until(() => b.node.list().length === 2, "c at b");
    await c[Symbol.asyncDispose]();
    await until(() => b.node.list().length === 1, "the leaving of c");
    expect(ofC).toEqual(["up", "down"]);
    stop();
    expect(b.changes.map(({ kind, node }) => [kind, node])).toEqual([
      ["up", a.node.self],
      ["up", c.node.self],
      ["down", c.node.self],
    ]);
    expect(b.node.status().peers).toMatchObject([
      { name: a.node.self, status: "alive", version: "test" },
      { name: c.node.self, status: "left", reason: "it left" },
    ]);
  });

  test("[SD-35] [SD-66] [MSG-01] [MSG-02] [MSG-06] [C-21] [SD-19] calls and sends reach a process by address and by name, also one heard of from a third node", async () => {
    await using stack = new AsyncDisposableStack();
    const [a, b, c] = (await startCluster(stack, "a", "b", "c")) as [TestNodes, TestNodes, TestNodes];
    const heard: unknown[] = [];
    const address = a.node.open((message, from) => {
      heard.push(message);
      return { message, from };
    });
    a.node.processes.register("service", address);
    expect(await b.node.call({ name: "service", node: a.node.self }, { x: [1, "é\n|||", null] })).toEqual({
      message: { x: [1, "é\n|||", null] },
      from: b.node.self,
    });
    const relay = b.node.open(() => address);
    const received = await c.node.call(relay, null);
    expect(await c.node.call(received as typeof address, "third hand")).toMatchObject({ from: c.node.self });
    c.node.send(address, "sent");
    await until(() => heard.includes("sent"), "the message");
  });

  test("[MSG-07] sends and calls of a pair begin in the order in which they were made", async () => {
    await using stack = new AsyncDisposableStack();
    const [a, b] = (await startCluster(stack, "a", "b")) as [TestNodes, TestNodes];
    const heard: unknown[] = [];
    const address = a.node.open((message) => heard.push(message));
    for (let n = 0; n < 2_000; n += 1) {
      if (n % 3 === 0) void b.node.call(address, n);
      else b.node.send(address, n);
    }
    await b.node.call(address, 2_000);
    expect(heard).toEqual(Array.from({ length: 2_001 }, (_, n) => n));
  });

  test("[C-22] an answer that does not come ends the call at its deadline, an error that comes is told", async () => {
    await using stack = new AsyncDisposableStack();
    const [a, b] = (await startCluster(stack, "a", "b")) as [TestNodes, TestNodes];
    const silent = a.node.open(() => new Promise(() => {}));
    const broken = a.node.open(() => {
      throw new Error("no such project");
    });
    await expect(b.node.call(silent, 1, { deadlineMs: 50 })).rejects.toMatchObject({ reason: "deadline" });
    await expect(b.node.call(broken, 1)).rejects.toThrow(`${a.node.self} could not do it: no such project`);
    await expect(b.node.call({ name: "x", node: "nobody@127.0.0.1:1" }, 1)).rejects.toMatchObject({
      reason: "not_connected",
    });
    a.node.processes.close(broken);
    await expect(b.node.call(broken, 1)).rejects.toMatchObject({ reason: "no_process" });
  });

  test("[SD-46] [MSG-05] [HAZARD-15] what is no data is refused at the sender", async () => {
    await using stack = new AsyncDisposableStack();
    const [a, b] = (await startCluster(stack, "a", "b")) as [TestNodes, TestNodes];
    const address = a.node.open(() => "reached");
    const bad: unknown[] = [() => 1, new Map(), new Date(), Number.NaN, { pool: Buffer.alloc(1) }, [1n], undefined];
    for (const message of bad) {
      await expect(b.node.call(address, message as never)).rejects.toMatchObject({ reason: "not_data" });
      expect(() => b.node.send(address, message as never)).toThrow(CallError);
    }
    await expect(b.node.call(address, { a: [{ b: () => 1 }] } as never)).rejects.toThrow(
      "it.a[0].b is of type function",
    );
  });

  test("[HAZARD-6] a message too long is an error of its sender, and nobody hears of a death", async () => {
    await using a = await start("a", { tuning: { heartbeatMs: 100, silenceMs: 1_500, frameBytesMax: 200_000 } });
    await using b = await start("b", { tuning: { heartbeatMs: 100, silenceMs: 1_500, frameBytesMax: 200_000 } });
    await b.node.connect(a.node.self);
    const address = a.node.open((message) => String(message).length);
    await expect(b.node.call(address, "x".repeat(300_000))).rejects.toMatchObject({ reason: "too_long" });
    expect(await b.node.call(address, "x".repeat(150_000))).toBe(150_000);
    expect(b.changes).toHaveLength(1);
  });

  test("[FT-05] [C-26] an address of a node's former life is dead in its next", async () => {
    await using a = await start("a");
    const first = await start("b", { peers: a.node.self });
    const { self } = first.node;
    await first.node.connect(a.node.self);
    const address = first.node.open(() => "first life");
    expect(await a.node.call(address, 1)).toBe("first life");
    await first[Symbol.asyncDispose]();
    await using second = await start(self, { peers: a.node.self });
    second.node.open(() => "second life");
    await second.node.connect(a.node.self);
    await until(() => a.node.list().length === 1, "the second life");
    await expect(a.node.call(address, 1)).rejects.toMatchObject({ reason: "no_process" });
  });
});

test("[SD-01] [SD-02] [NODE-07] a node listens at the port of its name, and two that connect list each other", async () => {
  await using a = await startTestNode("a");
  await using b = await startTestNode("b");
  const socket = connect(parseNodeName(a.node.self).port, "127.0.0.1");
  await new Promise((resolve) => socket.once("connect", resolve));
  socket.destroy();
  await b.node.connect(a.node.self);
  expect(b.node.list()).toEqual([a.node.self]);
  await until(() => a.node.list().length === 1, "b at a");
  expect(a.node.list()).toEqual([b.node.self]);
});

test("[SD-15] [SD-16] without a name or a cookie the node stands alone and does the same", async () => {
  for (const options of [{ name: "" }, { cookie: "" }, { cookie: undefined }]) {
    await using alone = await startTestNode("a@127.0.0.1:9", options);
    const { node } = alone;
    expect(alone.logged[0]).toContain("[Mesher] Running in standalone mode (no distribution)");
    expect(node.self).toBe("");
    expect(node.list()).toEqual([]);
    expect(node.status()).toMatchObject({ mode: "standalone", self: "", peers: [], refused: [] });

    const address = node.open((message) => ({ heard: message }));
    expect(node.processes.register("echo", address)).toBe(true);
    expect(await node.names.register("echo", address)).toBe(true);
    expect(node.names.whereis("echo")).toEqual(address);
    expect(await node.call(address, 1)).toEqual({ heard: 1 });
    expect(await node.call({ name: "echo", node: "" }, 2)).toEqual({ heard: 2 });
    await expect(node.call({ name: "nobody", node: "" }, 2)).rejects.toMatchObject({ reason: "no_process" });
    const heard: unknown[] = [];
    node.rooms.join("room", (_, message) => heard.push(message));
    node.rooms.broadcast("room", "hello");
    expect(heard).toEqual(["hello"]);
    await expect(node.connect("b@127.0.0.1:1")).rejects.toThrow("stands alone");
  }
});

test("[SD-07] [NODE-01] a bad name, a short cookie, a second start and a port in use are four errors", async () => {
  await using a = await startTestNode("a");
  const { port } = parseNodeName(a.node.self);
  await expect(startTestNode("a", { name: "nonsense" })).rejects.toBeInstanceOf(NodeNameError);
  await expect(startTestNode("a", { cookie: "short" })).rejects.toBeInstanceOf(CookieError);
  await expect(startTestNode(`b@127.0.0.1:${port}`)).rejects.toMatchObject({ reason: "bind_failed" });
  await using second = await startTestNode(`second@127.0.0.3:${port}`);
  await expect(startTestNode(second.node.self)).rejects.toBeInstanceOf(NodeStartError);
  await expect(startTestNode(second.node.self)).rejects.toMatchObject({ reason: "already_started" });
});

type TestNodes = Awaited<ReturnType<typeof startTestNode>>;
