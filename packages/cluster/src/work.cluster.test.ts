import { once } from "node:events";
import { expect, test } from "vitest";
import type { ExitReason } from "./exit-reason.ts";
import type { SpawnFunction } from "./remote-work.ts";
import { type TestNode, until } from "./test-node.ts";
import { overEachTransport } from "./test-transports.ts";

/** Lives until it is told to end: by a message, which says how, or by its signal. */
const worker: SpawnFunction = ({ signal, onMessage }, ...args) =>
  new Promise((resolve, reject) => {
    onMessage((message) => {
      if (message === "end") resolve();
      if (message === "fail") reject(new Error("as it was told"));
      return args;
    });
    signal.addEventListener("abort", () => resolve());
  });

overEachTransport(({ start, startCluster, forkNode }) => {
  async function pair(stack: AsyncDisposableStack): Promise<[TestNode, TestNode]> {
    const nodes = (await startCluster(stack, "a", "b")) as [TestNode, TestNode];
    for (const { node } of nodes) node.work.register("worker", worker);
    return nodes;
  }

  test("[EXEC-01] a function is started by name on another node, with its arguments, and can be talked to", async () => {
    await using stack = new AsyncDisposableStack();
    const [a, b] = await pair(stack);
    const address = await a.node.work.spawn(b.node.self, "worker", [1, { deep: ["é"] }]);
    expect(address).toMatchObject({ node: b.node.self, incarnation: b.node.incarnation });
    expect(await a.node.call(address, "arguments?")).toEqual([1, { deep: ["é"] }]);
  });

  test("[SD-39] [EXEC-03] an unknown function, arguments that are no data and a node that is not there are clear errors", async () => {
    await using stack = new AsyncDisposableStack();
    const [a, b] = await pair(stack);
    await expect(a.node.work.spawn(b.node.self, "nothing")).rejects.toThrow("no function is registered as nothing");
    await expect(a.node.work.spawn(b.node.self, "worker", [() => 1] as never)).rejects.toMatchObject({
      reason: "not_data",
    });
    await expect(a.node.work.spawn("x@127.0.0.1:1", "worker")).rejects.toMatchObject({ reason: "not_connected" });
    expect(b.node.status().processes).toBe(0);
  });

  test("[FT-01] a monitor tells once how a process of another node ended", async () => {
    await using stack = new AsyncDisposableStack();
    const [a, b] = await pair(stack);
    const ends: [tell: (address: Parameters<typeof a.node.send>[0]) => unknown, reason: ExitReason][] = [
      [(address) => a.node.send(address, "end"), { kind: "normal" }],
      [(address) => a.node.send(address, "fail"), { kind: "error", message: "Error: as it was told" }],
      [(address) => a.node.work.end(address as never, { kind: "killed" }), { kind: "killed" }],
      [(address) => a.node.work.end(address as never, { kind: "shutdown" }), { kind: "shutdown" }],
      [(address) => a.node.work.end(address as never, { kind: "custom", text: "x" }), { kind: "custom", text: "x" }],
    ];
    for (const [tell, reason] of ends) {
      const address = await a.node.work.spawn(b.node.self, "worker");
      const heard: ExitReason[] = [];
      a.node.watches.monitor(address, (each) => heard.push(each));
      await a.node.call(address, "are you there?");
      tell(address);
      await until(() => heard.length > 0, reason.kind);
      expect(heard).toEqual([reason]);
      const late = await new Promise((resolve) => a.node.watches.monitor(address, resolve));
      expect(late).toEqual({ kind: "noproc" });
    }
    const nowhere = { node: "x@127.0.0.1:1", incarnation: "", id: 1 };
    expect(await new Promise((resolve) => a.node.watches.monitor(nowhere, resolve))).toEqual({ kind: "noconnection" });
  });

  test("[C-25] who stops monitoring hears nothing", async () => {
    await using stack = new AsyncDisposableStack();
    const [a, b] = await pair(stack);
    const address = await a.node.work.spawn(b.node.self, "worker");
    const heard: unknown[] = [];
    const stop = a.node.watches.monitor(address, (reason) => heard.push(reason));
    const other = new Promise((resolve) => a.node.watches.monitor(address, resolve));
    await a.node.call(address, "noted?");
    stop();
    a.node.send(address, "end");
    await other;
    expect(heard).toEqual([]);
  });

  test("[FT-04] [EXEC-02] of two linked processes on two nodes neither outlives an abnormal end of the other; a normal one it does", async () => {
    await using stack = new AsyncDisposableStack();
    const [a, b] = await pair(stack);
    const ended = (node: TestNode, address: { id: number }) => () => !node.node.processes.isOpen(address as never);

    const own = await a.node.work.spawn("", "worker");
    const far = await a.node.work.spawnLink(own, b.node.self, "worker");
    await a.node.work.end(own, { kind: "killed" });
    await until(ended(b, far), "the end of the far one");

    const second = await a.node.work.spawn("", "worker");
    const reason = new Promise((resolve) => a.node.watches.monitor(second, resolve));
    const farSecond = await a.node.work.spawnLink(second, b.node.self, "worker");
    await a.node.work.end(farSecond, { kind: "killed" });
    expect(await reason).toEqual({ kind: "linked", to: farSecond, because: "killed" });

    const third = await a.node.work.spawn("", "worker");
    const trapped: unknown[] = [];
    a.node.watches.trapExits(third, (_, each) => trapped.push(each));
    const farThird = await a.node.work.spawnLink(third, b.node.self, "worker");
    a.node.send(farThird, "end");
    await until(() => trapped.length === 1, "the news");
    expect(trapped).toEqual([{ kind: "normal" }]);
    expect(a.node.processes.isOpen(third)).toBe(true);

    b.node.work.register("brief", async () => {});
    const fourth = await a.node.work.spawn("", "worker");
    for (let n = 0; n < 20; n += 1) await a.node.work.spawnLink(fourth, b.node.self, "brief");
    const last = await a.node.work.spawn(b.node.self, "worker");
    await a.node.call(last, "all news before are heard");
    expect(a.node.processes.isOpen(fourth)).toBe(true);
  });

  test("a link is forgotten on both nodes when either of the two has ended, however many there were", async () => {
    await using stack = new AsyncDisposableStack();
    const [a, b] = await pair(stack);
    const own = await a.node.work.spawn("", "worker");
    const trapped: ExitReason[] = [];
    a.node.watches.trapExits(own, (_, reason) => trapped.push(reason));
    for (let n = 0; n < 5; n += 1) {
      const far = await a.node.work.spawnLink(own, b.node.self, "worker");
      await a.node.work.end(far, { kind: "killed" });
    }
    await until(() => trapped.length === 5, "all ends");
    await until(() => b.node.watches.size === 0, "the other node to forget them");
    expect(a.node.watches.size).toBe(0);
    await a.node.work.spawnLink(own, b.node.self, "worker");
    expect(a.node.watches.size).toBe(2);
    await a.node.work.end(own, { kind: "shutdown" });
    await until(() => b.node.watches.size === 0, "the end of the owner");
    expect(a.node.watches.size).toBe(0);
  });

  test("[FT-03] [SD-45] [C-22] a killed or frozen process of a node fails calls, monitors and links, and its names are vacant", async () => {
    await using a = await start("a");
    a.node.work.register("worker", worker);
    for (const signal of ["SIGSTOP", "SIGKILL"] as const) {
      const child = await forkNode(a.node.self);
      const before = a.changes.length;
      const name = a.node.list()[0] ?? "";
      const far = a.node.names.whereis("of the child");
      if (far === undefined) throw new Error("the child has no name");
      const own = await a.node.work.spawn("", "worker");
      const spawned = await a.node.work.spawnLink(own, name, "worker");
      const linked = new Promise((resolve) => a.node.watches.monitor(own, resolve));
      const monitored = new Promise((resolve) => a.node.watches.monitor(far, resolve));
      await a.node.call(far, "ready?");
      const gone = once(child, "exit");
      child.kill(signal);
      // Before the call's deadline, which would be another reason.
      await expect(a.node.call(far, "never")).rejects.toMatchObject({ reason: "node_lost" });
      expect(await monitored).toEqual({ kind: "noconnection" });
      expect(await linked).toEqual({ kind: "linked", to: spawned, because: "noconnection" });
      expect(a.node.names.whereis("of the child")).toBeUndefined();
      expect(a.changes.slice(before)).toMatchObject([{ kind: "down", node: name }]);
      child.kill("SIGKILL");
      await gone;
      if (a.node.list().length > 0) await until(() => a.node.list().length === 0, "the end of the child");
    }
  });
});
