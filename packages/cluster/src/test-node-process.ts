/** A node in a process of its own, for tests that freeze or kill it. It tells when it has joined. */
import { startTestNode } from "./test-node.ts";

const { node } = await startTestNode("child", { transport: process.argv[3] });
node.work.register(
  "worker",
  ({ signal }) => new Promise((resolve) => signal.addEventListener("abort", () => resolve())),
);
const address = node.open((message) => (message === "never" ? new Promise(() => {}) : message));
await node.connect(process.argv[2] ?? "");
await node.names.register("of the child", address);
process.on("disconnect", () => process.exit());
process.send?.("joined");
