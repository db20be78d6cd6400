import { expect, test } from "vitest";
import { startTestCluster, type TestNode, until } from "./test-node.ts";
import { overEachTransport } from "./test-transports.ts";

overEachTransport(({ startCluster }) => {
  test("[SD-23] [CLUST-04] a broadcast is heard once by every member on every node, and by nobody else", async () => {
    await using stack = new AsyncDisposableStack();
    const nodes = await startCluster(stack, "a", "b", "c");
    const heard = nodes.flatMap(({ node }) => {
      const members = [[], []] as unknown[][];
      for (const each of members) node.rooms.join("project 1", (_, message) => each.push(message));
      node.rooms.join("project 2", () => expect.fail("another room"));
      return members;
    });
    for (let n = 0; n < 100; n += 1)
      for (const { node } of nodes) node.rooms.broadcast("project 1", { by: node.self, n });
    await until(() => heard.every(({ length }) => length >= 300), "all messages");
    // Nothing comes twice: what is sent last is heard last.
    for (const { node } of nodes) node.rooms.broadcast("project 1", "last");
    await until(
      () => heard.every((messages) => messages.filter((each) => each === "last").length === 3),
      "the last ones",
    );
    for (const messages of heard) {
      expect(messages).toHaveLength(303);
      for (const { node } of nodes) {
        const ofNode = messages.filter((each) => (each as { by?: string }).by === node.self);
        expect(ofNode).toEqual(Array.from({ length: 100 }, (_, n) => ({ by: node.self, n })));
      }
    }
  });

  test("a broadcast leaves out the member it is to leave out, and members that have left", async () => {
    await using stack = new AsyncDisposableStack();
    const [a, b] = (await startCluster(stack, "a", "b")) as [TestNode, TestNode];
    const heard: string[] = [];
    const own = () => heard.push("own");
    const gone = () => heard.push("gone");
    for (const member of [own, gone, () => heard.push("other")]) a.node.rooms.join("room", member);
    b.node.rooms.join("room", () => heard.push("far"));
    a.node.rooms.leaveAll(gone);
    a.node.rooms.broadcast("room", 1, own);
    await until(() => heard.includes("far"), "the far member");
    expect(heard).toEqual(["other", "far"]);
    a.node.rooms.leave("room", own);
    expect(a.node.rooms.membersOf("room")).toBe(1);
  });

  test("a flood in one turn is sent up to a limit; the rest reaches this node's members only, and is counted", async () => {
    await using stack = new AsyncDisposableStack();
    const [a, b] = (await startCluster(stack, "a", "b")) as [TestNode, TestNode];
    const heard = { near: 0, far: 0 };
    a.node.rooms.join("room", () => (heard.near += 1));
    b.node.rooms.join("room", () => (heard.far += 1));
    for (let n = 0; n < 5_000; n += 1) a.node.rooms.broadcast("room", n);
    await until(() => heard.far === 2_000, "what was sent");
    expect(heard.near).toBe(5_000);
    expect(a.node.status().droppedBroadcasts).toBe(3_000);
    a.node.rooms.broadcast("room", "after");
    await until(() => heard.far === 2_001, "a later one");
  });
});

test("a member that fails does not keep a message from the others", async () => {
  await using stack = new AsyncDisposableStack();
  const [a] = (await startTestCluster(stack, "a")) as [TestNode];
  const heard: unknown[] = [];
  a.node.rooms.join("room", () => {
    throw new Error("broken");
  });
  a.node.rooms.join("room", (_, message) => heard.push(message));
  a.node.rooms.broadcast("room", 1);
  expect(heard).toEqual([1]);
  expect(a.logged.join()).toContain("broken");
});
