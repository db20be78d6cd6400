/** Servers that reach each other through a NATS server only: nobody is told of a peer, and all is as over the mesh. */
import { randomBytes } from "node:crypto";
import { TestNats } from "@mesher/cluster/testing";
import type { ApiCluster } from "@mesher/protocol";
import { expect, test } from "vitest";
import { BlackholeProxy } from "../src/blackhole-proxy.ts";
import { type TestDatabase, testDatabase } from "../src/database.ts";
import { newEventId, sendEvent } from "../src/send.ts";
import { ServerCluster } from "../src/server-cluster.ts";
import type { ServerProcess } from "../src/server-process.ts";
import { StreamClient } from "../src/stream-client.ts";
import { waitUntil } from "../src/wait-until.ts";

/** A few of them are longer than a message of NATS may be, so that their copy travels in parts that are as long as they get. */
const LONG_TEXT_BYTES = 400_000;

const clusterOf = (server: ServerProcess) => server.get<ApiCluster>("/api/v1/cluster");

/** Servers, their NATS server, and a database that can be cut off, so that what is accepted waits. */
async function setUp(count: number, env: Readonly<Record<string, string>> = {}) {
  await using stack = new AsyncDisposableStack();
  const nats = stack.use(await TestNats.start());
  const db = stack.use(await testDatabase());
  const proxy = stack.use(await BlackholeProxy.inFrontOf(db.url));
  const cluster = stack.use(await ServerCluster.start(count, { databaseUrl: proxy.url, transport: nats.url, env }));
  if (count > 1) await copied(cluster);
  const [first, ...others] = cluster.nodes;
  if (first === undefined) throw new Error("there is no node");
  const all = stack.move();
  return { nats, db, proxy, cluster, first, others, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** Waits until every node's journal has its copy. */
async function copied({ nodes }: ServerCluster): Promise<void> {
  for (const server of nodes)
    await waitUntil("a copy of the journal", async () => {
      const { replication } = await clusterOf(server);
      return replication.state === "complete";
    });
}

async function send(server: ServerProcess, extra: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const event_id = newEventId();
  const response = await sendEvent(server.dsn, { event_id, message: "Payment failed", level: "error", ...extra });
  await response.arrayBuffer();
  expect(response.status).toBe(200);
  return event_id;
}

/** Text that no compression makes shorter. */
const longText = (bytes = LONG_TEXT_BYTES) => ({ extra: { blob: randomBytes(bytes).toString("base64") } });

async function storedIds({ database }: TestDatabase): Promise<string[]> {
  const { rows } = await database.query<{ id: string }>({
    text: "select replace(event_id::text, '-', '') as id from events",
  });
  return rows.map(({ id }) => id).sort();
}

/** Waits until so many are stored, and gives back which. */
async function storedOf(db: TestDatabase, ids: readonly string[]): Promise<string[]> {
  await waitUntil(`${ids.length} events`, async () => (await storedIds(db)).length >= ids.length);
  return storedIds(db);
}

/** How often a message was longer than NATS takes. */
async function tooLong(server: ServerProcess): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  return Number(/^mesher_cluster_call_failures_total{reason="too_long"} (\d+)$/m.exec(text)?.[1] ?? 0);
}

const sorted = (names: ApiCluster["names"]) => names.toSorted((a, b) => a.name.localeCompare(b.name));

const streamOf = (server: ServerProcess) =>
  StreamClient.open(`${server.url.replace("http", "ws")}/ws/stream/projects/default`, {
    authorization: `Bearer ${server.token}`,
  });

test("servers that know a NATS server and no peer are one cluster: names, leader and streams are the same on all", async () => {
  await using line = await setUp(3);
  const { names, nodes } = line.cluster;
  const views = await waitUntil("all to know all names", async () => {
    const seen = await Promise.all(nodes.map(clusterOf));
    return seen.every((view) => view.names.length === names.length + 1) ? seen : undefined;
  });
  for (const view of views) {
    expect(sorted(view.names)).toEqual(sorted(views[0]?.names ?? []));
    expect(view.leader).toBe(views[0]?.leader);
    expect(view.transport).toMatchObject({
      kind: "nats",
      server: line.nats.url,
      status: "connected",
      reason: null,
      refused_messages: { forged: 0, replayed: 0 },
    });
  }
  expect(names).toContain(views[0]?.leader);

  await using clients = new AsyncDisposableStack();
  const listeners = await Promise.all(nodes.map(async (node) => clients.use(await streamOf(node))));
  const ids = [await send(line.first), await send(line.first)].sort();
  for (const listener of listeners) {
    await waitUntil("every event to be heard", async () => listener.eventIds.length >= ids.length);
    expect(listener.eventIds.toSorted()).toEqual(ids);
  }
  expect(await storedOf(line.db, ids)).toEqual(ids);
});

test("over NATS the loss of a node and its disk loses nothing that it answered for, however long the events", async () => {
  await using line = await setUp(3);
  line.proxy.cut();
  const ids: string[] = [];
  for (let n = 0; n < 20; n += 1) ids.push(await send(line.first));
  // At once, so that they are written together.
  ids.push(...(await Promise.all(Array.from({ length: 4 }, () => send(line.first, longText())))));
  // The API asks the database who may see it; these figures do not.
  expect(await line.first.metric("mesher_journal_copies")).toBe(1);
  expect(await tooLong(line.first)).toBe(0);
  await line.first.kill();
  line.proxy.heal();
  await line.cluster.restart(0, { emptyDisk: true });
  expect(await storedOf(line.db, ids)).toEqual(ids.sort());
});

test("over NATS a peer stores what an overloaded node cannot, in batches as long as they get", async () => {
  await using line = await setUp(1, { MESHER_RATE_LIMIT_MAX_EVENTS: "1000000", MESHER_OFFLOAD_EVENTS: "50" });
  // Its own way to the database stays open.
  const peer = await line.cluster.add({ DATABASE_URL: line.db.url });
  await line.cluster.formed();
  line.proxy.cut();
  const ids: string[] = [];
  const stopping = new AbortController();
  const client = async () => {
    while (!stopping.signal.aborted) ids.push(await send(line.first, longText(15_000)));
  };
  const clients = Promise.all([client(), client()]);
  try {
    const helping = await waitUntil("the peer to have stored events of the other", async () => {
      const [helped] = (await clusterOf(peer)).offload.helping;
      return helped !== undefined && helped.events >= 100 ? helped : undefined;
    });
    expect(helping.node).toBe(line.cluster.names[0]);
  } finally {
    stopping.abort();
    await clients;
  }
  expect(await tooLong(line.first)).toBe(0);
  line.proxy.heal();
  expect(await storedOf(line.db, ids)).toEqual(ids.sort());
}, 240_000);

test("while NATS is away every server accepts and says so; when it is back everything is whole again", async () => {
  await using line = await setUp(3, { MESHER_HEARTBEAT_TIMEOUT_MS: "2000" });
  const { nodes, names } = line.cluster;
  await line.nats.kill();
  await waitUntil("all to see that it is away", async () =>
    (await Promise.all(nodes.map((node) => node.metric("mesher_cluster_transport_up")))).every((up) => up === 0),
  );
  await waitUntil("all to be alone", async () =>
    (await Promise.all(nodes.map((node) => node.metric("mesher_cluster_nodes_alive")))).every((alive) => alive === 1),
  );
  const ids = await Promise.all(nodes.map((node) => send(node)));
  const { transport, replication } = await clusterOf(line.first);
  expect(transport).toMatchObject({ kind: "nats", status: "away", reason: expect.stringMatching(/\w/) });
  expect(replication.state).toBe("degraded");

  await line.nats.startAgain();
  await line.cluster.formed(60_000);
  await copied(line.cluster);
  await waitUntil("one leader, and all names", async () => {
    const views = await Promise.all(nodes.map(clusterOf));
    const leaders = new Set(views.map(({ leader }) => leader));
    return leaders.size === 1 && views.every((view) => view.names.length === names.length + 1);
  });
  await using listener = await streamOf(line.others[1] ?? line.first);
  ids.push(await send(line.first));
  await waitUntil("the event to be heard elsewhere", async () => listener.eventIds.includes(ids.at(-1) ?? ""));
  expect(await storedOf(line.db, ids)).toEqual(ids.sort());
});
