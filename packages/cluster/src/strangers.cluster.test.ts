/** Who speaks to a node's port, with the cookie and without: the node lives, keeps its memory, and its peers notice nothing. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { expect, test } from "vitest";
import { deriveKeys } from "./cookie.ts";
import { encodeHeader, FRAME } from "./frame.ts";
import { PROTOCOL_VERSION } from "./hello.ts";
import { parseNodeName } from "./node-name.ts";
import { PEERS_MAX } from "./peer-book.ts";
import { ChildNode } from "./test-child.ts";
import { TEST_COOKIE, TestMesh } from "./test-mesh.ts";
import { startTestNode, until } from "./test-node.ts";

const MIB = 1024 * 1024;

/** What a process may grow by although it keeps nothing: buffers that are not collected yet. */
const GROWTH_BYTES_MAX = 96 * MIB;

const frameOf = (type: number, body: Buffer) => Buffer.concat([encodeHeader(type, body.length), body]);
const jsonOf = (value: object) => Buffer.from(JSON.stringify(value));

const keys = deriveKeys([TEST_COOKIE]);

/** A connection that has proved the cookie, and has said nothing yet. */
async function proved(to: string, from = "stranger@127.0.0.1:9"): Promise<TLSSocket> {
  const [key] = await keys;
  const { port, host } = parseNodeName(to);
  const socket = connectTls({
    port,
    host,
    minVersion: "TLSv1.3",
    ciphers: "TLS_AES_128_GCM_SHA256",
    checkServerIdentity: () => undefined,
    pskCallback: () => ({ psk: key?.key ?? Buffer.alloc(0), identity: `${key?.id}|${from}>${to}` }),
  });
  socket.on("error", () => undefined);
  await once(socket, "secureConnect");
  return socket;
}

function helloOf(to: string, change: object = {}): Buffer {
  const hello = {
    protocol: PROTOCOL_VERSION,
    name: "stranger@127.0.0.1:9",
    incarnation: "1",
    startedAtMs: 0,
    to,
    version: "",
    compatibility: "",
    ...change,
  };
  return frameOf(FRAME.hello, jsonOf(hello));
}

function closed(socket: Socket): Promise<unknown> {
  socket.on("error", () => undefined);
  socket.resume();
  return new Promise((resolve) => (socket.destroyed ? resolve(undefined) : socket.once("close", resolve)));
}

test("[HAZARD-1] [HAZARD-7] [F.4-6] whatever bytes strangers send, with the cookie and without, the node lives, does not grow, and its peers notice nothing", async () => {
  await using node = await startTestNode("a");
  await using target = await ChildNode.start("target", node.node.self);
  const { host, port } = parseNodeName(target.self);
  const before = await target.order({ does: "tell" });
  const gibibyte = encodeHeader(FRAME.hello, 1024 ** 3);

  for (let round = 0; round < 20; round += 1) {
    const strangers = Array.from({ length: 10 }, (_, index) => {
      const socket = connect({ host, port });
      // A TLS record, as its first bytes say, that is nothing but noise behind them.
      socket.write(
        index % 2 === 0 ? randomBytes(2_000) : Buffer.concat([Buffer.from([22, 3, 1, 1, 0]), randomBytes(256)]),
      );
      return closed(socket);
    });
    const bodies = [
      gibibyte,
      randomBytes(5_000),
      frameOf(99, randomBytes(100)),
      frameOf(FRAME.hello, randomBytes(500)),
    ];
    for (const body of [...bodies, Buffer.concat([gibibyte, randomBytes(200_000)])]) {
      const socket = await proved(target.self);
      socket.write(body);
      strangers.push(closed(socket));
    }
    // Welcomed, and only then out of its mind.
    const welcomed = await proved(target.self);
    welcomed.write(helloOf(target.self));
    await once(welcomed, "data");
    welcomed.write(Buffer.concat([frameOf(FRAME.packet + (round % 12), randomBytes(3_000)), randomBytes(3_000)]));
    strangers.push(closed(welcomed));
    await Promise.all(strangers);
  }
  const after = await target.order({ does: "tell" });
  expect(after.rssBytes - before.rssBytes).toBeLessThan(GROWTH_BYTES_MAX);
  expect(await node.node.call({ name: "echo", node: target.self }, "still there?")).toBe("still there?");
  expect(node.changes.map(({ kind }) => kind)).toEqual(["up"]);
});

