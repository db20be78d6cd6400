import type { Address } from "./claims.ts";
import type { MemberState } from "./membership.ts";
import type { RefusedPeer } from "./mesh-options.ts";
import type { TransportStatus } from "./wire.ts";

/** How the cluster looks from one node. */
export interface ClusterStatus {
  readonly mode: "standalone" | "cluster";
  readonly self: string;
  readonly incarnation: string;
  readonly version: string;
  readonly since: Date;
  readonly transport: TransportStatus;
  /** Peers there are or were, by name. */
  readonly peers: readonly (MemberState & { readonly queuedBytes: number; readonly refusedFrames: number })[];
  /** Peers that are dialled and were never reached. */
  readonly unreached: readonly string[];
  readonly refused: readonly RefusedPeer[];
  readonly names: readonly { readonly name: string; readonly address: Address }[];
  readonly processes: number;
  readonly rooms: number;
  readonly droppedSends: number;
  readonly droppedBroadcasts: number;
}
