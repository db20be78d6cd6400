/**
 * A node in a process of its own, for tests that freeze or kill it. It tells when it has joined, and what it
 * knows when it is sent anything.
 */
import { startTestNode } from "./test-node.ts";

const { node, changes } = await startTestNode(process.argv[4] ?? "child", { transport: process.argv[3] });
node.work.register(
  "worker",
  ({ signal }) => new Promise((resolve) => signal.addEventListener("abort", () => resolve())),
);
const address = node.open((message) => (message === "never" ? new Promise(() => {}) : message));
const peer = process.argv[2] ?? "";
if (peer !== "") await node.connect(peer);
await node.names.register("of the child", address);
process.on("message", () => process.send?.({ changes, transport: node.status().transport }));
process.on("disconnect", () => process.exit());
process.send?.("joined");
