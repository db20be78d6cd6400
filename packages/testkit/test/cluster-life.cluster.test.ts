/** Three servers at work: what one accepts all have, whichever is asked, and whichever is lost. */
import type { ApiCluster, ApiEventDetail, ApiIssue, ApiPage } from "@mesher/protocol";
import { expect, test } from "vitest";
import { Balancer } from "../src/balancer.ts";
import { BlackholeProxy } from "../src/blackhole-proxy.ts";
import { type TestDatabase, testDatabase } from "../src/database.ts";
import { newEventId, sendEvent } from "../src/send.ts";
import { ServerCluster, TEST_COOKIE, testServerCluster } from "../src/server-cluster.ts";
import { ServerProcess } from "../src/server-process.ts";
import { StreamClient } from "../src/stream-client.ts";
import { waitUntil } from "../src/wait-until.ts";
import { isListening } from "./is-listening.ts";

const clusterOf = (server: ServerProcess) => server.get<ApiCluster>("/api/v1/cluster");
const MESSAGE = "Payment failed";

async function send(server: ServerProcess, event_id = newEventId()): Promise<string> {
  const response = await sendEvent(server.dsn, { event_id, message: MESSAGE, level: "error" });
  await response.arrayBuffer();
  expect(response.status).toBe(200);
  return event_id;
}

async function storedIds({ database }: Pick<TestDatabase, "database">): Promise<string[]> {
  const { rows } = await database.query<{ id: string }>({
    text: "select replace(event_id::text, '-', '') as id from events",
  });
  return rows.map(({ id }) => id).sort();
}

const stored = (database: Pick<TestDatabase, "database">, ids: readonly string[]) =>
  waitUntil(`${ids.length} events to be stored`, async () => (await storedIds(database)).length >= ids.length);

test("[SD-65] [SD-63] [SD-32] [SD-34] [SD-49] [CLUSTER-01] what any node accepts is stored once, seen once by every client, and read from any", async () => {
  await using formed = await testServerCluster(3);
  const { nodes, names } = formed.cluster;
  await using clients = new AsyncDisposableStack();
  const listeners = await Promise.all(
    nodes.map(async (node) =>
      clients.use(
        await StreamClient.open(`${node.url.replace("http", "ws")}/ws/stream/projects/default`, {
          authorization: `Bearer ${node.token}`,
        }),
      ),
    ),
  );
  const ids = (await Promise.all(nodes.flatMap((node) => Array.from({ length: 20 }, () => send(node))))).sort();
  await stored(formed, ids);
  expect(await storedIds(formed)).toEqual(ids);
  for (const listener of listeners) {
    await waitUntil("every event to be heard", async () => listener.eventIds.length >= ids.length);
    expect(listener.eventIds.toSorted()).toEqual(ids);
  }
  const { data } = (await nodes[2]?.get<ApiPage<ApiIssue>>("/api/v1/projects/default/issues")) ?? { data: [] };
  expect(data.map(({ event_count }) => event_count)).toEqual([ids.length]);
  const [project] = (await nodes[0]?.get<{ id: string }[]>("/api/v1/projects")) ?? [];
  for (const node of nodes) {
    const { event } = await node.get<ApiEventDetail>(`/api/v1/events/${ids[0]}`);
    expect(event.project_id).toBe(project?.id);
  }
  // The seed goes and comes back; the mesh is whole again, and its registry known anew.
  const before = (await clusterOf(nodes[1] ?? nodes[0]!)).nodes.find(({ name }) => name === names[0])?.incarnation;
  await formed.cluster.nodes[0]?.kill();
  await formed.cluster.restart(0);
  await formed.cluster.formed();
  const after = await waitUntil("the new registry", async () => {
    const view = await clusterOf(nodes[1] ?? nodes[0]!);
    return view.names.some(({ name, node }) => name === `mesher_registry@${names[0]}` && node === names[0])
      ? view
      : undefined;
  });
  expect(after.nodes.find(({ name }) => name === names[0])?.incarnation).not.toBe(before);
});