test("[C-30] 300 strangers that say nothing are dropped, with the cookie and without, and hold up nobody", async () => {
  await using a = await TestMesh.start("a");
  const { port } = a.mesh.node;
  const silent = Array.from({ length: 300 }, () => closed(connect({ port, host: "127.0.0.1" })));
  const idle = await Promise.all(Array.from({ length: 20 }, () => proved(a.name)));
  const dropped = idle.map(closed);
  await using b = await TestMesh.start("b", { peers: a.name });
  await b.hears(`up ${a.name}`);
  await Promise.all([...silent, ...dropped]);
  expect(a.peers).toEqual([b.name]);
});

test("a peer that tells of 200,000 others, and one that nests 12 MB of JSON, cost a bounded list and nobody's connection", async () => {
  await using node = await startTestNode("a");
  await using well = await startTestNode("well", { peers: node.node.self });
  const options = { frameBytesMax: 16 * MIB, queueBytesMax: 32 * MIB };
  await using mad = await TestMesh.start("mad", { ...options, peers: node.node.self });
  await until(() => node.node.list().includes(well.node.self), "the other peer");
  await mad.hears(`up ${node.node.self}`);
  const session = mad.mesh.session(node.node.self);
  const names = Array.from({ length: 200_000 }, (_, index) => `n${index}@127.0.0.1:9`);
  expect(session?.link.sendJson(FRAME.peers, { names })).toBe(true);
  const nested = `${"[".repeat(6_000_000)}${"]".repeat(6_000_000)}`;
  const request = (body: string) =>
    Buffer.from(
      `{"ver":"5","sender":"${mad.name}","id":"1","requestID":"1","action":"mesher.request","params":{"kind":"call","body":${body}},"meta":{},"level":1}`,
    );
  expect(mad.mesh.send(node.node.self, 0, request(nested))).toBe(true);
  await until(() => node.node.status().unreached.length > PEERS_MAX / 2, "the names");
  expect(node.node.status().unreached.length).toBeLessThanOrEqual(PEERS_MAX);
  const echo = node.node.open((message) => message);
  expect(await well.node.call(echo, "still there?")).toBe("still there?");
  expect(well.changes.filter(({ kind, node: name }) => kind === "down" && name === node.node.self)).toEqual([]);
});

test("[F.4-7] [C-34] [HAZARD-19] a handshake that was recorded, or is only passed on, leads nowhere", async () => {
  await using a = await TestMesh.start("a");
  await using victim = await TestMesh.start("victim");
  const recorded: Buffer[] = [];
  // Stands where the caller believes `middle` to be, and passes everything on to `a`.
  const middle = createServer((client) => {
    const target = connect(a.mesh.node.port, "127.0.0.1");
    client.on("data", (chunk: Buffer) => recorded.push(chunk) && target.write(chunk));
    client.on("error", () => undefined).on("close", () => target.destroy());
    target.on("data", (chunk: Buffer) => client.write(chunk));
    target.on("error", () => undefined).on("close", () => client.destroy());
  });
  middle.listen(0, "127.0.0.1");
  await once(middle, "listening");
  const { port } = middle.address() as AddressInfo;
  await expect(victim.mesh.connect(parseNodeName(`middle@127.0.0.1:${port}`))).rejects.toMatchObject({
    reason: "wrong_node",
  });
  expect(a.peers).toEqual([]);

  const replay = connect(a.mesh.node.port, "127.0.0.1");
  for (const chunk of recorded) replay.write(chunk);
  await closed(replay);
  expect(a.peers).toEqual([]);
  expect(a.told.filter((line) => line.startsWith("up"))).toEqual([]);
  middle.close();
});

