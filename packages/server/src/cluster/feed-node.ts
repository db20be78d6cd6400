import type { ClusterNode, Data, NodeChange } from "@mesher/cluster";
import type { WatchedProject } from "../search/stream-search.ts";
import { askRegistry } from "./registry.ts";

/** How long a peer may take to hear what is watched here. A client that begins to listen waits for it. */
const TELL_MS_MAX = 1_000;

/** The node as the live feed uses it: rooms, and peers that are told what is watched here. */
export function feedNodeOf(node: ClusterNode) {
  return {
    rooms: node.rooms,
    list: () => node.list(),
    monitor: (listener: (change: NodeChange) => void) => node.monitor(listener),
    tellPeer: async (peer: string, watched: readonly WatchedProject[], reason: string) => {
      const message = { kind: "watch", node: node.self, watched: watched as unknown as Data, reason };
      return parseWatched(await askRegistry(node, peer, message, TELL_MS_MAX));
    },
  };
}

/** What came from a node that has the cookie; one of another version may say something else. */
export function parseWatched(given: unknown): WatchedProject[] {
  if (!Array.isArray(given)) return [];
  return given.flatMap((each: unknown) => {
    const { projectId, searches } = (each ?? {}) as Partial<Record<keyof WatchedProject, unknown>>;
    if (typeof projectId !== "string" || !Array.isArray(searches)) return [];
    return [{ projectId, searches: searches.filter((search) => typeof search === "string") }];
  });
}
