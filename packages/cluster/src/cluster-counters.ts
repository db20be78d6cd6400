/** What an operator's charts are drawn from: plain numbers, cheap to read. Those that count only ever grow in one life. */
import type { CallErrorReason } from "./call-error.ts";
import type { RefusalReason } from "./hello.ts";
import type { LoopLag } from "./loop-lag.ts";
import type { Traffic } from "./peer-link.ts";
import type { RefusedMessage } from "./wire.ts";

export interface PeerCounters extends Traffic {
  readonly name: string;
  /** There is a session now. */
  readonly isUp: boolean;
  /** Bytes that wait for it now. */
  readonly queuedBytes: number;
  /** Of the latest heartbeat; absent while there is no session, or none was answered yet. */
  readonly roundTripMs?: number;
}

export interface ClusterCounters {
  /** Sessions there are now. */
  readonly sessions: number;
  /** Every peer there was a session with, the latest 256; what it counts goes on over its sessions. */
  readonly peers: readonly PeerCounters[];
  /** Attempts at a session, from either side, that were refused or failed. */
  readonly refusedHandshakes: Readonly<Partial<Record<RefusalReason, number>>>;
  /** Over NATS: messages at the server that were dropped. */
  readonly refusedMessages: Readonly<Record<RefusedMessage, number>>;
  /** Of this node; `failed` by why, `no_process` and `failed` being answers. */
  readonly calls: { readonly made: number; readonly failed: Readonly<Partial<Record<CallErrorReason, number>>> };
  /** Requests of other nodes: calls, sends, and what nodes ask each other by themselves. */
  readonly requestsTaken: number;
  /** `dropped`: not confirmed by the node of the process. */
  readonly sends: { readonly made: number; readonly dropped: number };
  /** `dropped`: too many in one turn, or too long. What a single peer missed is among its `refusedFrames`. */
  readonly broadcasts: { readonly made: number; readonly dropped: number; readonly heard: number };
  /** Names of the cluster known here now, those owned here, and how often one was lost to an earlier claim. */
  readonly names: { readonly known: number; readonly own: number; readonly lost: number };
  /** Processes of this node now, and those of them that were spawned by name. */
  readonly processes: { readonly open: number; readonly spawned: number };
  /** Rooms with a member on this node now. */
  readonly rooms: number;
  readonly loopLag: LoopLag;
}
