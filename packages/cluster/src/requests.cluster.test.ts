/** Requests between nodes: when they end, and that only an answer to them answers them. */
import { expect, test } from "vitest";
import type { CallError } from "./call-error.ts";
import { FRAME } from "./frame.ts";
import { TestMesh } from "./test-mesh.ts";
import { startTestCluster, startTestNode, type TestNode, until } from "./test-node.ts";
import { overEachTransport } from "./test-transports.ts";

const ANSWER = 1;

/** A process that answers all it was asked at once, when it is told to. */
function openLate({ node }: TestNode) {
  const waiting: (() => void)[] = [];
  const address = node.open((message) => new Promise((resolve) => waiting.push(() => resolve(message))));
  return { address, waiting, answerAll: () => waiting.splice(0).forEach((answer) => answer()) };
}

overEachTransport(({ start, startCluster }) => {
  test("calls end at their deadlines, each at its own, whatever else is waited for", async () => {
    await using stack = new AsyncDisposableStack();
    const [a, b] = (await startCluster(stack, "a", "b")) as [TestNode, TestNode];
    const late = openLate(a);
    const answered = b.node.call(late.address, "answered", { deadlineMs: 600_000 });
    const call = (deadlineMs: number) =>
      b.node.call(late.address, "too late", { deadlineMs }).catch((error: CallError) => error.reason);
    // One after the other, the shorter one made while there is a longer one, and several at once.
    for (const deadlineMs of [100, 10]) expect(await call(deadlineMs)).toBe("deadline");
    expect(await Promise.all([300, 50, 60].map(call))).toEqual(["deadline", "deadline", "deadline"]);
    late.answerAll();
    expect(await answered).toBe("answered");
    expect(
      await b.node.call(
        a.node.open((message) => message),
        "in time",
        { deadlineMs: 30_000 },
      ),
    ).toBe("in time");
  });

  test("[FT-05] answers to a node's former life answer nothing in its next", async () => {
    await using a = await start("a");
    const first = await start("b", { peers: a.node.self });
    const { self } = first.node;
    await first.node.connect(a.node.self);
    const [former, present] = [openLate(a), openLate(a)];
    const calls = (from: TestNode, { address }: typeof former, text: string) =>
      Array.from({ length: 100 }, (_, n) => from.node.call(address, `${text} ${n}`, { deadlineMs: 600_000 }));
    const lost = calls(first, former, "former").map((call) => call.catch((error: CallError) => error.reason));
    await until(() => former.waiting.length === 100, "the former life's calls");
    await first[Symbol.asyncDispose]();
    // It stops with calls under way, and they end.
    expect(new Set(await Promise.all(lost))).toEqual(new Set(["node_lost"]));

    await using second = await start(self, { peers: a.node.self });
    await second.node.connect(a.node.self);
    await until(() => a.node.list().length === 1, "the second life");
    const made = calls(second, present, "present");
    await until(() => present.waiting.length === 100, "the second life's calls");
    former.answerAll();
    // What is answered first is heard first.
    expect(
      await second.node.call(
        a.node.open(() => "after"),
        null,
      ),
    ).toBe("after");
    present.answerAll();
    expect(await Promise.all(made)).toEqual(Array.from({ length: 100 }, (_, n) => `present ${n}`));
  });

  test("[HAZARD-6] an answer that cannot be sent is an error that says why, at once", async () => {
    const tuning = { heartbeatMs: 500, silenceMs: 20_000, frameBytesMax: 200_000 };
    await using a = await start("a", { tuning });
    await using b = await start("b", { tuning, peers: a.node.self });
    await b.node.connect(a.node.self);
    const long = a.node.open(() => "x".repeat(300_000));
    const call = b.node.call(long, 1, { deadlineMs: 600_000 });
    await expect(call).rejects.toThrow(/could not do it: its answer has 3000\d\d bytes, 199999 at most/);
    const strange = a.node.open(() => ({ big: 1n }));
    await expect(b.node.call(strange, 1, { deadlineMs: 600_000 })).rejects.toThrow("its answer is no data");
    expect(b.changes).toHaveLength(1);
  });

  test("[HAZARD-6] a broadcast too long for a frame reaches its own node only, is counted, and costs no session", async () => {
    const tuning = { heartbeatMs: 500, silenceMs: 20_000, frameBytesMax: 200_000 };
    await using a = await start("a", { tuning });
    await using b = await start("b", { tuning, peers: a.node.self });
    await b.node.connect(a.node.self);
    const heard: string[] = [];
    for (const { node } of [a, b])
      node.rooms.join("room", (_, message) => heard.push(`${node.self} ${JSON.stringify(message).length}`));
    a.node.rooms.broadcast("room", "x".repeat(300_000));
    a.node.rooms.broadcast("room", "short");
    await until(() => heard.includes(`${b.node.self} 7`), "the short one");
    expect(heard).toEqual([`${a.node.self} 300002`, `${a.node.self} 7`, `${b.node.self} 7`]);
    expect(a.node.counters().broadcasts).toMatchObject({ made: 2, dropped: 1 });
    expect([...a.changes, ...b.changes].filter(({ kind }) => kind === "down")).toEqual([]);
  });
});

test("[HAZARD-11] a node that was not asked answers nobody's call", async () => {
  await using stack = new AsyncDisposableStack();
  const [a, b] = (await startTestCluster(stack, "a", "b")) as [TestNode, TestNode];
  await using mad = await TestMesh.start("mad", { peers: a.node.self });
  await mad.hears(`up ${a.node.self}`);
  const late = openLate(b);
  const call = a.node.call(late.address, "asked", { deadlineMs: 600_000 });
  await until(() => late.waiting.length === 1, "the call");
  const link = mad.mesh.session(a.node.self)?.link;
  const heard = () => a.node.counters().peers.find(({ name }) => name === mad.name)?.framesIn ?? 0;
  const before = heard();
  for (let number = 0; number < 1_000; number += 1) {
    const packet = Buffer.from(`      ${JSON.stringify({ value: "forged" })}`);
    packet.writeUIntBE(number, 0, 6);
    link?.send(FRAME.packet + ANSWER, packet);
  }
  await until(() => heard() >= before + 1_000, "the forged answers");
  late.answerAll();
  expect(await call).toBe("asked");
});

test("[SD-15] a node alone ends its own calls at their deadlines too", async () => {
  await using alone = await startTestNode("");
  const silent = alone.node.open(() => new Promise(() => {}));
  await expect(alone.node.call(silent, 1, { deadlineMs: 30 })).rejects.toMatchObject({ reason: "deadline" });
});
