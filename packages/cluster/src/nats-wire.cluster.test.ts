/** Who calls whom over NATS, and when the caller is let in. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "@nats-io/transport-node";
import { expect, test } from "vitest";
import { deriveKeys } from "./cookie.ts";
import { FRAME } from "./frame.ts";
import { type Hello, PROTOCOL_VERSION } from "./hello.ts";
import { MESH_TUNING, type MeshTuning } from "./mesh-options.ts";
import { NatsWire } from "./nats-wire.ts";
import { parseNodeName } from "./node-name.ts";
import type { PeerLink } from "./peer-link.ts";
import { TEST_COOKIE } from "./test-mesh.ts";
import { TestNats } from "./test-nats.ts";
import { until } from "./test-node.ts";
import { parseTransport } from "./transport.ts";
import type { Wire } from "./wire.ts";
import { MACHINE } from "./world.ts";

interface TestWire extends AsyncDisposable {
  readonly name: string;
  readonly wire: Wire;
  /** Links that were let in. */
  readonly welcomed: PeerLink[];
  /** Resolves with the link by which the other lets this one in. */
  readonly dial: (other: Pick<TestWire, "name">) => Promise<PeerLink>;
}

interface TestWireOptions extends Partial<MeshTuning> {
  /** Of the caller's first word. */
  readonly onWelcomed?: (link: PeerLink) => void;
}

/** Lets everybody in. */
async function listen(nats: TestNats, name: string, options: TestWireOptions = {}): Promise<TestWire> {
  const servers = parseTransport(nats.url);
  if (servers === undefined) throw new Error(`${nats.url} is no NATS server`);
  const [node, keys] = [parseNodeName(`${name}@127.0.0.1:1`), await deriveKeys([TEST_COOKIE])];
  const life = { protocol: PROTOCOL_VERSION, incarnation: `life of ${name}`, startedAtMs: 1, version: "" };
  const own: Hello = { ...life, name: node.full, compatibility: "", to: "" };
  const wire = new NatsWire({
    ...MESH_TUNING,
    handshakeMs: 60_000,
    ...options,
    world: MACHINE,
    servers,
    keys,
    onStatus: () => {},
    onFault: () => {},
  });
  const welcomed: PeerLink[] = [];
  await wire.listen(node, {
    judge: (_, welcome) => {
      welcome();
      return Promise.resolve(undefined);
    },
    own: () => own,
    onWelcomed: (link) => {
      welcomed.push(link);
      options.onWelcomed?.(link);
    },
    onRefused: () => {},
    onFound: () => {},
    onNameTaken: () => {},
  });
  wire.announce();
  const dial = async (other: Pick<TestWire, "name">) => {
    const [key] = keys;
    if (key === undefined) throw new Error("no key");
    const opened = Promise.withResolvers<PeerLink>();
    const hello = { ...own, to: other.name };
    const { signal } = new AbortController();
    await wire.dial({ host: "", port: 0, key, hello, signal, onHello: () => {}, onWelcome: opened.resolve });
    return opened.promise;
  };
  return { name: node.full, wire, welcomed, dial, [Symbol.asyncDispose]: () => wire.close() };
}

/** Somebody who listens to every name and says nothing. `asked`: resolves when one of them is called. */
async function listenSilently({ url }: TestNats) {
  const connection = await connect({ servers: url });
  const asked = Promise.withResolvers<void>();
  connection.subscribe(">", {
    callback: (_, { subject }) => {
      if (!subject.endsWith(".all")) asked.resolve();
    },
  });
  await connection.flush();
  return { asked: asked.promise, [Symbol.asyncDispose]: () => connection.close() };
}

test("a caller whose link is closed at its first word is asked no more", async () => {
  await using nats = await TestNats.start();
  await using a = await listen(nats, "a", { onWelcomed: (link) => link.close("there is a session already") });
  await using b = await listen(nats, "b");
  const link = await b.dial(a);
  link.sendJson(FRAME.peers, { names: [] });
  await until(() => !link.isOpen, "the end of the link");
  expect(a.welcomed).toHaveLength(1);
});

