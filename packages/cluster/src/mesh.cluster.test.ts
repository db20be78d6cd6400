import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import { connect as connectTls, createServer, setDefaultCACertificates } from "node:tls";
import { expect, test } from "vitest";
import { deriveKeys } from "./cookie.ts";
import { encodeHeader } from "./frame.ts";
import { PeerRefusedError } from "./hello.ts";
import { parseNodeName } from "./node-name.ts";
import { TEST_CERTIFICATE } from "./test-certificate.ts";
import { TEST_COOKIE, TestMesh } from "./test-mesh.ts";

const OTHER_COOKIE = "a cookie that is different";

test("[SD-02] [SD-03] [NODE-05] [NODE-06] nodes that each know only the one before become a full mesh", async () => {
  await using a = await TestMesh.start("a");
  await using b = await TestMesh.start("b", { peers: a.name });
  await using c = await TestMesh.start("c", { peers: b.name });
  await using d = await TestMesh.start("d", { peers: c.name });
  await using e = await TestMesh.start("e", { peers: d.name });
  const all = [a, b, c, d, e];
  await Promise.all(all.map((one) => one.isConnectedTo(...all.filter((other) => other !== one))));
  expect(all.flatMap(({ told }) => told.filter((line) => line.startsWith("down")))).toEqual([]);
});

test("[C-33] a node that asked for port 0 is known by the port it was given", async () => {
  await using a = await TestMesh.start("a@127.0.0.1:0");
  expect(parseNodeName(a.name).port).toBeGreaterThan(0);
  await using b = await TestMesh.start("b", { peers: a.name });
  await b.hears(`up ${a.name}`);
});

test("[NODE-02] [NODE-04] [SD-33] another cookie is refused on both sides, with a sentence that does not tell it", async () => {
  await using a = await TestMesh.start("a");
  await using b = await TestMesh.start("b", { cookies: [OTHER_COOKIE] });
  await expect(b.mesh.connect(a.mesh.node)).rejects.toMatchObject({ reason: "wrong_cookie" });
  await a.hears("refused wrong_cookie");
  expect(a.mesh.refusedPeers).toMatchObject([{ peer: b.name, reason: "wrong_cookie", side: "called" }]);
  expect(b.mesh.refusedPeers).toMatchObject([{ peer: a.name, reason: "wrong_cookie", side: "dialled" }]);
  const told = JSON.stringify([a.mesh.refusedPeers, b.mesh.refusedPeers]);
  expect(told).toContain("has another cookie");
  expect(told).not.toContain(OTHER_COOKIE);
});

test("a cookie is changed node by node, while all stay connected", async () => {
  await using old = await TestMesh.start("old");
  await using both = await TestMesh.start("both", {
    cookies: [OTHER_COOKIE, TEST_COOKIE],
    peers: old.name,
  });
  await using fresh = await TestMesh.start("fresh", { cookies: [OTHER_COOKIE], peers: both.name });
  await both.isConnectedTo(old, fresh);
  expect(both.told.filter((line) => line.startsWith("up"))).toHaveLength(2);
});

test("[F.4-13] [C-31] two that dial each other at once have one session, and nobody hears of a death", async () => {
  for (let round = 0; round < 10; round += 1) {
    await using a = await TestMesh.start("a");
    await using b = await TestMesh.start("b");
    await Promise.all([a.mesh.connect(b.mesh.node), b.mesh.connect(a.mesh.node)]);
    a.mesh.send(b.name, 1, Buffer.from("hello"));
    b.mesh.send(a.name, 1, Buffer.from("hello"));
    await a.hears(`packet ${b.name}`);
    await b.hears(`packet ${a.name}`);
    expect(a.told).toEqual([`up ${b.name}`, `packet ${b.name} 1 hello`]);
    expect(b.told).toEqual([`up ${a.name}`, `packet ${a.name} 1 hello`]);
  }
});

test("[SD-33] [HAZARD-22] [NODE-02] a second node of a name is refused while the first is alive, and the first hears nothing of it", async () => {
  await using a = await TestMesh.start("a");
  await using first = await TestMesh.start("same@127.0.0.1:0", { peers: a.name });
  await a.hears(`up ${first.name}`);
  // As on another machine: the same name, and a port that is free there.
  await using second = await TestMesh.start(first.name, { bindHost: "127.0.0.2" });
  await expect(second.mesh.connect(a.mesh.node)).rejects.toMatchObject({ reason: "name_in_use" });
  expect(a.told.filter((line) => !line.startsWith("refused"))).toEqual([`up ${first.name}`]);
  expect(first.told).toEqual([`up ${a.name}`]);
});

