/**
 * A node in a process of its own, for tests that freeze or kill it. It tells when it has joined, and what it
 * knows when it is sent anything.
 */
import { startTestNode, TEST_TUNING } from "./test-node.ts";

const [peer = "", transport = "", name = "child", silenceMs = ""] = process.argv.slice(2);
const tuning = { ...TEST_TUNING, silenceMs: Number(silenceMs) };
const { node, changes } = await startTestNode(name, { transport, tuning });
node.work.register(
  "worker",
  ({ signal }) => new Promise((resolve) => signal.addEventListener("abort", () => resolve())),
);
const address = node.open((message) => (message === "never" ? new Promise(() => {}) : message));
if (peer !== "") await node.connect(peer);
await node.names.register("of the child", address);
process.on("message", () => process.send?.({ changes, transport: node.status().transport }));
process.on("disconnect", () => process.exit());
process.send?.("joined");
