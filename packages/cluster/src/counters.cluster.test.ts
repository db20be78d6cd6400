import { expect, test } from "vitest";
import { TestMesh } from "./test-mesh.ts";
import { startTestNode, type TestNode, until } from "./test-node.ts";
import { overEachTransport } from "./test-transports.ts";

const peerAt = ({ node }: TestNode, name: string) => node.counters().peers.find((peer) => peer.name === name);

overEachTransport(({ start, startCluster }) => {
  test("what goes to a peer and comes from it is counted, and goes on counting over its next session", async () => {
    await using stack = new AsyncDisposableStack();
    const [a] = (await startCluster(stack, "a")) as [TestNode];
    const b = await start("b", { peers: a.node.self });
    await b.node.connect(a.node.self);
    const address = a.node.open((message) => message);
    const before = peerAt(b, a.node.self);
    for (let n = 0; n < 10; n += 1) await b.node.call(address, "x".repeat(10_000));
    const after = peerAt(b, a.node.self);
    expect(after?.isUp).toBe(true);
    const difference = (key: "bytesIn" | "bytesOut" | "framesIn" | "framesOut") =>
      (after?.[key] ?? 0) - (before?.[key] ?? 0);
    for (const key of ["bytesIn", "bytesOut"] as const) {
      expect(difference(key)).toBeGreaterThan(100_000);
      expect(difference(key)).toBeLessThan(120_000);
    }
    for (const key of ["framesIn", "framesOut"] as const) expect(difference(key)).toBeGreaterThanOrEqual(10);
    await until(() => peerAt(b, a.node.self)?.roundTripMs !== undefined, "an answered heartbeat");
    expect(peerAt(b, a.node.self)?.roundTripMs).toBeGreaterThan(0);

    await b[Symbol.asyncDispose]();
    await until(() => a.node.counters().sessions === 0, "the end of the session");
    const past = peerAt(a, b.node.self);
    expect(past).toMatchObject({ isUp: false, queuedBytes: 0 });
    expect(past?.roundTripMs).toBeUndefined();
    await using again = await start(b.node.self, { peers: a.node.self });
    const countedOn = () => (peerAt(a, again.node.self)?.bytesIn ?? 0) > (past?.bytesIn ?? 0);
    await until(countedOn, "bytes of the next session, which has none yet when it is made");
    expect(a.node.counters().sessions).toBe(1);
  });

  test("calls, sends, broadcasts, names and processes are counted by what became of them", async () => {
    await using stack = new AsyncDisposableStack();
    const [a, b] = (await startCluster(stack, "a", "b")) as [TestNode, TestNode];
    const zero = b.node.counters();
    expect(zero).toMatchObject({
      sessions: 1,
      calls: { made: 0, failed: {} },
      sends: { made: 0, dropped: 0 },
      broadcasts: { made: 0, dropped: 0, heard: 0 },
      names: { known: 0, own: 0, lost: 0 },
      processes: { open: 0, spawned: 0 },
      rooms: 0,
    });
    const address = a.node.open((message) => (message === "never" ? new Promise(() => {}) : message));
    await b.node.call(address, 1);
    await expect(b.node.call(address, "never", { deadlineMs: 20 })).rejects.toThrow("did not answer in time");
    await expect(b.node.call(address, (() => 1) as never)).rejects.toThrow("is no data");
    await expect(b.node.call({ name: "nobody", node: a.node.self }, 1)).rejects.toThrow("nobody");
    await expect(b.node.call({ name: "x", node: "gone@127.0.0.1:1" }, 1)).rejects.toThrow("is not connected");
    b.node.send(address, 1);
    b.node.send({ name: "nobody", node: "gone@127.0.0.1:1" }, 1);
    b.node.rooms.join("room", () => {});
    a.node.rooms.broadcast("room", 1);
    await a.node.names.register("own", address);
    a.node.work.register(
      "worker",
      ({ signal }) => new Promise((resolve) => signal.addEventListener("abort", () => resolve())),
    );
    const spawned = await b.node.work.spawn(a.node.self, "worker");
    await until(() => b.node.counters().sends.dropped === 1 && b.node.counters().broadcasts.heard === 1, "both");
    expect(b.node.counters()).toMatchObject({
      calls: { made: 5, failed: { deadline: 1, not_data: 1, no_process: 1, not_connected: 1 } },
      sends: { made: 2, dropped: 1 },
      broadcasts: { made: 0, heard: 1 },
      names: { known: 1, own: 0 },
      rooms: 1,
    });
    expect(a.node.counters()).toMatchObject({
      calls: { made: 0 },
      broadcasts: { made: 1, dropped: 0, heard: 0 },
      names: { known: 1, own: 1 },
      processes: { open: 2, spawned: 1 },
    });
    expect(a.node.counters().requestsTaken).toBeGreaterThanOrEqual(4);
    await b.node.work.end(spawned, { kind: "killed" });
    await until(() => a.node.counters().processes.spawned === 0, "the end");
  });
});

test("refused handshakes are counted by reason, however often, from either side", async () => {
  await using a = await startTestNode("a");
  await using stranger = await TestMesh.start("stranger", {
    cookies: ["a cookie that is different"],
    peers: a.node.self,
  });
  await until(() => (a.node.counters().refusedHandshakes.wrong_cookie ?? 0) >= 2, "two attempts");
  expect(stranger.mesh.refusals.get("wrong_cookie")).toBeGreaterThanOrEqual(1);
  await expect(a.node.connect("nobody@127.0.0.1:1")).rejects.toThrow("cannot be reached");
  expect(a.node.counters().refusedHandshakes.unreachable).toBe(1);
});

test("a loop that stood still is seen as lag", async () => {
  await using alone = await startTestNode("");
  await until(() => {
    const endMs = performance.now() + 100;
    while (performance.now() < endMs);
    return alone.node.counters().loopLag.maxMs > 50;
  }, "the lag");
  expect(alone.node.counters().loopLag.maxMs).toBeGreaterThanOrEqual(alone.node.counters().loopLag.p99Ms);
});