test("[F.4-13] [C-31] a caller that was welcomed is not called back before it has spoken, and is when it never does", async () => {
  await using nats = await TestNats.start();
  await using a = await listen(nats, "a", { handshakeMs: 1_000 });
  await using b = await listen(nats, "b");
  const link = await b.dial(a);
  await expect(a.dial(b)).rejects.toMatchObject({ reason: "already_connected" });
  await until(() => !link.isOpen, "the end of the link over which nothing was said");
  await expect(a.dial(b)).resolves.toMatchObject({ isOpen: true });
});

test("a caller that comes while the name is asked for is answered as soon as it is had", async () => {
  await using nats = await TestNats.start();
  await using a = await listen(nats, "a");
  // While it listens the name is asked for as long as the silence.
  await using silent = await listenSilently(nats);
  const starting = listen(nats, "b", { silenceMs: 500 });
  await silent.asked;
  const link = await a.dial({ name: "b@127.0.0.1:1" });
  await using b = await starting;
  link.sendJson(FRAME.peers, { names: [] });
  await until(() => b.welcomed.length === 1, "the caller's first word");
  expect(link.isOpen).toBe(true);
});

test("[HAZARD-6] a server that takes shorter messages than before makes frames shorter, and ends only a link that has a longer one", async () => {
  const folder = await mkdtemp(join(tmpdir(), "nats-"));
  const config = join(folder, "nats.conf");
  await writeFile(config, "max_payload: 100000\n");
  await using nats = await TestNats.start("-c", config);
  await using a = await listen(nats, "a");
  await using b = await listen(nats, "b");
  await using c = await listen(nats, "c");
  const [short, long] = [await b.dial(a), await b.dial(c)];
  const before = b.wire.bodyBytesMax;
  await writeFile(config, "max_payload: 50000\n");
  await nats.reload();
  await nats.retire();
  await until(() => b.wire.bodyBytesMax < before, "what the server says now");
  expect(b.wire.bodyBytesMax).toBe(before - 50_000);
  const heard: number[] = [];
  short.send(FRAME.packet, Buffer.alloc(1));
  await until(() => a.welcomed.length === 1, "the first word");
  for (const link of a.welcomed) link.onFrame = (_, body) => heard.push(body.length);
  short.send(FRAME.packet, Buffer.alloc(b.wire.bodyBytesMax));
  const reason = new Promise((resolve) => {
    long.onClose = resolve;
  });
  long.send(FRAME.packet, Buffer.alloc(b.wire.bodyBytesMax + 1));
  expect(await reason).toBe("a frame is longer than what the NATS server takes now");
  await until(() => heard.length === 1, "the longest frame");
  expect(heard).toEqual([b.wire.bodyBytesMax]);
  expect(short.isOpen).toBe(true);
  await rm(folder, { recursive: true });
});

test("who is called while the server takes no message as long as a hello is said to be unreachable, at once", async () => {
  const folder = await mkdtemp(join(tmpdir(), "nats-"));
  const config = join(folder, "nats.conf");
  await writeFile(config, "max_payload: 100000\n");
  await using nats = await TestNats.start("-c", config);
  await using a = await listen(nats, "a");
  await using b = await listen(nats, "b");
  const before = b.wire.bodyBytesMax;
  await writeFile(config, "max_payload: 100\n");
  await nats.reload();
  await nats.retire();
  await until(() => b.wire.bodyBytesMax < before, "what the server says now");
  await expect(b.dial(a)).rejects.toThrow("takes no message as long as a hello");
  await rm(folder, { recursive: true });
});

test("a hello that waits for its answer while the server goes away is given up, so that the other may call as soon as it is back", async () => {
  await using nats = await TestNats.start();
  await using a = await listen(nats, "a");
  await using silent = await listenSilently(nats);
  const dialling = a.dial({ name: "b@127.0.0.1:1" });
  dialling.catch(() => undefined);
  await silent.asked;
  await nats.kill();
  await expect(dialling).rejects.toThrow("the NATS server is away");
  await expect(dialling).rejects.toMatchObject({ reason: "unreachable" });
});
