import { CallError, type ClusterNode } from "@mesher/cluster";
import { askRegistry, peersWithRegistry } from "./registry.ts";

/** How long a peer may take to have an entry on its disk. */
const ACCEPT_MS_MAX = 2_000;

/** Peers that are asked before the sender is told to come again. */
const PEERS_MAX = 2;

/** Asks peers, one after the other, to take an entry's record. `false`: none did. */
export async function acceptElsewhere(node: ClusterNode, record: Buffer): Promise<boolean> {
  for (const peer of peersWithRegistry(node).slice(0, PEERS_MAX)) {
    try {
      await askRegistry(node, peer, { kind: "accept", record: record.toString("base64") }, ACCEPT_MS_MAX);
      return true;
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
    }
  }
  return false;
}
