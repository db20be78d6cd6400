import { expect, test } from "vitest";
import { CallError } from "./call-error.ts";
import type { SpawnFunction } from "./remote-work.ts";
import { type ChildSpec, type SupervisingNode, Supervisor } from "./supervisor.ts";
import { startTestCluster, startTestNode, type TestNode, until } from "./test-node.ts";
import { overEachTransport } from "./test-transports.ts";

/** Where and in which order children were started and ended. */
const told: string[] = [];

const worker =
  (where: string): SpawnFunction =>
  ({ signal, onMessage }, id) => {
    told.push(`start ${nameOf(id)} ${where}`);
    return new Promise((resolve, reject) => {
      onMessage((message) => (message === "end" ? resolve() : reject(new Error(String(message)))));
      signal.addEventListener("abort", () => {
        told.push(`end ${nameOf(id)}`);
        resolve();
      });
    });
  };

const nameOf = (id: unknown) => (typeof id === "string" ? id : "?");

const specOf = (id: string, more: Partial<ChildSpec> = {}): ChildSpec => ({
  id,
  run: "worker",
  args: [id],
  restart: "permanent",
  ...more,
});

async function alone(stack: AsyncDisposableStack): Promise<TestNode> {
  told.length = 0;
  const a = stack.use(await startTestNode("", {}));
  a.node.work.register("worker", worker("here"));
  return a;
}

const addressOf = (supervisor: Supervisor, id: string) => {
  const address = supervisor.children().find((child) => child.id === id)?.address;
  if (address === undefined) throw new Error(`${id} does not run`);
  return address;
};

overEachTransport(({ start, startCluster }) => {
  test("[SD-44] [CLUST-05] a child on another node is restarted there, waits for its node or moves, and ends with its supervisor's node", async () => {
    told.length = 0;
    await using stack = new AsyncDisposableStack();
    const [a, c] = (await startCluster(stack, "a", "c")) as [TestNode, TestNode];
    const startFar = async (name: string) => {
      const far = await start(name, { peers: a.node.self });
      far.node.work.register("worker", worker("far"));
      await far.node.connect(a.node.self);
      await until(() => a.node.list().length === 2, "the far node");
      return far;
    };
    a.node.work.register("worker", worker("here"));
    const far = await startFar("far");
    const targetNode = far.node.self;
    await using supervisor = await Supervisor.start(a.node, {
      strategy: "one_for_one",
      restartsMax: 1,
      children: [specOf("waits", { targetNode }), specOf("moves", { targetNode, moveHereAfterMs: 100 })],
    });
    expect(told).toEqual(["start waits far", "start moves far"]);
    a.node.send(addressOf(supervisor, "waits"), "fail");
    await until(() => told.length === 3, "the restart");
    expect(told[2]).toBe("start waits far");

    await far[Symbol.asyncDispose]();
    await until(() => told.at(-1) === "start moves here", "the move");
    expect(supervisor.children()).toMatchObject([
      { id: "waits", status: "waiting" },
      { id: "moves", status: "running" },
    ]);
    const back = await startFar(targetNode);
    await until(() => supervisor.children()[0]?.status === "running", "the child that waited");
    expect(told.at(-1)).toBe("start waits far");
    expect(supervisor.status).toBe("running");

    await until(() => c.node.list().includes(targetNode), "the far node's return to c");
    const onC = await Supervisor.start(c.node, {
      strategy: "one_for_one",
      children: [specOf("orphan", { targetNode })],
    });
    expect(onC.children()[0]?.status).toBe("running");
    await c[Symbol.asyncDispose]();
    await until(() => told.includes("end orphan"), "the end of the orphan");
    await back[Symbol.asyncDispose]();
  });
});

test("[C-23] children start in order, one that fails is started again alone, and all stop in reverse order", async () => {
  await using stack = new AsyncDisposableStack();
  const { node } = await alone(stack);
  const supervisor = await Supervisor.start(node, {
    strategy: "one_for_one",
    children: ["a", "b", "c"].map((id) => specOf(id)),
  });
  node.send(addressOf(supervisor, "b"), "fail");
  await until(() => told.length === 4, "the restart");
  expect(supervisor.children()).toMatchObject([
    { id: "a", status: "running", restarts: 0 },
    { id: "b", status: "running", restarts: 1 },
    { id: "c", status: "running", restarts: 0 },
  ]);
  await supervisor.stop();
  expect(told).toEqual(["a", "b", "c", "b"].map((id) => `start ${id} here`).concat("end c", "end b", "end a"));
  expect(node.status().processes).toBe(0);
});

