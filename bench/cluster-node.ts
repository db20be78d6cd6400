/**
 * A node of a cluster as a process of its own: it tells what it sees, echoes what it is called with, and measures what it is
 * told to.
 *
 *     node bench/cluster-node.ts NAME TRANSPORT PEERS
 */
import { startNode } from "@mesher/cluster";
import { type InFlightResult, keepInFlight } from "./in-flight.ts";

export type NodeOrder =
  | {
      readonly do: "call";
      readonly node: string;
      readonly bytes: number;
      readonly inFlight: number;
      readonly seconds: number;
    }
  | { readonly do: "broadcast"; readonly bytes: number; readonly seconds: number }
  | { readonly do: "count" };

export type NodeNews =
  /** `startsAtMs`: when it began to start, with its program loaded. Times are milliseconds since 1970. */
  | { readonly is: "ready"; readonly self: string; readonly startsAtMs: number }
  | { readonly is: "up"; readonly node: string; readonly atMs: number }
  | { readonly is: "down"; readonly node: string; readonly atMs: number }
  | ({ readonly is: "called" } & InFlightResult)
  | { readonly is: "broadcast"; readonly made: number; readonly dropped: number; readonly seconds: number }
  | { readonly is: "counted"; readonly heard: number };

const ROOM = "bench";

/** Broadcasts made before others get their turn. */
const BATCH = 50;

const tell = (news: NodeNews) => process.send?.(news);
const nowMs = () => performance.timeOrigin + performance.now();
const quiet = () => {};

process.on("disconnect", () => process.exit());
const [, , name, transport, peers] = process.argv;
const startsAtMs = nowMs();
const node = await startNode({
  name,
  transport,
  peers,
  cookie: "a cookie for the benchmark",
  log: { info: quiet, warn: quiet, error: console.error },
});
node.monitor(({ kind, node: peer }) => tell({ is: kind, node: peer, atMs: nowMs() }));
node.processes.register(
  "echo",
  node.open((message) => message),
);
let heard = 0;
node.rooms.join(ROOM, () => {
  heard += 1;
});
process.on("message", (order: NodeOrder) => void follow(order));
tell({ is: "ready", self: node.self, startsAtMs });
// Whoever was there before anyone listened.
for (const peer of node.list()) tell({ is: "up", node: peer, atMs: nowMs() });

async function follow(order: NodeOrder): Promise<void> {
  if (order.do === "count") return void tell({ is: "counted", heard });
  const message = "x".repeat(order.bytes);
  if (order.do === "call") {
    const target = { name: "echo", node: order.node };
    const result = await keepInFlight(order.inFlight, order.seconds, () => node.call(target, message));
    return void tell({ is: "called", ...result });
  }
  const before = node.counters();
  const beganMs = performance.now();
  while (performance.now() < beganMs + order.seconds * 1_000) {
    for (let n = 0; n < BATCH; n += 1) node.rooms.broadcast(ROOM, message);
    await new Promise(setImmediate);
    // A link that is full drops: what it is to be measured is what arrives.
    while (node.counters().peers.some(({ queuedBytes }) => queuedBytes > 1024 * 1024)) await new Promise(setImmediate);
  }
  const after = node.counters();
  const refused = (counters: typeof after) => counters.peers.reduce((sum, peer) => sum + peer.refusedFrames, 0);
  return void tell({
    is: "broadcast",
    made: after.broadcasts.made - before.broadcasts.made,
    dropped: after.broadcasts.dropped - before.broadcasts.dropped + refused(after) - refused(before),
    seconds: (performance.now() - beganMs) / 1_000,
  });
}
