import { type ClusterNode, type NodeChange, NodeStartError, startNode } from "@mesher/cluster";
import type { Config } from "../config.ts";
import type { Log } from "../runtime/log.ts";

/** Nodes that differ in it are refused by each other: raise it when what nodes say to each other changes its meaning. */
const COMPATIBILITY = "mesher/2";

export interface JoinedCluster {
  readonly node: ClusterNode;
  /** Why it stands alone although it was to join a cluster. */
  readonly fault?: string;
}

/**
 * Starts this server's node, and looks for its peers in the background. Without a name or a cookie it stands alone.
 * A node that cannot start does not stop the server: it stands alone as well, and its status says why.
 */
export async function joinCluster(config: Config, version: string, log: Log): Promise<JoinedCluster> {
  const { nodeName, cookie, peers, transport, heartbeatMs, silenceMs } = config;
  if (nodeName === undefined || cookie === undefined) return { node: await startNode({ log }) };
  try {
    const node = await startNode({
      name: nodeName,
      cookie,
      peers,
      transport,
      version,
      compatibility: COMPATIBILITY,
      tuning: { heartbeatMs, silenceMs },
      log,
    });
    log.info(`[Mesher] Node started: ${node.self}`);
    if (peers === undefined && transport === "mesh") log.info("No peers configured");
    node.monitor((change) => tellChange(node, change, log));
    return { node };
  } catch (error) {
    if (!(error instanceof NodeStartError)) throw error;
    log.error(`Node start failed for: ${nodeName}`, { reason: error.message });
    return { node: await startNode({ log }), fault: error.message };
  }
}

/** In words that operators look for. */
function tellChange(node: ClusterNode, { kind, node: peer, reason }: NodeChange, log: Log): void {
  const peers = node.list().length;
  if (kind === "up") {
    log.info(`Connected to peer: ${peer}`);
    log.info(`New peers detected (${peers - 1} -> ${peers}), setting up monitors`);
    return;
  }
  if (reason?.startsWith("silent") === true) log.warn(`mesh node heartbeat timeout: ${peer}`);
  log.warn(`Peer lost (${peers + 1} -> ${peers}) -- NODEDOWN detected`, { node: peer, reason });
}
