/** A node that falls behind lets its peers store what it accepted. */
import type { ApiCluster } from "@mesher/protocol";
import { expect, test } from "vitest";
import { BlackholeProxy } from "../src/blackhole-proxy.ts";
import { type TestDatabase, testDatabase } from "../src/database.ts";
import { newEventId, sendEvent } from "../src/send.ts";
import { ServerCluster } from "../src/server-cluster.ts";
import type { ServerProcess } from "../src/server-process.ts";
import { waitUntil } from "../src/wait-until.ts";

const UNLIMITED = { MESHER_RATE_LIMIT_MAX_EVENTS: "1000000" };

const clusterOf = (server: ServerProcess) => server.get<ApiCluster>("/api/v1/cluster");

/** Sends until told to stop, from several clients. Gives back the ids that were answered with 2xx. */
function startLoad(server: ServerProcess) {
  const answered: string[] = [];
  const stopping = new AbortController();
  const client = async () => {
    while (!stopping.signal.aborted) {
      const event_id = newEventId();
      const response = await sendEvent(server.dsn, { event_id, message: "Too much at once", level: "error" });
      await response.arrayBuffer();
      if (response.ok) answered.push(event_id);
    }
  };
  const running = Promise.all(Array.from({ length: 4 }, client));
  return {
    answered,
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

async function countsOf({ database }: TestDatabase) {
  const { rows } = await database.query<{ events: number; distinct: number; counted: number }>({
    text: `
      select (select count(*)::int from events) as events, (select count(distinct event_id)::int from events) as distinct,
        (select coalesce(sum(count), 0)::int from outcome_counts where outcome = 'stored') as counted`,
  });
  return rows[0];
}

test("[SD-36] [SD-38] [SD-60] [SD-62] [CLUSTER-03] [CLUSTER-05] [C-51] a peer stores with its own pool what an overloaded node cannot, and goes home", async () => {
  await using db = await testDatabase();
  await using proxy = await BlackholeProxy.inFrontOf(db.url);
  await using cluster = await ServerCluster.start(1, { databaseUrl: proxy.url, env: UNLIMITED });
  // Its own way to the database stays open.
  const peer = await cluster.add({ DATABASE_URL: db.url });
  await cluster.formed();
  const [busy] = cluster.nodes;
  if (busy === undefined) throw new Error("there is no node");
  proxy.cut();
  const load = startLoad(busy);
  const helping = await waitUntil("the peer to have stored events of the other", async () => {
    const helped = (await clusterOf(peer)).offload.helping[0];
    return helped !== undefined && helped.events > 500 ? helped : undefined;
  });
  expect(helping.node).toBe(cluster.names[0]);
  expect(await busy.metric("mesher_offload_helpers")).toBe(1);
  expect(await busy.metric("mesher_offload_helped_events")).toBeGreaterThan(0);
  expect((await countsOf(db))?.events).toBeGreaterThan(500);
  expect(busy.output).toContain(`Load high -- spawning remote processor on ${cluster.names[1]}`);
  expect(peer.output).toContain("Remote event processor worker started");
  await load.stop();
  proxy.heal();
  const n = load.answered.length;
  await waitUntil("all to be stored", async () => ((await countsOf(db))?.events ?? 0) >= n);
  expect(await countsOf(db)).toEqual({ events: n, distinct: n, counted: n });
  await waitUntil("the helper to be home", async () => (await clusterOf(peer)).offload.helping.length === 0);
});

test("[SD-36] [SD-61] a helper that is killed takes nothing with it: its batches are stored at home", async () => {
  await using db = await testDatabase();
  await using proxy = await BlackholeProxy.inFrontOf(db.url);
  await using cluster = await ServerCluster.start(1, { databaseUrl: proxy.url, env: UNLIMITED });
  const peer = await cluster.add({ DATABASE_URL: db.url });
  await cluster.formed();
  const [busy] = cluster.nodes;
  if (busy === undefined) throw new Error("there is no node");
  proxy.cut();
  const load = startLoad(busy);
  await waitUntil("help", async () => (await busy.metric("mesher_offload_helped_events")) > 0);
  await peer.kill();
  await waitUntil("its end to be noticed", async () => (await busy.metric("mesher_offload_helpers")) === 0);
  await load.stop();
  proxy.heal();
  const n = load.answered.length;
  await waitUntil("all to be stored", async () => ((await countsOf(db))?.events ?? 0) >= n);
  expect(await countsOf(db)).toEqual({ events: n, distinct: n, counted: n });
});
