/** What a node tells Prometheus of its peers, and the API of what carries the cluster. */
import type { ApiCluster } from "@mesher/protocol";
import { expect, test } from "vitest";
import { newEventId, sendEvent } from "../src/send.ts";
import { testServerCluster } from "../src/server-cluster.ts";
import { waitUntil } from "../src/wait-until.ts";

/** Longer than heartbeats and all else that two idle nodes tell each other while the test looks. */
const TEXT_BYTES = 200_000;

test("what passes between two nodes is counted on both, for each peer and in both directions", async () => {
  await using formed = await testServerCluster(2);
  const [first, second] = formed.cluster.nodes;
  const [firstName = "", secondName = ""] = formed.cluster.names;
  if (first === undefined || second === undefined) throw new Error("there are no two nodes");
  await waitUntil("a copy", async () => (await first.metric("mesher_journal_copies")) === 1);
  const toSecond = () => first.metric("mesher_cluster_peer_bytes_total", { peer: secondName, direction: "out" });
  const fromFirst = () => second.metric("mesher_cluster_peer_bytes_total", { peer: firstName, direction: "in" });
  const before = {
    out: await toSecond(),
    in: await fromFirst(),
    calls: await first.metric("mesher_cluster_calls_total"),
  };

  const sent = await sendEvent(first.dsn, { event_id: newEventId(), extra: { text: "x".repeat(TEXT_BYTES) } });
  expect(sent.status).toBe(200);
  // The answer waited for the copy, so both have counted it by now.
  expect((await toSecond()) - before.out).toBeGreaterThan(TEXT_BYTES);
  expect((await fromFirst()) - before.in).toBeGreaterThan(TEXT_BYTES);
  expect(await first.metric("mesher_cluster_calls_total")).toBeGreaterThan(before.calls);
  expect(await second.metric("mesher_cluster_requests_taken_total")).toBeGreaterThan(0);
  expect(await first.metric("mesher_cluster_peer_frames_total", { peer: secondName, direction: "in" })).toBeGreaterThan(
    0,
  );
  const sinceStart = [
    () => first.metric("mesher_cluster_broadcasts_total"),
    () => first.metric("mesher_cluster_peer_round_trip_seconds", { peer: secondName }),
  ];
  // The load is told every five seconds, and a round trip is known after the first heartbeat.
  for (const read of sinceStart) await waitUntil("a figure", async () => (await read()) > 0);
  expect(await first.metric("mesher_cluster_peer_queued_bytes", { peer: secondName })).toBeGreaterThanOrEqual(0);
  expect(await first.metric("mesher_cluster_sessions")).toBe(1);
  expect(await first.metric("mesher_cluster_transport_up")).toBe(1);
  const lag = (quantile: string) => first.metric("mesher_cluster_loop_lag_seconds", { quantile });
  expect(await lag("1")).toBeGreaterThanOrEqual(await lag("0.5"));
  const losses = ["peer_refused_frames", "sends_dropped", "broadcasts_dropped", "names_lost"];
  const lost = await Promise.all(losses.map((figure) => first.metric(`mesher_cluster_${figure}_total`)));
  expect(lost).toEqual(losses.map(() => 0));
  expect((await first.get<ApiCluster>("/api/v1/cluster")).transport).toEqual({ kind: "mesh" });
});

test("peers that are refused and calls without an answer are counted by why", async () => {
  await using formed = await testServerCluster(2);
  const [first, second] = formed.cluster.nodes;
  const [firstName = "", secondName = ""] = formed.cluster.names;
  if (first === undefined || second === undefined) throw new Error("there are no two nodes");
  await waitUntil("a copy", async () => (await first.metric("mesher_journal_copies")) === 1);
  // A copy that does not answer is a call that fails, while nobody has missed the node yet.
  second.process.kill("SIGSTOP");
  try {
    expect((await sendEvent(first.dsn, { event_id: newEventId() })).status).toBe(200);
    expect(await first.metric("mesher_cluster_call_failures_total", { reason: "deadline" })).toBeGreaterThan(0);
  } finally {
    second.process.kill("SIGCONT");
  }
  await formed.cluster.add({ MESHER_COOKIE: "another cookie than that of the test", MESHER_PEERS: firstName });
  await waitUntil(
    "a refused handshake",
    async () => (await first.metric("mesher_cluster_handshakes_refused_total", { reason: "wrong_cookie" })) > 0,
  );
  // What was counted of a peer stays when it is gone, and nothing waits for it.
  await second.kill();
  await waitUntil("its loss", async () => (await first.metric("mesher_cluster_sessions")) === 0);
  expect(await first.metric("mesher_cluster_peer_bytes_total", { peer: secondName })).toBeGreaterThan(0);
  expect(await first.metric("mesher_cluster_peer_queued_bytes", { peer: secondName })).toBe(0);
});
