import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setDefaultCACertificates } from "node:tls";
import { connect, headers } from "@nats-io/transport-node";
import { expect, test } from "vitest";
import { TEST_CERTIFICATE } from "./test-certificate.ts";
import { TEST_COOKIE } from "./test-mesh.ts";
import { TestNats } from "./test-nats.ts";
import { startTestNode, startTestNodes, TEST_TUNING, type TestNode, until } from "./test-node.ts";
import { forkTestNode } from "./test-transports.ts";
import type { TransportStatus } from "./wire.ts";

const OTHER_COOKIE = "a cookie that is different";

const startOver = (stack: AsyncDisposableStack, { url }: TestNats, ...names: readonly string[]) =>
  startTestNodes(stack, names, () => ({ transport: url }));

const natsOf = ({ node }: TestNode) => {
  const { transport } = node.status();
  if (transport.kind !== "nats") throw new Error(`its transport is ${transport.kind}`);
  return transport;
};

const downsOf = ({ changes }: TestNode) => changes.filter(({ kind }) => kind === "down");

test("nodes that know nobody find each other, and their status says what carries them", async () => {
  await using nats = await TestNats.start();
  await using stack = new AsyncDisposableStack();
  const nodes = await startOver(stack, nats, "a", "b", "c", "d", "e");
  for (const each of nodes) {
    expect(natsOf(each)).toMatchObject({ server: nats.url, status: "connected" });
    expect(each.node.status()).toMatchObject({ refused: [], unreached: [] });
    expect(downsOf(each)).toEqual([]);
  }
});

test("[HAZARD-11] [SD-33] a second node of a name is refused at its start, and the first lives on and nobody notices", async () => {
  await using nats = await TestNats.start();
  await using stack = new AsyncDisposableStack();
  const [a, b] = (await startOver(stack, nats, "a", "b")) as [TestNode, TestNode];
  await expect(forkTestNode("", nats.url, a.node.self)).rejects.toThrow("has a name by which another node lives");
  expect(a.node.status().refused).toMatchObject([{ peer: a.node.self, reason: "name_in_use", side: "called" }]);
  expect([...a.changes, ...b.changes].map(({ kind }) => kind)).toEqual(["up", "up"]);
  expect(await b.node.call({ name: "x", node: a.node.self }, 1).catch((error: unknown) => error)).toMatchObject({
    reason: "no_process",
  });
});

test("[HAZARD-11] of three that start at once by one name, exactly one does, and the others say that the name is taken", async () => {
  await using nats = await TestNats.start();
  for (let round = 0; round < 2; round += 1) {
    const name = `same@127.0.0.1:${round + 1}`;
    // It holds as long as none of them stands still for the silence: that would be a death, also to those who ask for its name.
    const silenceMs = 20_000;
    const children = await Promise.allSettled([1, 2, 3].map(() => forkTestNode("", nats.url, name, silenceMs)));
    const started = children.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    expect(started).toHaveLength(1);
    for (const child of children)
      if (child.status === "rejected") expect(String(child.reason)).toContain("a name by which another node lives");
    for (const child of started) child.kill("SIGKILL");
  }
});

test("[C-27] a server that is away at the start, or goes away, is tried for ever, and then the cluster is whole again", async () => {
  await using nats = await TestNats.start();
  await nats.kill();
  await using stack = new AsyncDisposableStack();
  const nodes: TestNode[] = [];
  for (const name of ["a", "b"]) nodes.push(stack.use(await startTestNode(name, { transport: nats.url })));
  const [a, b] = nodes as [TestNode, TestNode];
  const isWhole = () => until(() => nodes.every(({ node }) => node.list().length === 1), "the cluster");
  expect(natsOf(a)).toMatchObject({ status: "away", reason: "connection refused" });
  await nats.startAgain();
  await isWhole();
  expect(natsOf(a).status).toBe("connected");
  const address = a.node.open((message) => message);
  await a.node.names.register("name", address);

  await nats.kill();
  await until(() => nodes.every(({ node }) => node.list().length === 0), "the silence");
  await expect(b.node.call(address, 1)).rejects.toMatchObject({ reason: "not_connected" });
  expect(natsOf(b).status).toBe("away");
  await nats.startAgain();
  await isWhole();
  expect(await b.node.call(address, 1)).toBe(1);
  await until(() => b.node.names.whereis("name") !== undefined, "the name");
  for (const each of nodes) expect(downsOf(each)).toHaveLength(1);
});

