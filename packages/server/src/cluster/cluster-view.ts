import type { TransportStatus } from "@mesher/cluster";
import type { ApiCluster, ApiClusterNode, ApiLoad, ApiReplication, ApiTransport } from "@mesher/protocol";
import type { JoinedCluster } from "./join-cluster.ts";
import type { Load, LoadMonitor } from "./load.ts";
import type { Offload } from "./offload.ts";
import { REGISTRY } from "./registry.ts";

/** What the other parts say of themselves. */
interface ViewedParts {
  readonly load: LoadMonitor;
  readonly replication: Omit<ApiReplication, "copies">;
  readonly copies: readonly {
    readonly journalId: string;
    readonly owner: string;
    readonly bytes: number;
    readonly waiting: number | undefined;
  }[];
  readonly offload: Offload["state"];
}

/** The cluster as the API shows it. */
export function viewCluster(
  { node, fault }: JoinedCluster,
  { load: loads, replication, copies, offload }: ViewedParts,
): ApiCluster {
  const status = node.status();
  const own: ApiClusterNode = {
    name: status.self,
    is_self: true,
    status: "alive",
    since: status.since.toISOString(),
    incarnation: status.incarnation,
    version: status.version,
    reason: null,
    load: viewLoad(loads.own),
  };
  const peers = status.peers.map(
    (peer): ApiClusterNode => ({
      name: peer.name,
      is_self: false,
      status: peer.status,
      since: peer.since.toISOString(),
      incarnation: peer.incarnation,
      version: peer.version,
      reason: peer.reason ?? null,
      load: peer.status === "alive" ? viewLoad(loads.of(peer.name)) : null,
    }),
  );
  return {
    mode: status.mode,
    fault: fault ?? null,
    self: status.self,
    transport: viewTransport(status.transport),
    nodes: [own, ...peers],
    unreached: status.unreached,
    refused: status.refused.map(({ lastAt, ...refused }) => ({ ...refused, last_at: lastAt.toISOString() })),
    names: status.names.map(({ name, address }) => ({ name, node: address.node })),
    replication: {
      ...replication,
      copies: copies.map(({ journalId, owner, bytes, waiting }) => ({
        journal_id: journalId,
        owner,
        bytes,
        waiting_entries: waiting ?? null,
      })),
    },
    offload: {
      helpers: offload.helpers.map((helper) => ({ ...helper, since: helper.since.toISOString() })),
      helping: offload.helping.map((helped) => ({ ...helped, since: helped.since.toISOString() })),
    },
    leader: node.names.whereis(REGISTRY)?.node ?? null,
  };
}

function viewTransport(transport: TransportStatus): ApiTransport {
  if (transport.kind !== "nats") return { kind: transport.kind };
  const { kind, server, status, since, reason, refusedMessages } = transport;
  return {
    kind,
    server,
    status,
    since: since.toISOString(),
    reason: reason ?? null,
    refused_messages: { ...refusedMessages },
  };
}

function viewLoad(load: Load | undefined): ApiLoad | null {
  if (load === undefined) return null;
  return {
    accepted_events: load.acceptedEvents,
    waiting_entries: load.waitingEntries,
    lag_ms: load.lagMs,
    cpu: load.cpu,
  };
}
