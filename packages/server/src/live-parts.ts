/** Puts together what tells of events as they are stored, and who may listen. */
import type { ApiDependencies } from "./api/dependencies.ts";
import { createFindViewer } from "./api/viewers.ts";
import { feedNodeOf } from "./cluster/feed-node.ts";
import type { JoinedCluster } from "./cluster/join-cluster.ts";
import type { Config } from "./config.ts";
import type { Database } from "./db/database.ts";
import { countUnresolvedIssues } from "./issues/issue-count.queries.ts";
import { Live } from "./live/live.ts";
import { RECHECK_MS } from "./live/recheck.ts";
import type { Seats } from "./live/seats.ts";
import { findProjectDetail } from "./organizations/projects.queries.ts";
import { redeemStreamTicket } from "./organizations/stream-tickets.ts";
import type { Log } from "./runtime/log.ts";
import { HEARTBEAT } from "./runtime/web-sockets/keep-alive.ts";

export interface LivePartsOptions {
  readonly config: Config;
  readonly cluster: JoinedCluster;
  readonly database: Database;
  readonly authenticate: ApiDependencies["authenticate"];
  readonly seats: Seats;
  readonly onDropped: () => void;
  readonly log: Log;
}

export function buildLive(options: LivePartsOptions): Live {
  const { config, cluster, database, authenticate, seats, onDropped, log } = options;
  const ownHosts = config.publicUrl === undefined ? [] : [new URL(config.publicUrl).host];
  return new Live({
    node: feedNodeOf(cluster.node),
    countUnresolved: (projectId) => countUnresolvedIssues(database, projectId),
    findViewer: createFindViewer(authenticate, ownHosts),
    redeemTicket: (ticket) => redeemStreamTicket(database, ticket),
    findProjectId: async (organizationId, given) => (await findProjectDetail(database, organizationId, given))?.id,
    seats,
    heartbeat: HEARTBEAT,
    recheckMs: RECHECK_MS,
    onDropped,
    now: Date.now,
    log,
  });
}
