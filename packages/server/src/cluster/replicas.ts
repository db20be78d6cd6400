import type { ClusterNode } from "@mesher/cluster";
import type { Log } from "../runtime/log.ts";

/** The process that takes copies of peers' journals, on each node. */
const REPLICAS = "mesher_replicas";

/** Takes what owners of journals tell this node. What `hear` throws is the owner's error. */
export function takeReplicas(node: ClusterNode, hear: (message: unknown) => Promise<null>, log: Log): void {
  const address = node.open((message, from) =>
    hear(message).catch((error: unknown) => {
      log.warn("Copy of a journal could not be written", { owner: from, error: String(error) });
      throw error;
    }),
  );
  node.processes.register(REPLICAS, address);
}

/** Tells a peer what to do with its copy. Rejects with a `CallError`. */
export async function tellReplica(
  node: ClusterNode,
  peer: string,
  message: { readonly [key: string]: string | number },
  deadlineMs: number,
): Promise<unknown> {
  return node.call({ name: REPLICAS, node: peer }, message, { deadlineMs });
}