test("a node that starts while another of its name is away with the server keeps away when both are back", async () => {
  await using nats = await TestNats.start();
  await using stack = new AsyncDisposableStack();
  const first = stack.use(await startTestNode("same@127.0.0.1:1", { transport: nats.url }));
  await nats.kill();
  await until(() => natsOf(first).status === "away", "the loss");
  const second = await forkTestNode("", nats.url, first.node.self);
  await nats.startAgain();
  await until(() => natsOf(first).status === "connected", "the first");
  const statusOf = async () => {
    second.send("tell");
    const [{ transport }] = (await once(second, "message")) as [{ transport: TransportStatus }];
    return transport;
  };
  let told = await statusOf();
  while (told.kind !== "nats" || told.status === "away") told = await statusOf();
  expect(told.status).toBe("refused");
  second.kill("SIGKILL");
});

test("[HAZARD-13] [SD-45] a frozen server is noticed, and when it thaws all find each other; a thawed node takes nobody for dead", async () => {
  await using nats = await TestNats.start();
  await using stack = new AsyncDisposableStack();
  const [a, b] = (await startOver(stack, nats, "a", "b")) as [TestNode, TestNode];
  nats.freeze();
  await until(() => a.node.list().length === 0 && b.node.list().length === 0, "the silence");
  await until(() => natsOf(a).status === "away", "the loss of the server");
  nats.thaw();
  await until(() => a.node.list().length === 1 && b.node.list().length === 1, "each other");

  const child = await forkTestNode(a.node.self, nats.url);
  await until(() => b.node.list().length === 2, "the child");
  const name = b.node.list().find((each) => each.startsWith("child")) ?? "";
  child.kill("SIGSTOP");
  await until(() => a.node.list().length === 1 && b.node.list().length === 1, "the silence of the child");
  child.kill("SIGCONT");
  await until(() => a.node.list().includes(name) && b.node.list().includes(name), "the child");
  child.send("tell");
  const [{ changes }] = (await once(child, "message")) as [{ changes: TestNode["changes"] }];
  expect(changes.filter(({ reason }) => reason?.startsWith("silent"))).toEqual([]);
  child.kill("SIGKILL");
});

test("[HAZARD-11] who takes the name of a frozen node keeps it, and the thawed one keeps away", async () => {
  await using nats = await TestNats.start();
  await using a = await startTestNode("a", { transport: nats.url });
  const name = "same@127.0.0.1:1";
  const first = await forkTestNode(a.node.self, nats.url, name);
  first.kill("SIGSTOP");
  await until(() => a.node.list().length === 0, "the silence");
  await using second = await startTestNode(name, { transport: nats.url });
  await until(() => a.node.list().length === 1, "the second");
  first.kill("SIGCONT");
  const statusOf = async () => {
    first.send("tell");
    const [{ transport }] = (await once(first, "message")) as [{ transport: TransportStatus }];
    return transport.kind === "nats" ? transport.status : undefined;
  };
  while ((await statusOf()) !== "refused") await new Promise(setImmediate);
  expect(a.node.status().peers).toMatchObject([{ name, status: "alive", incarnation: second.node.incarnation }]);
  expect(natsOf(second).status).toBe("connected");
  expect(downsOf(second)).toEqual([]);
  first.kill("SIGKILL");
});

test("[NODE-04] nodes of another cookie at the same server are another cluster; a cookie is changed node by node", async () => {
  await using nats = await TestNats.start();
  await using stack = new AsyncDisposableStack();
  const start = async (name: string, cookie: string) =>
    stack.use(await startTestNode(name, { transport: nats.url, cookie }));
  const old = await start("old", TEST_COOKIE);
  const fresh = await start("fresh", OTHER_COOKIE);
  await expect(fresh.node.connect(old.node.self)).rejects.toMatchObject({ reason: "unreachable" });
  await expect(fresh.node.connect(old.node.self)).rejects.toThrow("knows no node of this name and cookie");
  const both = await start("both", `${OTHER_COOKIE}, ${TEST_COOKIE}`);
  await until(() => both.node.list().length === 2, "both sides");
  await until(() => [old, fresh].every(({ node }) => node.list().length > 0), "the one between them");
  expect([old.node.list(), fresh.node.list()]).toEqual([[both.node.self], [both.node.self]]);
  await old.node.connect(both.node.self);
});