test("[SD-30] [SD-40] whichever node is lost, the others accept, and it is one of them again when it is back", async () => {
  await using formed = await testServerCluster(3);
  const { cluster } = formed;
  const ids: string[] = [];
  for (const lost of [0, 1, 2]) {
    await cluster.nodes[lost]?.kill();
    for (const [index, node] of cluster.nodes.entries()) if (index !== lost) ids.push(await send(node));
    await cluster.restart(lost);
    await cluster.formed();
    const back = cluster.nodes[lost];
    if (back === undefined) throw new Error("it is not back");
    ids.push(await send(back));
  }
  await stored(formed, ids);
  expect(await storedIds(formed)).toEqual(ids.sort());
});

test("[SD-06] [SD-42] [SD-48] without a database nothing listens; with one the node is there before HTTP", async () => {
  const name = "early@127.0.0.1:19377";
  const starting = ServerProcess.start({
    databaseUrl: "postgresql://nobody:wrong@127.0.0.1:1/none",
    port: 19_378,
    env: { MESHER_NODE_NAME: name, MESHER_COOKIE: TEST_COOKIE, MESHER_DATABASE_WAIT_SECONDS: "3" },
  });
  const seen = new Set<boolean>();
  const looking = setInterval(() => {
    for (const port of [19_377, 19_378]) void isListening(port).then((is) => seen.add(is));
  }, 50);
  await expect(starting).rejects.toThrow("did not answer");
  clearInterval(looking);
  expect([...seen]).toEqual([false]);

  await using formed = await testServerCluster(1);
  const output = formed.cluster.nodes[0]?.output ?? "";
  const order = ["Node started", "Services registered globally", "HTTP server starting on"].map((line) =>
    output.indexOf(line),
  );
  expect(order.every((at) => at >= 0)).toBe(true);
  expect(order).toEqual(order.toSorted((a, b) => a - b));
});

test("[SD-08] a peer that is reached and one that is not are logged, with name and reason", async () => {
  await using formed = await testServerCluster(1);
  const hopeful = await formed.cluster.add({ MESHER_PEERS: `${formed.cluster.names[0]},nobody@127.0.0.1:1` });
  await waitUntil(
    "both lines",
    async () => /Connected to peer: mesher1@/.test(hopeful.output) && /nobody@127\.0\.0\.1:1/.test(hopeful.output),
  );
  expect(hopeful.output).toMatch(/Failed to connect to peer: nobody@127\.0\.0\.1:1.*ECONNREFUSED/);
});

test("[SD-28] a node's health never depends on its peers", async () => {
  await using formed = await testServerCluster(2);
  const [first, second] = formed.cluster.nodes;
  if (first === undefined || second === undefined) throw new Error("there are no two nodes");
  second.process.kill("SIGSTOP");
  try {
    for (const path of ["/healthz", "/readyz"]) expect((await fetch(first.url + path)).status).toBe(200);
  } finally {
    second.process.kill("SIGCONT");
  }
  await second.kill();
  for (const path of ["/healthz", "/readyz"]) expect((await fetch(first.url + path)).status).toBe(200);
});

test("[SD-31] nodes find each other, lose each other and go on without the database", async () => {
  await using db = await testDatabase();
  await using proxy = await BlackholeProxy.inFrontOf(db.url);
  await using cluster = await ServerCluster.start(3, { databaseUrl: proxy.url });
  const [first, second, third] = cluster.nodes;
  if (first === undefined || second === undefined || third === undefined) throw new Error("there are no three nodes");
  proxy.cut();
  await first.kill();
  await waitUntil("both to see it", async () => {
    const alive = await Promise.all([second, third].map((node) => node.metric("mesher_cluster_nodes_alive")));
    return alive.every((count) => count === 2);
  });
  await waitUntil("copies among those that are left", async () => {
    const copies = await Promise.all([second, third].map((node) => node.metric("mesher_journal_copies")));
    return copies.every((count) => count === 1);
  });
  const ids = [await send(second), await send(third)];
  proxy.heal();
  await stored(db, ids);
  expect(await storedIds(db)).toEqual(ids.sort());
});

