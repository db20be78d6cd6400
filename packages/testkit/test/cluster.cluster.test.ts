/** Servers as a cluster: joining, names, status, and what happens when one of them goes. */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import type { ApiCluster } from "@mesher/protocol";
import { expect, test } from "vitest";
import { BlackholeProxy } from "../src/blackhole-proxy.ts";
import { testDatabase } from "../src/database.ts";
import { newEventId, sendEvent } from "../src/send.ts";
import { ServerCluster, TEST_COOKIE, testServerCluster } from "../src/server-cluster.ts";
import { ServerProcess } from "../src/server-process.ts";
import { waitUntil } from "../src/wait-until.ts";
import { isListening } from "./is-listening.ts";
import { startTestServer } from "./test-server.ts";

const clusterOf = (server: ServerProcess) => server.get<ApiCluster>("/api/v1/cluster");

test("[SD-01] [SD-02] [SD-03] [SD-12] [SD-13] three nodes with one seed are a full mesh and agree on every name", async () => {
  await using formed = await testServerCluster(3);
  const { nodes, names } = formed.cluster;
  const views = await waitUntil("all names to be known everywhere", async () => {
    const each = await Promise.all(nodes.map(clusterOf));
    return each.every((view) => view.names.length === 4) ? each : undefined;
  });
  for (const [index, view] of views.entries()) {
    expect(view.mode).toBe("cluster");
    expect(view.self).toBe(names[index]);
    expect(view.leader).toBe(names[0]);
    expect(view.names.map(({ name }) => name).sort()).toEqual(
      ["mesher_registry", ...names.map((name) => `mesher_registry@${name}`)].sort(),
    );
    expect(view.names).toEqual(
      expect.arrayContaining(names.map((name) => ({ name: `mesher_registry@${name}`, node: name }))),
    );
  }
  expect(nodes[0]?.output).toContain(`[Mesher] Node started: ${names[0]}`);
  expect(nodes[0]?.output).toContain(`[Mesher] Services registered globally as mesher_registry@${names[0]}`);
  expect(nodes[1]?.output).toContain(`Connected to peer: ${names[0]}`);
});

test("[SD-43] [SD-51] the names of a killed node vanish, the well-known one finds a new owner, and it comes back", async () => {
  await using formed = await testServerCluster(3);
  const { cluster } = formed;
  const [first = "", second = "", third = ""] = cluster.names;
  await cluster.nodes[0]?.kill();
  const after = await waitUntil("the survivors to see it", async () => {
    const views = await Promise.all(cluster.nodes.slice(1).map(clusterOf));
    const agreed = views.every(({ leader }) => leader !== null && leader !== first && leader === views[0]?.leader);
    return agreed ? views : undefined;
  });
  for (const view of after) {
    expect(view.nodes.find(({ name }) => name === first)?.status).toBe("dead");
    expect(view.names.map(({ name }) => name).sort()).toEqual(
      ["mesher_registry", `mesher_registry@${second}`, `mesher_registry@${third}`].sort(),
    );
  }
  await cluster.restart(0);
  await cluster.formed();
});

test("[SD-04] [SD-15] [SD-20] without a name, or without a cookie, the node stands alone and opens no port", async () => {
  for (const env of [{ MESHER_COOKIE: TEST_COOKIE }, { MESHER_NODE_NAME: "mesher1@127.0.0.1:19100" }]) {
    await using alone = await startTestServer(env);
    expect(await clusterOf(alone.server)).toMatchObject({
      mode: "standalone",
      self: "",
      nodes: [{ is_self: true, status: "alive" }],
    });
    expect(alone.server.output).toContain("[Mesher] Running in standalone mode (no distribution)");
    expect((await clusterOf(alone.server)).transport).toEqual({ kind: "none" });
    expect(await alone.server.metric("mesher_cluster_sessions")).toBe(0);
    expect(await alone.server.metric("mesher_cluster_transport_up")).toBe(1);
    expect(await isListening(19100)).toBe(false);
  }
});

test("[SD-07] [C-58] a port that is in use leaves the server alone, and its status says why", async () => {
  await using formed = await testServerCluster(1);
  const [taken = ""] = formed.cluster.names;
  await using other = await startTestServer({
    MESHER_NODE_NAME: taken.replace("mesher1", "other"),
    MESHER_COOKIE: TEST_COOKIE,
  });
  const view = await clusterOf(other.server);
  expect(view.mode).toBe("standalone");
  expect(view.fault).toContain("cannot listen on its port");
  expect(other.server.output).toContain("Node start failed for: other@127.0.0.1");
});

