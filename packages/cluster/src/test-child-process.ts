/**
 * A node in a process of its own, for tests that freeze, block or kill it: `<name> <peers> <heartbeat ms> <silence ms>`.
 * It tells when it has joined, with its name, and does what it is told by messages.
 */
import { startTestNode } from "./test-node.ts";

/** What the process is told, and what it answers: of `block` when it is over. */
export type ProcessOrder =
  | { readonly does: "block"; readonly forMs: number }
  | { readonly does: "tell" }
  /** So many calls to each of its peers, one after the other. */
  | { readonly does: "call"; readonly count: number }
  | { readonly does: "contend"; readonly name: string };

export interface ProcessReport {
  readonly self: string;
  readonly rssBytes: number;
  readonly list: readonly string[];
  /** Node of each name's owner. */
  readonly owners: Readonly<Record<string, string>>;
  /** Why calls had no answer. */
  readonly failedCalls: readonly string[];
  readonly changes: readonly { readonly kind: string; readonly node: string; readonly reason?: string }[];
}

const [name = "child", peers = "", heartbeatMs = "100", silenceMs = "1500"] = process.argv.slice(2);
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

const failedCalls: string[] = [];
const report = (): ProcessReport => ({
  self: node.self,
  rssBytes: process.memoryUsage().rss,
  list: node.list(),
  owners: Object.fromEntries(node.names.list().map(({ name: each, address: { node: owner } }) => [each, owner])),
  failedCalls,
  changes,
});

const orders: { [Does in ProcessOrder["does"]]: (order: ProcessOrder & { does: Does }) => unknown } = {
  // As a program does that computes without a pause.
  block: ({ forMs }) => {
    for (const untilMs = performance.now() + forMs; performance.now() < untilMs; );
  },
  tell: () => undefined,
  contend: ({ name: each }) => node.names.contend(each, address),
  call: async ({ count }) => {
    const callAll = async (peer: string) => {
      for (let n = 0; n < count; n += 1)
        await node.call({ name: "echo", node: peer }, n).catch((error: unknown) => failedCalls.push(String(error)));
    };
    await Promise.all(node.list().map(callAll));
  },
};

process.on("message", (order: ProcessOrder) => {
  const done = new Promise((resolve) => resolve(orders[order.does](order as never)));
  done.catch((error: unknown) => failedCalls.push(String(error))).finally(() => process.send?.(report()));
});
process.on("disconnect", () => process.exit());
process.send?.(report());
