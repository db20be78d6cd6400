/** Whole nodes in this process, for tests. */
import type { ClusterNode, NodeChange } from "./node.ts";
import type { NodeOptions } from "./node-options.ts";
import { startNode } from "./start-node.ts";
import { TEST_COOKIE } from "./test-mesh.ts";

export const TEST_TUNING = { heartbeatMs: 100, silenceMs: 1_500, handshakeMs: 1_000 };

export interface TestNode {
  readonly node: ClusterNode;
  readonly changes: NodeChange[];
  readonly logged: string[];
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

/** A node at a free loopback port, unless `name` has a host. */
export async function startTestNode(name: string, options: Partial<NodeOptions> = {}): Promise<TestNode> {
  const logged: string[] = [];
  const write = (message: string, details?: object) => logged.push(`${message} ${JSON.stringify(details ?? {})}`);
  const node = await startNode({
    name: name.includes("@") || name === "" ? name : `${name}@127.0.0.1:0`,
    cookie: TEST_COOKIE,
    tuning: TEST_TUNING,
    version: "test",
    log: { info: write, warn: write, error: write },
    ...options,
  });
  const changes: NodeChange[] = [];
  node.monitor((change) => changes.push(change));
  return { node, changes, logged, [Symbol.asyncDispose]: () => node.stop() };
}

/** Resolves when it is so. Asks every few milliseconds: the thing asked has no event of its own. */
export async function until(isSo: () => boolean, what: string, waitMs = 60_000): Promise<void> {
  const deadline = performance.now() + waitMs;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`waited ${waitMs} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Starts nodes of which each knows the first, and waits until each knows all. */
export async function startTestCluster(stack: AsyncDisposableStack, ...names: readonly string[]): Promise<TestNode[]> {
  return startTestNodes(stack, names, (first) => ({ peers: first?.node.self ?? "" }));
}

/** As `startTestCluster`, with options of your own, which may tell of the first node. */
export async function startTestNodes(
  stack: AsyncDisposableStack,
  names: readonly string[],
  optionsOf: (first: TestNode | undefined) => Partial<NodeOptions>,
): Promise<TestNode[]> {
  const nodes: TestNode[] = [];
  for (const name of names) nodes.push(stack.use(await startTestNode(name, optionsOf(nodes[0]))));
  const all = nodes.map(({ node }) => node.self);
  await until(
    () => nodes.every(({ node }) => all.every((name) => name === node.self || node.list().includes(name))),
    "the full mesh",
  );
  return nodes;
}
