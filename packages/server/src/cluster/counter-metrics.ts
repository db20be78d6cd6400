import type { ClusterCounters } from "@mesher/cluster";
import { Counter, Gauge, type Registry } from "prom-client";

/** A figure, and what tells it from others of its name. */
interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

type Read = (counters: ClusterCounters) => readonly Sample[];

/** Shows Prometheus what passes between this node and its peers. Read when it is scraped. */
export function registerCounterMetrics(registry: Registry, counters: () => ClusterCounters): void {
  const registers = [registry];
  const gauge = (name: string, help: string, labelNames: readonly string[], read: Read) =>
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect() {
        // Peers that are forgotten are not shown for ever.
        this.reset();
        for (const { labels = {}, value } of read(counters())) this.set(labels, value);
      },
    });
  const counter = (name: string, help: string, labelNames: readonly string[], read: Read) =>
    new Counter({
      name,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        for (const { labels = {}, value } of read(counters())) this.inc(labels, value);
      },
    });

  gauge("mesher_cluster_sessions", "Peers with which there is a session.", [], ({ sessions }) => one(sessions));
  gauge("mesher_cluster_peer_queued_bytes", "Bytes that wait to be sent to a peer.", ["peer"], ({ peers }) =>
    peers.map(({ name: peer, queuedBytes }) => ({ labels: { peer }, value: queuedBytes })),
  );
  gauge(
    "mesher_cluster_peer_round_trip_seconds",
    "From the latest heartbeat to a peer until its answer.",
    ["peer"],
    ({ peers }) =>
      peers.flatMap(({ name: peer, roundTripMs }) =>
        roundTripMs === undefined ? [] : [{ labels: { peer }, value: roundTripMs / 1_000 }],
      ),
  );
  counter(
    "mesher_cluster_peer_bytes_total",
    "Bytes to and from a peer, before encryption.",
    ["peer", "direction"],
    ({ peers }) => peers.flatMap(({ name, bytesIn, bytesOut }) => bothWays(name, bytesIn, bytesOut)),
  );
  counter("mesher_cluster_peer_frames_total", "Frames to and from a peer.", ["peer", "direction"], ({ peers }) =>
    peers.flatMap(({ name, framesIn, framesOut }) => bothWays(name, framesIn, framesOut)),
  );
  counter(
    "mesher_cluster_peer_refused_frames_total",
    "Frames not sent to a peer because too much waited for it.",
    ["peer"],
    ({ peers }) => peers.map(({ name: peer, refusedFrames }) => ({ labels: { peer }, value: refusedFrames })),
  );
  counter(
    "mesher_cluster_handshakes_refused_total",
    "Attempts at a session, from either side, that were refused or failed (docs/cluster.md).",
    ["reason"],
    ({ refusedHandshakes }) => byReason(refusedHandshakes),
  );
  counter(
    "mesher_cluster_messages_refused_total",
    "Messages over NATS that were dropped because they did not come from a peer as they should.",
    ["reason"],
    ({ refusedMessages }) => byReason(refusedMessages),
  );
  counter("mesher_cluster_calls_total", "Calls made from this node.", [], ({ calls }) => one(calls.made));
  counter(
    "mesher_cluster_call_failures_total",
    "Calls made from this node that failed; no_process and failed are answers.",
    ["reason"],
    ({ calls }) => byReason(calls.failed),
  );
  counter("mesher_cluster_requests_taken_total", "What other nodes asked of this one.", [], ({ requestsTaken }) =>
    one(requestsTaken),
  );
  counter("mesher_cluster_sends_total", "Messages sent to processes.", [], ({ sends }) => one(sends.made));
  counter("mesher_cluster_sends_dropped_total", "Sends whose arrival was not confirmed.", [], ({ sends }) =>
    one(sends.dropped),
  );
  counter("mesher_cluster_broadcasts_total", "Broadcasts made on this node.", [], ({ broadcasts }) =>
    one(broadcasts.made),
  );
  counter(
    "mesher_cluster_broadcasts_dropped_total",
    "Broadcasts not made because there were too many in one turn.",
    [],
    ({ broadcasts }) => one(broadcasts.dropped),
  );
  counter("mesher_cluster_broadcasts_heard_total", "Broadcasts of other nodes.", [], ({ broadcasts }) =>
    one(broadcasts.heard),
  );
  counter("mesher_cluster_names_lost_total", "Names lost to an earlier claim, after a split.", [], ({ names }) =>
    one(names.lost),
  );
  gauge(
    "mesher_cluster_loop_lag_seconds",
    "How late the event loop was in the latest whole 10 s; quantile 1 is the worst.",
    ["quantile"],
    ({ loopLag: { p50Ms, p99Ms, maxMs } }) => [
      { labels: { quantile: "0.5" }, value: p50Ms / 1_000 },
      { labels: { quantile: "0.99" }, value: p99Ms / 1_000 },
      { labels: { quantile: "1" }, value: maxMs / 1_000 },
    ],
  );
}

const one = (value: number): Sample[] => [{ value }];

const bothWays = (peer: string, into: number, out: number): Sample[] => [
  { labels: { peer, direction: "in" }, value: into },
  { labels: { peer, direction: "out" }, value: out },
];

const byReason = (counts: Readonly<Record<string, number>>): Sample[] =>
  Object.entries(counts).map(([reason, value]) => ({ labels: { reason }, value }));
