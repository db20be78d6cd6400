import { fork } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { expect, test } from "vitest";
import { TestMesh } from "./test-mesh.ts";
import { TestNetwork } from "./test-network.ts";

test("[NODE-08] [HAZARD-2] [C-32] a peer that is silent is dead after the time limit, once, and is back soon after the route heals", async () => {
  await using network = new TestNetwork();
  const [placeA, placeB] = [await network.place("a"), await network.place("b")];
  await using a = await TestMesh.start(placeA.name, placeA);
  await using b = await TestMesh.start(placeB.name, { ...placeB, peers: a.name });
  await Promise.all([a.isConnectedTo(b), b.isConnectedTo(a)]);

  // How soon, `mesh-histories.test.ts` shows by a clock of its own.
  network.split("silent", [a.name], [b.name]);
  await a.hears(`down ${b.name} silent`);
  await b.hears(`down ${a.name} silent`);

  network.heal();
  await Promise.all([a.isConnectedTo(b), b.isConnectedTo(a)]);
  expect(a.told.filter((line) => /^(up|down)/.test(line))).toHaveLength(3);
});

test("[FT-02] [C-41] a mesh of five that split in two and three hears of every loss once, and is whole again after it heals", async () => {
  await using network = new TestNetwork();
  await using stack = new AsyncDisposableStack();
  const nodes: TestMesh[] = [];
  for (const name of ["a", "b", "c", "d", "e"]) {
    const place = await network.place(name);
    nodes.push(stack.use(await TestMesh.start(place.name, { ...place, peers: nodes[0]?.name ?? "" })));
  }
  const isWhole = () =>
    Promise.all(nodes.map((node) => node.isConnectedTo(...nodes.filter((other) => other !== node))));
  await isWhole();
  const sides = [nodes.slice(0, 2), nodes.slice(2)];
  network.split("cut", ...sides.map((side) => side.map(({ name }) => name)));
  await Promise.all(
    sides.flatMap((side) => side.map((node) => node.isConnectedTo(...side.filter((other) => other !== node)))),
  );
  network.heal();
  await isWhole();
  for (const node of nodes) {
    const own = sides.find((side) => side.includes(node)) ?? [];
    for (const other of nodes) {
      const told = node.told.filter(
        (line) => line.startsWith(`up ${other.name}`) || line.startsWith(`down ${other.name}`),
      );
      expect(told.length, `${node.name} of ${other.name}`).toBe(other === node ? 0 : own.includes(other) ? 1 : 3);
    }
  }
});

test("[HAZARD-3] a single broken route downs nobody for those who still hear them", async () => {
  await using network = new TestNetwork();
  const places = [await network.place("a"), await network.place("b"), await network.place("c")];
  const [placeA, placeB, placeC] = places as [(typeof places)[0], (typeof places)[0], (typeof places)[0]];
  await using a = await TestMesh.start(placeA.name, placeA);
  await using b = await TestMesh.start(placeB.name, { ...placeB, peers: a.name });
  await using c = await TestMesh.start(placeC.name, { ...placeC, peers: a.name });
  await Promise.all([a.isConnectedTo(b, c), b.isConnectedTo(a, c), c.isConnectedTo(a, b)]);
  network.split("cut", [a.name, b.name], [b.name, c.name]);
  await Promise.all([a.isConnectedTo(b), c.isConnectedTo(b)]);
  network.heal();
  await a.isConnectedTo(b, c);
  expect(b.told.filter((line) => line.startsWith("down"))).toEqual([]);
});

test("[MSG-07] packets to a peer come in order and each once, under load", async () => {
  await using a = await TestMesh.start("a");
  await using b = await TestMesh.start("b", { peers: a.name });
  await b.hears(`up ${a.name}`);
  const sent = Array.from({ length: 5_000 }, (_, index) => String(index));
  for (const text of sent) {
    expect(b.mesh.send(a.name, 3, Buffer.from(text))).toBe(true);
    if (Number(text) % 100 === 0) await b.mesh.session(a.name)?.link.drained();
  }
  await a.hears(`packet ${b.name} 3 4999`);
  expect(a.told.filter((line) => line.startsWith("packet"))).toEqual(sent.map((text) => `packet ${b.name} 3 ${text}`));
});