test("[NODE-03] nothing that nodes say can be read at the server, not even their names", async () => {
  await using nats = await TestNats.start();
  const tap = await connect({ servers: nats.url });
  const wire: string[] = [];
  tap.subscribe(">", {
    callback: (_error, { subject, reply, data }) => {
      wire.push(`${subject} ${reply} ${Buffer.from(data).toString("latin1")}`);
    },
  });
  await tap.flush();
  await using stack = new AsyncDisposableStack();
  const [a, b] = (await startOver(stack, nats, "a-name-to-hide", "b")) as [TestNode, TestNode];
  const address = a.node.open((message) => message);
  expect(await b.node.call(address, "a word that must stay between us")).toBe("a word that must stay between us");
  await until(() => wire.length > 20, "letters");
  const seen = wire.join("\n");
  const secrets = ["stay between us", "a-name-to-hide", "127.0.0.1", "mesher.request", TEST_COOKIE, a.node.incarnation];
  for (const secret of secrets) expect(seen).not.toContain(secret);
  await tap.close();
});

test("[HAZARD-11] what is forged or played again at the server is dropped and counted, and nobody notices", async () => {
  await using nats = await TestNats.start();
  const tap = await connect({ servers: nats.url, noEcho: true });
  const heard: { subject: string; reply: string; data: Uint8Array }[] = [];
  tap.subscribe(">", {
    callback: (_error, { subject, reply = "", data }) => {
      heard.push({ subject, reply, data: Uint8Array.from(data) });
    },
  });
  await tap.flush();
  await using stack = new AsyncDisposableStack();
  const nodes = (await startOver(stack, nats, "a", "b")) as [TestNode, TestNode];
  const [a, b] = nodes;
  const calls: unknown[] = [];
  const address = a.node.open((message) => calls.push(message));
  await b.node.call(address, "once");
  await until(() => heard.length > 20, "letters");

  const nobody = headers(503, "No Responders");
  for (const { subject, reply, data } of heard.slice()) {
    tap.publish(subject, data, reply === "" ? {} : { reply });
    tap.publish(subject, Uint8Array.from(data.toReversed()));
    const last = data.length - 1;
    tap.publish(subject, data.with(last, (data[last] ?? 0) ^ 1));
    if (reply !== "") tap.publish(reply, new Uint8Array(), { headers: nobody });
  }
  await tap.flush();
  const refused = () => nodes.map((each) => natsOf(each).refusedMessages);
  await until(() => refused().every(({ forged, replayed }) => forged > 10 && replayed > 2), "the refusals");
  const { silenceMs } = TEST_TUNING;
  await until(() => nodes.every(({ node }) => node.status().peers[0]?.status === "alive"), "both");
  const beganMs = performance.now();
  await until(() => performance.now() - beganMs > silenceMs, "what a doubt would come to");
  expect(await b.node.call(address, "twice")).toBe(2);
  expect(calls).toEqual(["once", "twice"]);
  for (const each of nodes) expect(downsOf(each)).toEqual([]);
  await tap.close();
});

test("[HAZARD-11] a message whose headers cannot be read is dropped and counted, and nobody notices", async () => {
  await using nats = await TestNats.start();
  const tap = await connect({ servers: nats.url });
  const subjects = new Set<string>();
  tap.subscribe(">", {
    callback: (_error, { subject }) => {
      subjects.add(subject);
    },
  });
  await tap.flush();
  await using stack = new AsyncDisposableStack();
  const nodes = (await startOver(stack, nats, "a", "b")) as [TestNode, TestNode];
  const [a, b] = nodes;
  await until(() => subjects.size > 4, "subjects to which nodes listen");

  const heads = ["NATS/1.0\r\nbad key: x\r\n\r\n", "NATS/1.0\r\n: x\r\n\r\n", "neither\r\n\r\n"];
  const bodies = ["", "\x01 of nobody", `\x02${"x".repeat(60)}`];
  await publishRaw(nats, [...subjects], heads, bodies);
  const forged = () => nodes.map((each) => natsOf(each).refusedMessages.forged);
  await until(() => forged().every((count) => count > heads.length), "the refusals");
  const address = a.node.open((message) => message);
  expect(await b.node.call(address, "still heard")).toBe("still heard");
  for (const each of nodes) expect(downsOf(each)).toEqual([]);
  await tap.close();
});

