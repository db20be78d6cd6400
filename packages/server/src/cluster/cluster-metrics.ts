import type { ApiCluster } from "@mesher/protocol";
import { Gauge, type Registry } from "prom-client";

/** Shows the cluster, as this node sees it, to Prometheus. Read when it is scraped. */
export function registerClusterMetrics(registry: Registry, view: () => ApiCluster): void {
  const gauge = (name: string, help: string, read: (cluster: ApiCluster) => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read(view()));
      },
    });
  const alive = ({ nodes }: ApiCluster) => nodes.filter(({ status }) => status === "alive").length;
  gauge("mesher_cluster_nodes_alive", "Nodes that this node sees alive, itself included.", alive);
  gauge(
    "mesher_cluster_nodes_down",
    "Nodes that were alive and are not.",
    (cluster) => cluster.nodes.length - alive(cluster),
  );
  gauge(
    "mesher_cluster_peers_refused",
    "Peers with which there is no session, for a known reason.",
    ({ refused }) => refused.length,
  );
  gauge(
    "mesher_cluster_transport_up",
    "1 while this node can reach others: 0 if the NATS server is away, or another node has this node's name.",
    ({ transport }) => Number(transport.kind !== "nats" || transport.status === "connected"),
  );
  gauge(
    "mesher_journal_copies",
    "Complete copies of this node's journal on other nodes.",
    ({ replication }) => replication.holders.filter(({ state }) => state === "complete").length,
  );
  gauge(
    "mesher_journal_copies_wanted",
    "Copies of this node's journal that are to be kept.",
    ({ replication }) => replication.wanted,
  );
  gauge(
    "mesher_journal_copies_kept",
    "Copies of other nodes' journals on this node.",
    ({ replication }) => replication.copies.length,
  );
  gauge(
    "mesher_journal_takeover_entries",
    "Entries of other nodes that are to be stored from here because those nodes are gone.",
    ({ replication }) => replication.copies.reduce((sum, { waiting_entries }) => sum + (waiting_entries ?? 0), 0),
  );
  gauge(
    "mesher_offload_helpers",
    "Peers that store events which this node accepted.",
    ({ offload }) => offload.helpers.length,
  );
  gauge(
    "mesher_offload_helped_events",
    "Events that the peers that help now have stored for this node.",
    ({ offload }) => offload.helpers.reduce((sum, { events }) => sum + events, 0),
  );
  gauge(
    "mesher_offload_helping",
    "Nodes whose events this node stores for them.",
    ({ offload }) => offload.helping.length,
  );
}