test("[C-33] a node does not connect to itself, under whatever name it finds itself", async () => {
  await using a = await TestMesh.start("a");
  await expect(a.mesh.connect(a.mesh.node)).rejects.toMatchObject({ reason: "self" });
  const { port } = a.mesh.node;
  await expect(a.mesh.connect(parseNodeName(`b@127.0.0.1:${port}`))).rejects.toBeInstanceOf(PeerRefusedError);
  await using b = await TestMesh.start("b", { peers: `dns:localhost:${port}, ${a.name}` });
  await b.isConnectedTo(a);
  await using c = await TestMesh.listen("c");
  expect(c.peers).toEqual([]);
});

test("a node is found by DNS, once, and itself among the addresses is no trouble", async () => {
  await using a = await TestMesh.start("a");
  await using b = await TestMesh.start("b", { peers: `dns:localhost:${a.mesh.node.port}` });
  await b.hears(`up ${a.name}`);
  expect(a.told).toEqual([`up ${b.name}`]);
});

test("[SD-67] [NODE-02] nodes that cannot work together are refused at the handshake, on both sides", async () => {
  await using a = await TestMesh.start("a", { compatibility: "1", version: "1.0" });
  await using b = await TestMesh.start("b", { compatibility: "2", version: "2.0" });
  await expect(b.mesh.connect(a.mesh.node)).rejects.toMatchObject({ reason: "incompatible" });
  await a.hears("refused incompatible");
  expect(a.mesh.refusedPeers[0]?.message).toBe(
    `${b.name} runs a release this one cannot work with (2 (2.0), not 1 (1.0))`,
  );
});

test("[C-27] [SD-51] a seed that is down at the start is joined when it comes, and again when it comes back", async () => {
  const port = await freePort();
  await using a = await TestMesh.start("a", { peers: `seed@127.0.0.1:${port}` });
  await a.hears("refused unreachable");
  const first = await TestMesh.start(`seed@127.0.0.1:${port}`);
  await a.hears(`up ${first.name}`);
  await first[Symbol.asyncDispose]();
  await a.hears(`left ${first.name}`);
  const before = a.told.length;
  await using again = await TestMesh.start(`seed@127.0.0.1:${port}`);
  await a.hears(`up ${again.name}`, undefined, before);
  expect(a.peers).toEqual([again.name]);
});

test("[HAZARD-17] a server with a certificate that is trusted, but without the cookie, is not let in", async () => {
  setDefaultCACertificates([TEST_CERTIFICATE.cert]);
  const server = createServer(TEST_CERTIFICATE, (socket) => socket.on("error", () => undefined));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const trusting = connectTls({ port, host: "127.0.0.1" });
  await once(trusting, "secureConnect");
  expect(trusting.authorized).toBe(true);
  trusting.destroy();

  await using a = await TestMesh.start("a");
  await expect(a.mesh.connect(parseNodeName(`b@127.0.0.1:${port}`))).rejects.toMatchObject({ reason: "wrong_cookie" });
  expect(a.peers).toEqual([]);
  server.close();
});

test("[C-30] [F.4-5] silent and babbling strangers neither stop a join nor stay", async () => {
  await using a = await TestMesh.start("a");
  const { port } = a.mesh.node;
  const strangers = Array.from({ length: 100 }, () => connect({ port, host: "127.0.0.1" }));
  const gone = strangers.map((socket) => closed(socket));
  for (const socket of strangers.slice(50)) socket.write(Buffer.alloc(200, Math.random().toString()));
  await using b = await TestMesh.start("b", { peers: a.name });
  await b.hears(`up ${a.name}`);
  await Promise.all(gone);
  expect(a.peers).toEqual([b.name]);
});

test("[F.4-6] [HAZARD-1] [HAZARD-7] garbage and a frame of a gibibyte from one who has the cookie cost the sender its connection only", async () => {
  await using a = await TestMesh.start("a");
  await using b = await TestMesh.start("b", { peers: a.name });
  await b.hears(`up ${a.name}`);
  const [key] = await deriveKeys([TEST_COOKIE]);
  for (const bytes of [encodeHeader(1, 1024 ** 3), Buffer.alloc(64), encodeHeader(99, 0), Buffer.from("nonsense")]) {
    const socket = connectTls({
      port: a.mesh.node.port,
      host: "127.0.0.1",
      minVersion: "TLSv1.3",
      ciphers: "TLS_AES_128_GCM_SHA256",
      checkServerIdentity: () => undefined,
      pskCallback: () => ({ psk: key?.key ?? Buffer.alloc(0), identity: `${key?.id}|x@h:1>${a.name}` }),
    });
    const gone = closed(socket);
    socket.once("secureConnect", () => socket.write(bytes));
    await gone;
  }
  expect(a.told.filter((line) => !line.startsWith("refused"))).toEqual([`up ${b.name}`]);
});

async function freePort(): Promise<number> {
  const mesh = await TestMesh.listen("probe");
  await mesh[Symbol.asyncDispose]();
  return mesh.mesh.node.port;
}

function closed(socket: Socket): Promise<unknown> {
  socket.on("error", () => undefined);
  socket.resume();
  return new Promise((resolve) => socket.once("close", resolve));
}
