/** One suite over the mesh and over NATS: whatever carries the links, a node does the same. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, describe } from "vitest";
import type { NodeOptions } from "./node-options.ts";
import { TestNats } from "./test-nats.ts";
import { startTestNode, startTestNodes, type TestNode } from "./test-node.ts";

export interface TransportKit {
  readonly startTestNode: (name: string, options?: Partial<NodeOptions>) => Promise<TestNode>;
  readonly startTestCluster: (stack: AsyncDisposableStack, ...names: readonly string[]) => Promise<TestNode[]>;
  /** A node in a process of its own, which has joined `peer`. */
  readonly forkTestNode: (peer: string) => Promise<ChildProcess>;
  /** How long it may take until a process that was killed is missed. */
  readonly killSeenMsMax: number;
}

export function overEachTransport(suite: (kit: TransportKit) => void): void {
  describe("over the mesh", () => suite(kitOver(() => "mesh", 200)));
  describe("over NATS", () => {
    let nats: TestNats;
    beforeAll(async () => {
      nats = await TestNats.start();
    });
    afterAll(async () => nats[Symbol.asyncDispose]());
    // The server says that nobody listens when a heartbeat goes out; then the peer is asked.
    suite(kitOver(() => nats.url, 600));
  });
}

function kitOver(transport: () => string, killSeenMsMax: number): TransportKit {
  return {
    startTestNode: (name, options) => startTestNode(name, { transport: transport(), ...options }),
    // Over NATS nobody needs to know anybody.
    startTestCluster: (stack, ...names) =>
      startTestNodes(stack, names, (first) =>
        transport() === "mesh" ? { peers: first?.node.self ?? "" } : { transport: transport() },
      ),
    forkTestNode: async (peer) => {
      const child = fork(new URL("./test-node-process.ts", import.meta.url), [peer, transport()]);
      await once(child, "message");
      return child;
    },
    killSeenMsMax,
  };
}