test("[SD-41] [F.4-4] a node that freezes holds nobody up for longer than a copy may take, and its peers go on with each other", async () => {
  await using formed = await testServerCluster(3, { MESHER_HEARTBEAT_TIMEOUT_MS: "60000" });
  const { cluster } = formed;
  const [first] = cluster.nodes;
  if (first === undefined) throw new Error("there is no node");
  const { replication } = await waitUntil("a copy", async () => {
    const view = await clusterOf(first);
    return view.replication.state === "complete" ? view : undefined;
  });
  const frozen = cluster.nodes[cluster.names.indexOf(replication.holders[0]?.node ?? "")];
  frozen?.process.kill("SIGSTOP");
  try {
    const ids = await Promise.all(Array.from({ length: 30 }, () => send(first)));
    // Nobody has declared it dead: the copy was given up because it did not answer.
    const after = await waitUntil("a copy elsewhere", async () => {
      const view = await clusterOf(first);
      return view.replication.state === "complete" ? view : undefined;
    });
    expect(after.replication.holders[0]?.node).not.toBe(replication.holders[0]?.node);
    expect(after.nodes.every(({ status }) => status === "alive")).toBe(true);
    await stored(formed, ids);
    expect(await storedIds(formed)).toEqual(ids.sort());
  } finally {
    frozen?.process.kill("SIGCONT");
  }
});

test("[SD-57] [SD-58] [SD-59] [C-55] every accepted event is in exactly one measurement of the load, singly or in bulk", async () => {
  await using formed = await testServerCluster(2);
  const [first] = formed.cluster.nodes;
  if (first === undefined) throw new Error("there is no node");
  const key = /\/\/([^@:]+)@/.exec(first.dsn)?.[1] ?? "";
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const post = async (path: string, body: unknown) => {
    const response = await fetch(first.url + path, { method: "POST", headers, body: JSON.stringify(body) });
    await response.arrayBuffer();
    return response.status;
  };
  for (let n = 0; n < 17; n += 1) await send(first);
  const bulk = Array.from({ length: 40 }, (_, n) => ({ message: `bulk ${n}` }));
  expect(await post("/api/v1/events/bulk", bulk)).toBe(202);
  expect(await post("/api/v1/events", { message: "single" })).toBe(202);
  expect(await post("/api/v1/events", { message: "" })).toBe(400);
  const measured = () =>
    [...first.output.matchAll(/Load monitor: (\d+) events\/5s/g)].reduce((sum, [, count]) => sum + Number(count), 0);
  await waitUntil("all to be measured", async () => measured() >= 58);
  expect(measured()).toBe(58);
});

test("[SD-64] [C-56] a rate limit is counted on each node: a key may send as much to every one of them", async () => {
  await using formed = await testServerCluster(2, { MESHER_RATE_LIMIT_MAX_EVENTS: "5" });
  for (const node of formed.cluster.nodes) {
    const statuses: number[] = [];
    for (let n = 0; n < 7; n += 1)
      statuses.push((await sendEvent(node.dsn, { event_id: newEventId(), message: MESSAGE })).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429]);
  }
});

test("[SD-56] five nodes are a full mesh as well, and each of them serves", async () => {
  await using formed = await testServerCluster(5);
  const ids = await Promise.all(formed.cluster.nodes.map((node) => send(node)));
  await stored(formed, ids);
  expect(await storedIds(formed)).toEqual(ids.sort());
});

test("[F.4-9] three nodes are restarted one after the other under load, and behind a balancer nobody gets a 5xx", async () => {
  await using formed = await testServerCluster(3, { MESHER_RATE_LIMIT_MAX_EVENTS: "1000000" });
  const { cluster } = formed;
  const ports = cluster.nodes.map(({ url }) => ({ port: Number(new URL(url).port) }));
  await using balancer = await Balancer.start(ports);
  const dsn = cluster.nodes[0]?.dsn.replace(/:\d+\//, `:${balancer.port}/`) ?? "";
  const statuses = new Map<number, number>();
  const answered: string[] = [];
  const stopping = new AbortController();
  const client = async () => {
    while (!stopping.signal.aborted) {
      const event_id = newEventId();
      // Only what had no answer is sent again, as a client that retries does; the id is the same.
      const response = await waitUntil("an answer", () => sendEvent(dsn, { event_id, message: MESSAGE }));
      await response.arrayBuffer();
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
      if (response.ok) answered.push(event_id);
    }
  };
  const clients = Promise.all(Array.from({ length: 4 }, client));
  for (const index of [0, 1, 2]) {
    await cluster.nodes[index]?.stop();
    await cluster.restart(index);
    await cluster.formed();
  }
  stopping.abort();
  await clients;
  expect([...statuses.keys()]).toEqual([200]);
  await stored(formed, answered);
  expect(await storedIds(formed)).toEqual(answered.sort());
});
