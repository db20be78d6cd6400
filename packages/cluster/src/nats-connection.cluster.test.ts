/** One connection to a NATS server, without nodes. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "@nats-io/transport-node";
import { expect, test } from "vitest";
import { type NatsConnectionOptions, NatsServerConnection } from "./nats-connection.ts";
import { TestNats } from "./test-nats.ts";
import { until } from "./test-node.ts";
import { parseTransport } from "./transport.ts";

const SUBJECT = "mesher.test";

/** Listens to `SUBJECT`. */
async function open(
  url: string,
  options: Partial<NatsConnectionOptions> = {},
): Promise<AsyncDisposable & { readonly connection: NatsServerConnection }> {
  const servers = parseTransport(url);
  if (servers === undefined) throw new Error(`${url} is no NATS server`);
  const connection = new NatsServerConnection({
    servers,
    subjects: [SUBJECT],
    attemptMs: 60_000,
    silenceMs: 60_000,
    onMessage: () => {},
    onFault: () => {},
    onConnected: () => {},
    onAway: () => {},
    ...options,
  });
  await connection.start();
  return { connection, [Symbol.asyncDispose]: () => connection.stop() };
}

test("what a listener throws is told as a fault, and the next message is heard all the same", async () => {
  await using nats = await TestNats.start();
  const [heard, faults]: [string[], unknown[]] = [[], []];
  await using listening = await open(nats.url, {
    onMessage: (_, body) => {
      heard.push(body.toString());
      if (body.toString() === "first") throw new Error("not this one");
    },
    onFault: (error) => faults.push(error),
  });
  await listening.connection.flush();
  const sender = await connect({ servers: nats.url });
  for (const body of ["first", "second"]) sender.publish(SUBJECT, body);
  await until(() => heard.length === 2, "both");
  expect(heard).toEqual(["first", "second"]);
  expect(faults).toEqual([new Error("not this one")]);
  await sender.close();
});

test("a server that takes shorter messages than before is believed, and what is longer is not sent", async () => {
  const folder = await mkdtemp(join(tmpdir(), "nats-"));
  const config = join(folder, "nats.conf");
  await writeFile(config, "max_payload: 1000\n");
  await using nats = await TestNats.start("-c", config);
  const aways: string[] = [];
  const heard: number[] = [];
  await using listening = await open(nats.url, { onMessage: (_, body) => heard.push(body.length) });
  await listening.connection.flush();
  await using sending = await open(nats.url, { subjects: [], onAway: (reason) => aways.push(reason) });
  const { connection } = sending;
  expect(connection.publish(SUBJECT, Buffer.alloc(1_000))).toBe(true);
  await connection.flush();
  await writeFile(config, "max_payload: 500\n");
  await nats.reload();
  await nats.retire();
  await until(() => connection.messageBytesMax === 500, "what the server says now");
  expect(connection.publish(SUBJECT, Buffer.alloc(501))).toBe(false);
  expect(connection.publish(SUBJECT, Buffer.alloc(500))).toBe(true);
  await until(() => heard.length === 2, "what was sent");
  expect(heard).toEqual([1_000, 500]);
  expect(aways).toEqual([]);
  await nats.kill();
  await until(() => !connection.isConnected, "the loss");
  expect(connection.messageBytesMax).toBe(500);
  await rm(folder, { recursive: true });
});

test("a server that lets in and sends away at once is tried ever more rarely", async () => {
  const folder = await mkdtemp(join(tmpdir(), "nats-"));
  const config = join(folder, "nats.conf");
  const rights = '{ publish: "mesher.>", subscribe: "other.>" }';
  await writeFile(config, `authorization { users: [{ user: a, password: b, permissions: ${rights} }] }\n`);
  await using nats = await TestNats.start("-c", config);
  const connectedAtMs: number[] = [];
  const reasons: string[] = [];
  await using stack = new AsyncDisposableStack();
  const onConnected = () => connectedAtMs.push(performance.now());
  stack.use(await open(nats.url.replace("//", "//a:b@"), { onConnected, onAway: (reason) => reasons.push(reason) }));
  await until(() => connectedAtMs.length === 5, "five attempts");
  const [fourth = 0, fifth = 0] = connectedAtMs.slice(3);
  // 0.1 s, three times doubled, shortened by half at most; a timer may be a millisecond early.
  expect(fifth - fourth).toBeGreaterThan(398);
  expect(reasons[0]).toContain("Permissions Violation for Subscription");
  await rm(folder, { recursive: true });
});
