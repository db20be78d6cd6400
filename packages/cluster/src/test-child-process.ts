/**
 * A node in a process of its own, for tests that freeze, block or kill it: `<name> <peers> <heartbeat ms> <silence ms>`.
 * It tells when it has joined, with its name, and does what it is told by messages.
 */
import { startTestNode } from "./test-node.ts";

/** What the process is told, and what it answers: of `block` when it is over. */
export type ProcessOrder =
  | { readonly does: "block"; readonly forMs: number }
  | { readonly does: "tell" }
  | { readonly does: "contend"; readonly name: string };

export interface ProcessReport {
  readonly self: string;
  readonly rssBytes: number;
  readonly changes: readonly { readonly kind: string; readonly node: string; readonly reason?: string }[];
}

const [name = "child", peers = "", heartbeatMs = "100", silenceMs = "500"] = process.argv.slice(2);
const tuning = { heartbeatMs: Number(heartbeatMs), silenceMs: Number(silenceMs), handshakeMs: 1_000 };
const { node, changes } = await startTestNode(name, { tuning, peers });
node.work.register(
  "worker",
  ({ signal }) => new Promise((resolve) => signal.addEventListener("abort", () => resolve())),
);
const address = node.open((message) => (message === "never" ? new Promise(() => {}) : message));
node.processes.register("echo", address);
for (const peer of peers === "" ? [] : peers.split(",")) await node.connect(peer);
await node.names.register("of the child", address);

const report = (): ProcessReport => ({ self: node.self, rssBytes: process.memoryUsage().rss, changes });
process.on("message", (order: ProcessOrder) => {
  if (order.does === "contend") void node.names.contend(order.name, address);
  // As a program does that computes without a pause.
  for (const untilMs = performance.now() + (order.does === "block" ? order.forMs : 0); performance.now() < untilMs; );
  process.send?.(report());
});
process.on("disconnect", () => process.exit());
process.send?.(report());
