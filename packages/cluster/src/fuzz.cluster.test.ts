import fc from "fast-check";
import { expect, test } from "vitest";
import { parseNodeName } from "./node-name.ts";
import { TestMesh } from "./test-mesh.ts";
import { startTestNode, until } from "./test-node.ts";

const COMMANDS = 12;

/** What a peer that has the cookie, and has lost its mind, may say: nonsense, and what almost makes sense. */
const bodiesOf = (sender: string) => {
  const field = fc.constantFrom(
    "id",
    "action",
    "event",
    "params",
    "data",
    "success",
    "error",
    "stream",
    "seq",
    "services",
  );
  const almost = fc
    .dictionary(field, fc.jsonValue(), { maxKeys: 8 })
    .map((fields) => Buffer.from(JSON.stringify({ ver: "5", sender, ...fields })));
  const kind = fc.oneof(
    fc.constantFrom("call", "send", "claims", "grant", "spawn", "exit", "monitor", "toString"),
    fc.jsonValue(),
  );
  const answer = fc.dictionary(fc.constantFrom("value", "error", "reason"), fc.jsonValue());
  const asked = fc
    .tuple(fc.nat(300), fc.oneof(fc.record({ kind, body: fc.jsonValue() }), answer, fc.jsonValue()))
    .map(([number, content]) =>
      Buffer.concat([Buffer.from([0, 0, 0, 0, number >> 8, number % 256]), Buffer.from(JSON.stringify(content))]),
    );
  const nonsense = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
  return fc.oneof(
    { weight: 2, arbitrary: almost },
    { weight: 2, arbitrary: asked },
    { weight: 1, arbitrary: nonsense },
  );
};

test("[F.4-6] [HAZARD-1] whatever a peer with the cookie says, the node lives, and its other peers notice nothing", async () => {
  const faults: unknown[] = [];
  const note = (fault: unknown) => faults.push(fault);
  process.on("unhandledRejection", note);
  await using node = await startTestNode("node");
  await using well = await startTestNode("well", { peers: node.node.self });
  await using mad = await TestMesh.start("mad", { peers: node.node.self });
  const address = node.node.open((message) => message);
  await mad.hears(`up ${node.node.self}`);
  await until(() => well.node.list().length >= 1, "the node");

  const command = fc.nat(COMMANDS);
  const message = fc.tuple(command, bodiesOf(mad.name));
  await fc.assert(
    fc.asyncProperty(fc.array(message, { maxLength: 20 }), async (messages) => {
      const session = mad.mesh.session(node.node.self);
      if (session === undefined) await mad.mesh.connect(parseNodeName(node.node.self));
      for (const [type, body] of messages) mad.mesh.send(node.node.self, type, body);
      expect(await well.node.call(address, "still there?")).toBe("still there?");
    }),
    { numRuns: 200, interruptAfterTimeLimit: 5_000 },
  );
  expect(well.changes.filter(({ kind, node: name }) => kind === "down" && name === node.node.self)).toEqual([]);
  process.off("unhandledRejection", note);
  expect(faults).toEqual([]);
});

test("[HAZARD-11] a packet by another's name, or by the node's own, ends the session it came over and nothing else", async () => {
  await using node = await startTestNode("node");
  await using well = await startTestNode("well", { peers: node.node.self });
  await using mad = await TestMesh.start("mad", { peers: node.node.self });
  await until(() => node.node.list().includes(well.node.self), "the other peer");
  await mad.hears(`up ${node.node.self}`);
  for (const sender of [node.node.self, well.node.self]) {
    const from = mad.told.length;
    const info = {
      ver: "5",
      sender,
      services: [],
      instanceID: "another",
      ipList: [],
      hostname: "",
      client: {},
      config: {},
    };
    for (const command of [4, 5]) mad.mesh.send(node.node.self, command, Buffer.from(JSON.stringify(info)));
    await mad.hears(`down ${node.node.self}`, undefined, from);
    await mad.hears(`up ${node.node.self}`, undefined, from);
  }
  expect(node.node.list()).toContain(well.node.self);
  expect(well.changes.filter(({ kind }) => kind === "down")).toEqual([]);
});
