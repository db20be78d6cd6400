/** `GET /api/v1/cluster`: the cluster as one node sees it. */

export interface ApiCluster {
  readonly mode: "standalone" | "cluster";
  /** Why it stands alone although it was to join a cluster. */
  readonly fault: string | null;
  /** `name@host:port`; "" for a node that stands alone. */
  readonly self: string;
  readonly transport: ApiTransport;
  readonly nodes: readonly ApiClusterNode[];
  /** Peers that are dialled and never answered. */
  readonly unreached: readonly string[];
  readonly refused: readonly ApiRefusedPeer[];
  readonly names: readonly { readonly name: string; readonly node: string }[];
  /** The node that owns the name `mesher_registry`. */
  readonly leader: string | null;
  readonly replication: ApiReplication;
  readonly offload: {
    /** Peers that store events which this node accepted. */
    readonly helpers: readonly ApiHelp[];
    /** Nodes whose events this one stores. */
    readonly helping: readonly ApiHelp[];
  };
}

/** What carries the connections between the nodes. */
export type ApiTransport =
  | { readonly kind: "none" | "mesh" }
  | {
      readonly kind: "nats";
      /** Without what it takes to log in. */
      readonly server: string;
      /** `refused`: another live node has this node's name. */
      readonly status: "connected" | "away" | "refused";
      /** Of the status. */
      readonly since: string;
      /** Why it is not connected. */
      readonly reason: string | null;
      /** Messages that did not come from a peer as they should, and were dropped. */
      readonly refused_messages: { readonly forged: number; readonly replayed: number; readonly stale: number };
    };

export interface ApiHelp {
  readonly node: string;
  readonly since: string;
  readonly batches: number;
  readonly events: number;
}

/** Copies of journals: what protects accepted events against the loss of a machine. */
export interface ApiReplication {
  /** Copies of this node's journal that are to be kept. */
  readonly wanted: number;
  /** `off`: none wanted. `degraded`: fewer than wanted are complete, and no peer is left to keep one. */
  readonly state: "off" | "complete" | "catching_up" | "degraded";
  /** Where copies of this node's journal are. */
  readonly holders: readonly { readonly node: string; readonly state: "catching_up" | "complete" }[];
  /** What this node keeps for others. */
  readonly copies: readonly {
    readonly journal_id: string;
    readonly owner: string;
    readonly bytes: number;
    /** Entries that are being stored from here because the owner is gone; null while the copy is only kept. */
    readonly waiting_entries: number | null;
  }[];
}

export interface ApiClusterNode {
  readonly name: string;
  readonly is_self: boolean;
  readonly status: "alive" | "dead" | "left";
  /** Of the status. */
  readonly since: string;
  readonly incarnation: string;
  readonly version: string;
  /** Why it is not alive. */
  readonly reason: string | null;
  /** What it last said of itself; null when that is too long ago. */
  readonly load: ApiLoad | null;
}

export interface ApiLoad {
  /** Within the last five seconds. */
  readonly accepted_events: number;
  /** Entries of the journal that wait to be stored. */
  readonly waiting_entries: number;
  /** How long the oldest of them has waited. */
  readonly lag_ms: number;
  /** Share of one core. */
  readonly cpu: number;
}

export interface ApiRefusedPeer {
  readonly peer: string;
  readonly reason: string;
  /** A sentence. */
  readonly message: string;
  /** Whether this node dialled the other, or was called by it. */
  readonly side: "dialled" | "called";
  readonly count: number;
  readonly last_at: string;
}