test("[MSG-04] [C-20] a peer of another protocol is told so, and not let in", async () => {
  await using a = await TestMesh.start("a");
  const socket = await proved(a.name);
  socket.write(helloOf(a.name, { protocol: PROTOCOL_VERSION + 1 }));
  const [answer] = (await once(socket, "data")) as [Buffer];
  expect(answer[4]).toBe(FRAME.refuse);
  expect(JSON.parse(answer.subarray(5).toString())).toMatchObject({ reason: "protocol_mismatch" });
  await closed(socket);
  expect(a.peers).toEqual([]);
});

test("[HAZARD-18] two nodes whose names are as long as a name may be find each other", async () => {
  const longest = (letter: string) => `${letter.repeat(110 - "@127.0.0.1:65535".length)}@127.0.0.1:0`;
  await using a = await TestMesh.start(longest("a"));
  await using b = await TestMesh.start(longest("b"), { peers: a.name });
  expect(await b.hears(`up ${a.name}`)).toHaveLength("up ".length + a.name.length);
});

test("[HAZARD-9] a node is dialled where its name says, though others have the same port elsewhere", async () => {
  await using a = await TestMesh.start("a@127.0.0.2:0");
  const { port } = a.mesh.node;
  await using b = await TestMesh.start(`b@127.0.0.3:${port}`, { peers: a.name });
  await using c = await TestMesh.start(`c@127.0.0.4:${port}`, { peers: a.name });
  await Promise.all([a.isConnectedTo(b, c), b.isConnectedTo(a, c), c.isConnectedTo(a, b)]);
  expect([a, b, c].flatMap(({ told }) => told.filter((line) => line.startsWith("refused")))).toEqual([]);
});

test("[HAZARD-8] a node listens where it was told to, or where its name says, and nowhere else", async () => {
  await using named = await startTestNode("named@127.0.0.7:0");
  const { port } = parseNodeName(named.node.self);
  await using told = await startTestNode(`told@127.0.0.7:${port}`, { bindHost: "127.0.0.8" });
  expect(told.node.self).toBe(`told@127.0.0.7:${port}`);
  const answers = async (host: string) => {
    const socket = connect(port, host);
    const [event] = await Promise.race([
      once(socket, "connect").then(() => ["connect"]),
      once(socket, "error").then(() => ["error"]),
    ]).catch(() => ["error"]);
    socket.destroy();
    return event;
  };
  expect(await Promise.all(["127.0.0.7", "127.0.0.8", "127.0.0.9"].map(answers))).toEqual([
    "connect",
    "connect",
    "error",
  ]);
});

test("[HAZARD-4] a storm of connects and calls to a peer makes one connection", async () => {
  await using a = await startTestNode("a");
  let connections = 0;
  // Counts at the address in the node's name; the node itself listens behind it.
  const front = createServer((client) => {
    connections += 1;
    const target = connect((front.address() as AddressInfo).port, "127.0.0.6");
    client.on("data", (chunk: Buffer) => target.write(chunk));
    client.on("error", () => undefined).on("close", () => target.destroy());
    target.on("data", (chunk: Buffer) => client.write(chunk));
    target.on("error", () => undefined).on("close", () => client.destroy());
  });
  front.listen(0, "127.0.0.5");
  await once(front, "listening");
  const { port } = front.address() as AddressInfo;
  await using real = await startTestNode(`real@127.0.0.5:${port}`, { bindHost: "127.0.0.6" });
  const echo = real.node.open((message) => message);
  await Promise.all(Array.from({ length: 500 }, () => a.node.connect(real.node.self)));
  const answers = await Promise.all(Array.from({ length: 500 }, (_, index) => a.node.call(echo, index)));
  expect(answers).toEqual(Array.from({ length: 500 }, (_, index) => index));
  expect(connections).toBe(1);
  front.close();
});