test.each([
  ["one_for_all", ["end c", "end a", "start a here", "start b here", "start c here"]],
  ["rest_for_one", ["end c", "start b here", "start c here"]],
] as const)("with %s others are restarted with a child", async (strategy, expected) => {
  await using stack = new AsyncDisposableStack();
  const { node } = await alone(stack);
  await using supervisor = await Supervisor.start(node, {
    strategy,
    children: ["a", "b", "c"].map((id) => specOf(id)),
  });
  node.send(addressOf(supervisor, "b"), "fail");
  await until(() => told.length === 3 + expected.length, "the restarts");
  expect(told.slice(3)).toEqual(expected);
});

test("[RESIL-03] a child that ends too often takes the whole down, visibly", async () => {
  await using stack = new AsyncDisposableStack();
  const { node } = await alone(stack);
  node.work.register("broken", async () => {
    throw new Error("at once");
  });
  const failed = Promise.withResolvers<string>();
  const children = [specOf("a"), specOf("b", { run: "broken" })];
  const supervisor = await Supervisor.start(node, {
    strategy: "one_for_one",
    restartsMax: 2,
    children,
    onFailed: failed.resolve,
  });
  expect(await failed.promise).toBe("child b ended too often, last by error");
  expect(supervisor.status).toBe("failed");
  expect(told).toEqual(["start a here", "end a"]);
  expect(node.status().processes).toBe(0);
});

test("transient and temporary children that end well stay ended; children of a template come and go", async () => {
  await using stack = new AsyncDisposableStack();
  const { node } = await alone(stack);
  await using supervisor = await Supervisor.start(node, { strategy: "simple_one_for_one" });
  await supervisor.startChild(specOf("a", { restart: "transient" }));
  await supervisor.startChild(specOf("b", { restart: "temporary" }));
  await expect(supervisor.startChild(specOf("a"))).rejects.toBeInstanceOf(RangeError);
  node.send(addressOf(supervisor, "a"), "end");
  node.send(addressOf(supervisor, "b"), "fail");
  await until(() => supervisor.children().length === 0, "both ends");
  expect(told).toHaveLength(2);
});

test("a child that cannot be started stops those before it", async () => {
  await using stack = new AsyncDisposableStack();
  const { node } = await alone(stack);
  const children = [specOf("a"), specOf("b", { run: "unknown" })];
  await expect(Supervisor.start(node, { strategy: "one_for_one", children })).rejects.toThrow("unknown");
  expect(told).toEqual(["start a here", "end a"]);
});

test("a child that does not end in time is killed", async () => {
  await using stack = new AsyncDisposableStack();
  const { node } = await alone(stack);
  node.work.register("deaf", () => new Promise(() => {}));
  const supervisor = await Supervisor.start(node, {
    strategy: "one_for_one",
    children: [specOf("a", { run: "deaf", shutdownMs: 20 }), specOf("b", { run: "deaf", shutdownMs: 0 })],
  });
  await supervisor.stop();
  expect(node.status().processes).toBe(0);
});

test("a child that was started and could not be linked to is ended before another is started in its place", async () => {
  told.length = 0;
  await using stack = new AsyncDisposableStack();
  const [a, far] = (await startTestCluster(stack, "a", "far")) as [TestNode, TestNode];
  far.node.work.register("worker", worker("far"));
  const { work, watches, processes } = a.node;
  let links = 0;
  const node: SupervisingNode = {
    work,
    processes,
    watches: {
      trapExits: (own, onExit) => watches.trapExits(own, onExit),
      link: async (own, other) => {
        links += 1;
        if (links === 1) throw new CallError(other.node, "deadline");
        await watches.link(own, other);
      },
    },
  };
  await using supervisor = await Supervisor.start(node, {
    strategy: "one_for_one",
    children: [specOf("c", { targetNode: far.node.self })],
  });
  expect(supervisor.children()).toMatchObject([{ id: "c", status: "waiting", address: undefined }]);
  expect(told).toEqual(["start c far", "end c"]);
  await until(() => supervisor.children()[0]?.status === "running", "the second attempt");
  expect(told).toEqual(["start c far", "end c", "start c far"]);
  expect(far.node.status().processes).toBe(1);
  await supervisor.stop();
  expect(far.node.status().processes).toBe(0);
});
