/** One suite over the mesh and over NATS: whatever carries the links, a node does the same. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, describe } from "vitest";
import type { NodeOptions } from "./node-options.ts";
import { TestNats } from "./test-nats.ts";
import { startTestNode, startTestNodes, TEST_TUNING, type TestNode } from "./test-node.ts";

export interface TransportKit {
  readonly start: (name: string, options?: Partial<NodeOptions>) => Promise<TestNode>;
  readonly startCluster: (stack: AsyncDisposableStack, ...names: readonly string[]) => Promise<TestNode[]>;
  /** A node in a process of its own, which has joined `peer`. */
  readonly forkNode: (peer: string) => Promise<ChildProcess>;
}

/** A node in a process of its own, which has joined `peer`, if it is given; `name` may have a host. Rejects with what it wrote. */
export async function forkTestNode(
  peer: string,
  transport: string,
  name = "child",
  silenceMs = TEST_TUNING.silenceMs,
): Promise<ChildProcess> {
  const args = [peer, transport, name, String(silenceMs)];
  const child = fork(new URL("./test-node-process.ts", import.meta.url), args, { silent: true });
  let written = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    written += chunk.toString();
  });
  const ended = once(child, "close").then(() => {
    throw new Error(`the node ended: ${written}`);
  });
  ended.catch(() => undefined);
  await Promise.race([once(child, "message"), ended]);
  return child;
}

export function overEachTransport(suite: (kit: TransportKit) => void): void {
  describe("over the mesh", () => {
    suite(kitOver(() => "mesh"));
  });
  describe("over NATS", () => {
    let nats: TestNats;
    beforeAll(async () => {
      nats = await TestNats.start();
    });
    afterAll(async () => nats[Symbol.asyncDispose]());
    suite(kitOver(() => nats.url));
  });
}

function kitOver(transport: () => string): TransportKit {
  return {
    start: (name, options) => startTestNode(name, { transport: transport(), ...options }),
    // Over NATS nobody needs to know anybody.
    startCluster: (stack, ...names) =>
      startTestNodes(stack, names, (first) =>
        transport() === "mesh" ? { peers: first?.node.self ?? "" } : { transport: transport() },
      ),
    forkNode: (peer) => forkTestNode(peer, transport()),
  };
}
