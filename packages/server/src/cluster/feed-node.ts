import type { ClusterNode } from "@mesher/cluster";
import { askRegistry } from "./registry.ts";

/** How long a peer may take to hear what is watched here. A client that begins to listen waits for it. */
const TELL_MS_MAX = 1_000;

/** The node as the live feed uses it: rooms, and peers that are told what is watched here. */
export function feedNodeOf(node: ClusterNode) {
  return {
    rooms: node.rooms,
    list: () => node.list(),
    monitor: (listener: (change: { readonly kind: "up" | "down"; readonly node: string }) => void) =>
      node.monitor(listener),
    tellPeer: (peer: string, projects: readonly string[]) =>
      askRegistry(node, peer, { kind: "watch", node: node.self, projects }, TELL_MS_MAX),
  };
}
