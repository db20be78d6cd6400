/** Puts together what a server does because it is a node: its load, its registry, and the copies of journals. */
import { join } from "node:path";
import { viewCluster } from "./cluster/cluster-view.ts";
import type { JoinedCluster } from "./cluster/join-cluster.ts";
import { LoadMonitor } from "./cluster/load.ts";
import { Offload } from "./cluster/offload.ts";
import { askRegistry, Registry } from "./cluster/registry.ts";
import { takeReplicas, tellReplica } from "./cluster/replicas.ts";
import type { Config } from "./config.ts";
import type { Database } from "./db/database.ts";
import type { DigestPool } from "./ingest/digest/digest-pool.ts";
import type { StoredMessage } from "./ingest/digest/digest-worker.ts";
import { acceptRecord } from "./ingest/journal/fallback-sink.ts";
import { type Journal, segmentBytesOf } from "./ingest/journal/journal.ts";
import { JournalsSeen } from "./ingest/journal/journals-seen.ts";
import { help } from "./ingest/offload/help.ts";
import { Lender } from "./ingest/offload/lender.ts";
import { parseHelperMessage } from "./ingest/offload/offload-messages.ts";
import {
  BACKLOG_MIN,
  CALM_MEASUREMENTS,
  chooseHelper,
  HELPERS_MAX,
  isOverloaded,
} from "./ingest/offload/offload-rule.ts";
import { ReplicaStore } from "./ingest/replicas/replica-store.ts";
import { REPLICA_WRITE_MS_MAX, Replicator } from "./ingest/replicas/replicator.ts";
import { parseOwnerAnswer } from "./ingest/replicas/takeover-rule.ts";
import { Takeovers } from "./ingest/replicas/takeovers.ts";
import type { Log } from "./runtime/log.ts";

/** How long the owner of a journal may take to say which it has. */
const OWNER_ANSWER_MS = 2_000;

export interface ClusterPartsOptions {
  readonly config: Config;
  readonly cluster: JoinedCluster;
  readonly database: Database;
  readonly journal: Journal;
  /** Under which the journal's entries may be stored now. */
  readonly epoch: () => number;
  readonly pool: DigestPool;
  readonly takeAccepted: () => number;
  readonly onStored: (message: StoredMessage) => void;
  readonly onQuarantined: (events: number) => void;
  readonly log: Log;
}

export async function buildClusterParts(options: ClusterPartsOptions) {
  const { config, cluster, database, journal, epoch, pool, takeAccepted, onStored, onQuarantined, log } = options;
  const { node } = cluster;
  const load = new LoadMonitor(
    node,
    { takeAccepted, waitingEntries: () => journal.depth, lagMs: () => journal.lagMs },
    log,
  );

  const store = await ReplicaStore.open({
    directory: join(config.dataDir, "replicas"),
    bytesMax: config.journalBytesMax,
    segmentBytes: segmentBytesOf({ bytesMax: config.journalBytesMax }),
  });
  takeReplicas(node, (message) => store.hear(message), log);
  const replicator = new Replicator({
    journal,
    self: node.self,
    wanted: node.self === "" ? 0 : Number(config.replicas),
    peers: () => node.list(),
    tell: (peer, message) => tellReplica(node, peer, message, REPLICA_WRITE_MS_MAX),
    log,
  });
  const takeovers = new Takeovers({
    store,
    database,
    pool,
    self: node.self,
    isAlive: (name) => name === node.self || node.list().includes(name),
    askOwner: async (owner) => parseOwnerAnswer(await askRegistry(node, owner, { kind: "journal" }, OWNER_ANSWER_MS)),
    onStored,
    onQuarantined,
    log,
  });
  node.monitor(() => {
    replicator.adjust();
    takeovers.look();
  });

  const lender = new Lender({
    journal,
    epoch,
    onReturned: (helper, reason) => log.warn("Peer could not store a batch; it is stored here", { helper, reason }),
  });
  const offload = new Offload({
    node,
    load,
    lender: {
      admit: (helper) => lender.admit(helper),
      dismiss: (helper) => lender.dismiss(helper),
      countOf: (helper) => lender.countOf(helper),
      hear: (message) => lender.hear(parseHelperMessage(message)),
    },
    rules: {
      isOverloaded: (now, before) => isOverloaded(now, before, config.offloadEvents),
      isCalm: ({ waitingEntries }) => waitingEntries < BACKLOG_MIN,
      calmMeasurements: CALM_MEASUREMENTS,
      helpersMax: HELPERS_MAX,
      choose: (own, candidates) => chooseHelper(own, candidates, Math.random),
    },
    help: ({ onEvents, ...work }) =>
      help({
        ...work,
        pool,
        onStored: (message) => {
          onEvents(message.stored);
          onStored(message);
        },
      }),
    log,
  });

  const registry = new Registry(
    node,
    {
      report: () => ({ load: { ...load.own } }),
      journal: () => ({ journalId: journal.id, holders: replicator.holders, storing: takeovers.readableJournalIds }),
      accept: async ({ record }) => acceptRecord(journal, Buffer.from(String(record), "base64")),
    },
    log,
  );
  const journalsSeen = new JournalsSeen(database, () => [journal.id, ...takeovers.journalIds], log);
  const view = () =>
    viewCluster(cluster, { load, replication: replicator.state, copies: takeovers.copies, offload: offload.state });
  return { load, replicator, takeovers, offload, registry, journalsSeen, view };
}