test("[F.4-4] what waits for a peer that does not read is bounded, and another peer is not kept waiting", async () => {
  await using network = new TestNetwork();
  const place = await network.place("stalled");
  await using stalled = await TestMesh.start(place.name, place);
  const limits = { silenceMs: 60_000, queueBytesMax: 1_000_000 };
  await using a = await TestMesh.start("a", { ...limits, peers: stalled.name });
  await using well = await TestMesh.start("well", { peers: a.name });
  await a.isConnectedTo(stalled, well);
  await a.until(() => a.mesh.session(stalled.name) !== undefined, "the session");
  network.split("silent", [a.name, well.name]);
  const body = Buffer.alloc(50_000);
  let taken = 0;
  // The kernel's own buffers take some megabytes first.
  while (taken < 10_000 && a.mesh.send(stalled.name, 1, body)) {
    taken += 1;
    await new Promise(setImmediate);
  }
  expect(taken).toBeLessThan(10_000);
  const link = a.mesh.session(stalled.name)?.link;
  expect(link?.queuedBytes).toBeLessThanOrEqual(1_000_000);
  expect(link?.refusedFrames).toBe(1);
  a.mesh.send(well.name, 2, Buffer.from("hello"));
  await well.hears(`packet ${a.name} 2 hello`);
  // The stalled one is still there: nobody has waited for its end.
  expect(a.told.filter((line) => line.startsWith("down"))).toEqual([]);
});

test("[NODE-03] nothing that nodes say can be read on the wire, and the cookie is never on it", async () => {
  await using a = await TestMesh.start("a");
  const wire: Buffer[] = [];
  const tap = createServer((client) => {
    const target = connect(a.mesh.node.port, "127.0.0.1");
    client.on("data", (chunk: Buffer) => wire.push(chunk) && target.write(chunk)).on("error", () => undefined);
    target.on("data", (chunk: Buffer) => wire.push(chunk) && client.write(chunk)).on("error", () => undefined);
    client.on("close", () => target.destroy());
  });
  tap.listen(0, "127.0.0.1");
  await once(tap, "listening");
  await using b = await TestMesh.start("b", { peers: `dns:localhost:${(tap.address() as AddressInfo).port}` });
  await b.hears(`up ${a.name}`);
  b.mesh.send(a.name, 1, Buffer.from("a word that must stay between us"));
  await a.hears("packet");
  const seen = Buffer.concat(wire).toString("latin1");
  expect(seen.length).toBeGreaterThan(500);
  for (const secret of ["must stay between us", "a cookie", "incarnation", "compatibility"])
    expect(seen).not.toContain(secret);
  tap.close();
});

test("[SD-45] [HAZARD-2] [HAZARD-13] a process that is frozen is dead to others once, and thawed it does not take them for dead", async () => {
  await using a = await TestMesh.start("a");
  await using c = await TestMesh.start("c", { peers: a.name });
  const child = fork(new URL("./test-mesh-process.ts", import.meta.url), [a.name]);
  await c.until(() => c.peers.length === 2, "the child");
  const name = c.peers.find((peer) => peer.startsWith("child")) ?? "";

  child.kill("SIGSTOP");
  await a.hears(`down ${name} silent`);
  await c.hears(`down ${name} silent`);
  child.kill("SIGCONT");
  await a.until(() => a.told.filter((line) => line === `up ${name}`).length === 2, "the thawed one");
  expect(a.told.filter((line) => line.startsWith("down"))).toHaveLength(1);

  child.send("tell");
  const [told] = (await once(child, "message")) as [string[]];
  expect(told.filter((line) => line.includes("silent"))).toEqual([]);

  const downs = () => a.told.filter((line) => line.startsWith("down"));
  child.kill("SIGKILL");
  await a.until(() => downs().length === 2, "the death");
  // A closed connection tells it, no silence that has to last.
  expect(downs()[1]).not.toContain("silent");
});