test("[SD-33] [NODE-04] a wrong cookie is refused on both sides, each in a sentence", async () => {
  await using formed = await testServerCluster(1);
  const [first = ""] = formed.cluster.names;
  await using stranger = await startTestServer({
    MESHER_NODE_NAME: "stranger@127.0.0.1:0",
    MESHER_COOKIE: "quite another cookie as it happens",
    MESHER_PEERS: first,
  });
  const refusal = (server: ServerProcess | undefined, reason: string) =>
    waitUntil(`a refusal for ${reason}`, async () =>
      server === undefined ? undefined : (await clusterOf(server)).refused.find((peer) => peer.reason === reason),
    );
  expect((await refusal(stranger.server, "wrong_cookie")).message).toMatch(/cookie/);
  expect((await refusal(formed.cluster.nodes[0], "wrong_cookie")).message).toMatch(/cookie/);
});

test("[SD-09] a name, cookie or peer that cannot be right stops the start with one line that names the setting", async () => {
  await using database = await testDatabase();
  for (const [env, line] of [
    [{ MESHER_NODE_NAME: "mesher1" }, /MESHER_NODE_NAME is "mesher1": .* has no @/],
    [{ MESHER_COOKIE: "short" }, /MESHER_COOKIE is \(hidden\): a cookie has at least 16 characters/],
    [{ MESHER_PEERS: "a@b:x" }, /MESHER_PEERS is "a@b:x": .* port/],
  ] as const) {
    await expect(ServerProcess.start({ databaseUrl: database.url, env })).rejects.toThrow(line);
  }
});

test("[SD-21] [SD-22] [SD-25] [X-1] a node whose journal is full lets a peer keep what it accepts", async () => {
  await using db = await testDatabase();
  await using proxy = await BlackholeProxy.inFrontOf(db.url);
  await using cluster = await ServerCluster.start(1, {
    databaseUrl: proxy.url,
    env: { MESHER_JOURNAL_MAX_BYTES: "100000", MESHER_REPLICAS: "0" },
  });
  const peer = await cluster.add({ MESHER_JOURNAL_MAX_BYTES: "10000000" });
  await cluster.formed();
  const small = cluster.nodes[0] ?? peer;
  proxy.cut();
  const sent = Array.from({ length: 60 }, newEventId);
  for (const event_id of sent) {
    const filling = randomBytes(4_000).toString("hex");
    expect((await sendEvent(small.dsn, { event_id, extra: { filling } })).status).toBe(200);
  }
  expect(await small.metric("mesher_ingest_forwarded_total")).toBeGreaterThan(10);
  proxy.heal();
  for (const id of sent) await waitUntil(`event ${id}`, () => peer.get(`/api/v1/events/${id}`));
});

function mesher(...args: readonly string[]): Promise<{ readonly code: number; readonly out: string }> {
  const main = fileURLToPath(new URL("../../cli/src/main.ts", import.meta.url));
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [main, ...args], (error, out) => {
      const code = error === null ? 0 : error.code;
      if (typeof code === "number") resolve({ code, out });
      else reject(error ?? new Error("mesher did not end"));
    });
  });
}

test("mesher cluster status tells a person, and programs, how the cluster is", async () => {
  await using formed = await testServerCluster(2);
  const { cluster } = formed;
  const [first, second] = cluster.nodes;
  if (first === undefined || second === undefined) throw new Error("there are no two nodes");
  await waitUntil("the copy", async () => (await clusterOf(first)).replication.state === "complete");
  const healthy = await mesher("cluster", "status", "--url", first.url, "--token", first.token);
  expect(healthy.code).toBe(0);
  expect(healthy.out).toContain(`cluster, seen from ${cluster.names[0]}`);
  expect(healthy.out).toMatch(/mesher2@127\.0\.0\.1:\d+ +alive/);
  expect(healthy.out).toContain(`copied to ${cluster.names[1]}`);
  expect(healthy.out).toMatch(/^Transport +connections between the nodes$/m);

  await second.kill();
  await waitUntil("its end to be seen", async () => (await clusterOf(first)).replication.state === "degraded");
  const hurt = await mesher("cluster", "status", "--json", "--url", first.url, "--token", first.token);
  expect(hurt.code).toBe(1);
  expect((JSON.parse(hurt.out) as ApiCluster).nodes.map(({ status }) => status)).toEqual(["alive", "dead"]);
});
