/** What carries the links between nodes: connections of their own, or a NATS server in the middle. */
import type { PresharedKey } from "./cookie.ts";
import type { Hello, PeerRefusedError, Refusal } from "./hello.ts";
import type { NodeName } from "./node-name.ts";
import type { PeerLink } from "./peer-link.ts";

export interface DialTarget {
  readonly host: string;
  readonly port: number;
  readonly key: PresharedKey;
  readonly hello: Hello;
  readonly signal: AbortSignal;
  /** Called when the hello goes out. */
  readonly onHello: () => void;
  /** Called in the same turn in which the welcome was read, so that no frame behind it is missed. */
  readonly onWelcome: (link: PeerLink, peer: Hello) => void;
}

/** What a node does with those who call it. */
export interface Acceptor {
  /** Either calls `welcome`, or says why not. */
  readonly judge: (hello: Hello, welcome: () => void) => Promise<Refusal | undefined>;
  readonly own: () => Hello;
  /** Called in the same turn in which the caller may begin to speak. */
  readonly onWelcomed: (link: PeerLink, peer: Hello) => void;
  /** A caller that was not let in, with the name it claims if it came so far. */
  readonly onRefused: (peer: string, error: PeerRefusedError) => void;
  /** A node has made itself known, without calling. */
  readonly onFound: (node: NodeName) => void;
  /** Another live node has this node's name and had it first: whatever links there are have to end. */
  readonly onNameTaken: (error: PeerRefusedError) => void;
}

export type TransportStatus =
  | { readonly kind: "none" | "mesh" }
  | {
      readonly kind: "nats";
      /** Without what it takes to log in. */
      readonly server: string;
      /** `refused`: another live node has this node's name. */
      readonly status: "connected" | "away" | "refused";
      /** Of this status. */
      readonly since: Date;
      /** Why it is not connected. */
      readonly reason?: string;
      /** Messages that did not come from a peer as they should, and were dropped. */
      readonly refusedMessages: Readonly<Record<RefusedMessage, number>>;
    };

/** Not sealed with the cookie or altered; heard before; of a link that has ended. */
export type RefusedMessage = "forged" | "replayed" | "stale";

export interface Wire {
  /**
   * Takes callers from now on. Resolves with the name by which this node is reached; rejects if it cannot be reached by
   * it, then with a `PeerRefusedError` `name_in_use` if another live node is.
   */
  listen(node: NodeName, acceptor: Acceptor): Promise<NodeName>;
  /** The node is ready for peers: makes it known where that is possible. */
  announce(): void;
  /** Resolves after `onWelcome`. Rejects with a `PeerRefusedError`, or with the reason of the signal. */
  dial(target: DialTarget): Promise<void>;
  /** Longest body of a frame. */
  readonly bodyBytesMax: number;
  readonly status: TransportStatus;
  close(): Promise<void>;
}
