import type { PresharedKey } from "./cookie.ts";
import type { PeerRefusedError, RefusalReason } from "./hello.ts";
import type { NodeName } from "./node-name.ts";
import type { Seed } from "./peers.ts";

export interface MeshTuning {
  /** How often every peer is pinged, milliseconds. */
  readonly heartbeatMs: number;
  /** Silence after which a peer is dead, milliseconds. */
  readonly silenceMs: number;
  /** How long TLS may take, and again how long the hello may, milliseconds. */
  readonly handshakeMs: number;
  /** Longest frame to or from a peer. */
  readonly frameBytesMax: number;
  /** Bytes that may wait for a peer that does not read. */
  readonly queueBytesMax: number;
}

export const MESH_TUNING: MeshTuning = {
  heartbeatMs: 1_000,
  silenceMs: 6_000,
  handshakeMs: 3_000,
  frameBytesMax: 16 * 1024 * 1024,
  queueBytesMax: 32 * 1024 * 1024,
};

export interface MeshOptions extends MeshTuning {
  /** Port 0: any free one, which then is part of the name. */
  readonly node: NodeName;
  /** Address to listen on. Default: the host of the name if that is this machine only, else all. */
  readonly bindHost?: string;
  readonly keys: readonly PresharedKey[];
  readonly seeds: readonly Seed[];
  readonly version: string;
  readonly compatibility: string;
}

/** A node as its peer knows it. */
export interface PeerInfo {
  readonly name: string;
  readonly incarnation: string;
  readonly version: string;
}

export interface MeshListener {
  onUp(peer: PeerInfo): void;
  /** Once for every `onUp`. `hasLeft`: it said that it was going. */
  onDown(peer: PeerInfo, reason: string, hasLeft: boolean): void;
  /** What it throws ends the session. */
  onPacket(peer: PeerInfo, command: number, body: Buffer): void;
  /** Not again for the same peer and reason until there was a session with it. */
  onRefused(error: PeerRefusedError, side: "dialled" | "called"): void;
}

/** A peer with which there was no session, and why; the latest of its kind. */
export interface RefusedPeer {
  readonly peer: string;
  readonly reason: RefusalReason;
  readonly message: string;
  readonly side: "dialled" | "called";
  readonly count: number;
  readonly lastAt: Date;
}