/** Each body under each header block to each subject: by hand, since no client writes headers that cannot be read. */
async function publishRaw(
  { port }: TestNats,
  subjects: readonly string[],
  heads: readonly string[],
  bodies: readonly string[],
): Promise<void> {
  const messages = subjects.flatMap((subject) =>
    heads.flatMap((head) =>
      bodies.map((body) => `HPUB ${subject} ${head.length} ${head.length + body.length}\r\n${head}${body}\r\n`),
    ),
  );
  const socket = createConnection(port, "127.0.0.1");
  let answer = "";
  socket.on("data", (chunk: Buffer) => {
    answer += chunk.toString();
  });
  const hello = 'CONNECT {"verbose":false,"headers":true,"no_responders":true}\r\n';
  socket.write(`${hello}${messages.join("")}PING\r\n`);
  await until(() => answer.includes("PONG"), "the server to have it all");
  socket.destroy();
}

test("[HAZARD-6] a message longer than the server takes is an error of its sender that says how long it may be", async () => {
  const folder = await mkdtemp(join(tmpdir(), "nats-"));
  const config = join(folder, "nats.conf");
  await writeFile(config, "max_payload: 100000\n");
  await using nats = await TestNats.start("-c", config);
  await using stack = new AsyncDisposableStack();
  const [a, b] = (await startOver(stack, nats, "a", "b")) as [TestNode, TestNode];
  const address = a.node.open((message) => String(message).length);
  const error = await b.node.call(address, "x".repeat(100_000)).catch((cause: unknown) => cause);
  expect(error).toMatchObject({ reason: "too_long" });
  expect(String(error)).toMatch(/\d+ bytes, 99\d{3} at most/);
  expect(await b.node.call(address, "x".repeat(90_000))).toBe(90_000);
  for (const each of [a, b]) expect(downsOf(each)).toEqual([]);
  await rm(folder, { recursive: true });
});

test("a server that wants a password is told it, a wrong one is said in the status, and no password is ever shown", async () => {
  await using nats = await TestNats.start("--user", "mesher", "--pass", "hunter2");
  const at = (login: string) => `nats://${login}@127.0.0.1:${nats.port}`;
  await using right = await startTestNode("right", { transport: at("mesher:hunter2") });
  await using wrong = await startTestNode("wrong", { transport: at("mesher:hunter3") });
  expect(natsOf(right)).toMatchObject({ status: "connected", server: nats.url });
  expect(natsOf(wrong)).toMatchObject({ status: "away", reason: "Authorization Violation" });
  expect(JSON.stringify([right.logged, wrong.logged, right.node.status(), wrong.node.status()])).not.toContain(
    "hunter",
  );
});

test("tls:// is encrypted up to the server, whose certificate has to be trusted", async () => {
  const folder = await mkdtemp(join(tmpdir(), "nats-"));
  const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  await writeFile(cert, TEST_CERTIFICATE.cert);
  await writeFile(key, TEST_CERTIFICATE.key);
  await using nats = await TestNats.start("--tls", "--tlscert", cert, "--tlskey", key);
  const transport = `tls://127.0.0.1:${nats.port}`;
  await using untrusting = await startTestNode("untrusting", { transport });
  expect(natsOf(untrusting)).toMatchObject({ status: "away", reason: expect.stringContaining("self-signed") });
  setDefaultCACertificates([TEST_CERTIFICATE.cert]);
  await using a = await startTestNode("a", { transport });
  await using b = await startTestNode("b", { transport });
  await until(() => a.node.list().length >= 1 && b.node.list().length >= 1, "each other");
  await rm(folder, { recursive: true });
});
