/** Puts the server together: what exists, in which order it starts, and who knows whom. Nothing here decides anything. */
import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { formatDsn } from "@mesher/protocol";
import { buildAlerts } from "./alert-parts.ts";
import type { DeclaredRoute } from "./api/access.ts";
import { createAuthentication } from "./api/authenticate.ts";
import { pathPrefixOf, takePrefixOff } from "./api/path-prefix.ts";
import { HttpServer } from "./api/server.ts";
import { acceptElsewhere } from "./cluster/accept-elsewhere.ts";
import { announcementsOf } from "./cluster/announcements.ts";
import { registerClusterMetrics } from "./cluster/cluster-metrics.ts";
import { registerCounterMetrics } from "./cluster/counter-metrics.ts";
import { type JoinedCluster, joinCluster } from "./cluster/join-cluster.ts";
import { buildClusterParts } from "./cluster-parts.ts";
import type { Config } from "./config.ts";
import { type Database, openDatabase, waitForDatabase } from "./db/database.ts";
import { lockDirectory } from "./db/directory-lock.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "./db/embedded/embedded.ts";
import { migrate } from "./db/migrate.ts";
import { buildDeliveries } from "./delivery-parts.ts";
import { daysAhead, ensurePartitions } from "./events/partitions.ts";
import { DigestPool } from "./ingest/digest/digest-pool.ts";
import type { StoredMessage } from "./ingest/digest/digest-worker.ts";
import { Dispatcher } from "./ingest/digest/dispatcher.ts";
import { compileIpRanges } from "./ingest/filter/ip-range.ts";
import { FallbackSink } from "./ingest/journal/fallback-sink.ts";
import { claimJournal, listStoredRanges } from "./ingest/journal/journal.queries.ts";
import { Journal } from "./ingest/journal/journal.ts";
import { quarantineEntry, retryQuarantined } from "./ingest/journal/quarantine.ts";
import { OutcomeLedger } from "./ingest/outcome-ledger.ts";
import { ByteBudget } from "./ingest/receive/byte-budget.ts";
import type { IngestDependencies } from "./ingest/receive/dependencies.ts";
import { createIngestHandler } from "./ingest/receive/ingest-handler.ts";
import { IngestSockets } from "./ingest/receive/ingest-sockets.ts";
import { RECEIVE_LIMITS } from "./ingest/receive/limits.ts";
import { createRateLimiter } from "./ingest/receive/rate-limiter.ts";
import type { IssueChange } from "./issues/issue-change.ts";
import { buildJobs } from "./job-parts.ts";
import { Seats } from "./live/seats.ts";
import { buildLive } from "./live-parts.ts";
import { type FirstStart, prepareOrganization, readOrMakeToken } from "./organizations/first-start.ts";
import type { Project } from "./organizations/organizations.queries.ts";
import { ProjectKeys } from "./organizations/project-keys.ts";
import { type People, preparePeople } from "./prepare-people.ts";
import { readDiskSpace } from "./runtime/disk-space.ts";
import type { Log } from "./runtime/log.ts";
import { createMetrics } from "./runtime/metrics.ts";
import { type Service, startServices } from "./runtime/service.ts";
import { HEARTBEAT } from "./runtime/web-sockets/keep-alive.ts";
import { offerUpgrades, type UpgradeListener } from "./runtime/web-sockets/offer-upgrades.ts";
import { SocketPort } from "./runtime/web-sockets/socket-port.ts";
import { VERSION } from "./version.ts";

/** Quarantined entries that one request tries again. */
const QUARANTINE_RETRY_MAX = 100;

/** Announced with a `projectId`: its keys or settings are not what they were. */
const PROJECT_CHANGED = "project-settings";

const WORKERS_MAX_DEFAULT = 4;

export interface RunningServer {
  readonly port: number;
  readonly url: string;
  readonly token: string;
  readonly firstStart: FirstStart;
  readonly dsn: string;
  /** What the API answers to, and to whom. */
  readonly routes: readonly DeclaredRoute[];
  /** One-time, for the first owner; `undefined`: there is an owner. */
  readonly setupLink: string | undefined;
  readonly databaseUrl: string;
  /** Drains and stops everything it started, the database too. */
  stop(): Promise<void>;
}

/** Aborted, the signal ends a start that waits for the database, and any other after its present step. */
export async function startServer(config: Config, log: Log, signal?: AbortSignal): Promise<RunningServer> {
  signal?.throwIfAborted();
  await using started = new AsyncDisposableStack();

  // Also without a database in it: of two that write one journal, each would remove what the other has answered for.
  mkdirSync(config.dataDir, { recursive: true });
  started.use(lockDirectory(config.dataDir));
  const embedded =
    config.databaseUrl === undefined
      ? await startEmbeddedPostgres({ dataDir: config.dataDir, log: log.info })
      : undefined;
  if (embedded !== undefined) started.defer(() => embedded.stop());
  signal?.throwIfAborted();
  const databaseUrl = urlOf(config, embedded);

  const database = openDatabase({
    url: databaseUrl,
    poolSize: config.databasePoolSize,
    applicationName: "mesher",
    log: log.warn,
  });
  started.defer(() => database.close());
  await waitForDatabase(database, { timeoutMs: config.databaseWaitSeconds * 1000, log: log.info, signal });
  const cluster = await joinCluster(config, VERSION, log);
  started.defer(() => cluster.node.stop());
  await migrate(database, log.info);
  // Not left to the job, which runs a moment later and perhaps on another node.
  await ensurePartitions(database, daysAhead(Date.now()));

  signal?.throwIfAborted();
  const token = config.bootstrapToken ?? (await readOrMakeToken(config.dataDir));
  const firstStart = await prepareOrganization(database, token);
  const people = await preparePeople(config, { database, organizationId: firstStart.organizationId, log });
  const { journal, epoch } = await openJournal(config, database, cluster.node.self, log);
  started.defer(() => journal.close());

  const { services, http, urlNow, dsnOf, linkOf } = await buildServices({
    config,
    database,
    databaseUrl,
    cluster,
    journal,
    epoch,
    people,
    log,
  });
  signal?.throwIfAborted();
  const stopServices = await startServices(services);
  started.defer(stopServices);
  log.info("Foundation ready");

  const everything = started.move();
  return {
    port: http.port,
    url: urlNow(),
    token,
    firstStart,
    dsn: dsnOf(firstStart.defaultProject),
    routes: http.routes,
    setupLink: people.setupToken && linkOf("join", people.setupToken),
    databaseUrl,
    stop: () => everything.disposeAsync(),
  };
}

function urlOf(config: Config, embedded: EmbeddedPostgres | undefined): string {
  const url = config.databaseUrl ?? embedded?.url;
  if (url === undefined) throw new Error("there is no database");
  return url;
}

async function openJournal(config: Config, database: Database, node: string, log: Log) {
  const journal = await Journal.open({
    directory: join(config.dataDir, "journal"),
    bytesMax: config.journalBytesMax,
    log: (message, details) => log.error(message, details),
  });
  // Claimed first: from now on nobody else adds to what is stored.
  const epoch = await claimJournal(database, journal.id, node);
  const stored = await listStoredRanges(database, journal.id);
  journal.skipStored(stored);
  journal.useNoneOf(stored);
  if (journal.depth > 0)
    log.info("Journal has entries of an earlier run; they are stored now", { waiting: journal.depth });
  return { journal, epoch };
}

interface Parts {
  readonly config: Config;
  readonly database: Database;
  readonly databaseUrl: string;
  readonly cluster: JoinedCluster;
  readonly journal: Journal;
  /** Under which its entries may be stored. */
  readonly epoch: number;
  readonly people: People;
  readonly log: Log;
}

async function buildServices({ config, database, databaseUrl, cluster, journal, epoch, people, log }: Parts) {
  const seats = new Seats();
  const metrics = createMetrics(journal, seats);
  const keys = new ProjectKeys(database, log);
  const ledger = new OutcomeLedger(database, log);
  const announcements = announcementsOf(cluster.node);
  announcements.on(PROJECT_CHANGED, ({ projectId }) => keys.reload(String(projectId)));

  const authentication = createAuthentication(database, people.auth.findLogin);
  const { authenticate } = authentication;
  const onDropped = () => metrics.streamMessagesDropped.inc();
  const live = buildLive({ config, cluster, database, authenticate, seats, onDropped, log });

  const onIssueChanged = (change: IssueChange) => {
    metrics.issueChanges.inc({ action: change.action });
    live.tellIssue(change);
  };
  const deliveries = buildDeliveries({
    config,
    cluster,
    database,
    databaseUrl,
    secret: people.secret,
    serverUrl: () => urlNow(),
    metrics,
    log,
  });
  const alerts = buildAlerts({ database, metrics, tellAlert: (alert) => live.tellAlert(alert), log });
  const jobs = buildJobs({ config, cluster, database, metrics, onIssueChanged, alerts, log });

  let acceptedEvents = 0;
  const takeAccepted = () => {
    const taken = acceptedEvents;
    acceptedEvents = 0;
    return taken;
  };

  const pool = new DigestPool({
    databaseUrl,
    workers: config.workers ?? Math.min(WORKERS_MAX_DEFAULT, availableParallelism()),
    watchedProjects: () => live.feed.watched,
    onTold: (tellings) => {
      for (const telling of tellings) live.tellStored(telling);
    },
    onWorkerDeath: () => metrics.workerDeaths.inc(),
    log,
  });
  const onQuarantined = (events: number) => metrics.items.inc({ outcome: "quarantined", category: "error" }, events);
  const onStored = ({ outcomes, newIssues, regressions, signals }: StoredMessage) => {
    for (const { outcome, category, count } of outcomes) metrics.items.inc({ outcome, category }, count);
    metrics.newIssues.inc(newIssues);
    metrics.regressions.inc(regressions);
    if (signals > 0) alerts.watch.wake();
  };
  const dispatcher: Dispatcher = new Dispatcher({
    journal,
    epoch,
    pool,
    quarantine: async (entry) => {
      onQuarantined(await quarantineEntry(database, { id: journal.id, epoch: dispatcher.epoch }, entry));
    },
    onStored,
    onFenced: () => claimJournal(database, journal.id, cluster.node.self),
    log,
  });
  const { load, replicator, takeovers, offload, registry, journalsSeen, view } = await buildClusterParts({
    config,
    cluster,
    database,
    journal,
    epoch: () => dispatcher.epoch,
    pool,
    takeAccepted,
    onStored,
    onQuarantined,
    log,
  });
  registerClusterMetrics(metrics.registry, view);
  registerCounterMetrics(metrics.registry, () => cluster.node.counters());

  const ingestDeps: IngestDependencies = {
    findProjectKey: (publicKey) => keys.find(publicKey),
    journal: new FallbackSink(
      journal,
      (record) => acceptElsewhere(cluster.node, record),
      () => metrics.forwarded.inc(),
    ),
    rateLimiter: createRateLimiter({ events: config.rateLimitEvents, windowSeconds: config.rateLimitSeconds }),
    countOutcome: (ended) => {
      metrics.items.inc({ outcome: ended.outcome, category: ended.category }, ended.quantity);
      ledger.count(ended);
    },
    countAccepted: ({ category, quantity }) => {
      acceptedEvents += quantity;
      metrics.accepted.inc({ category }, quantity);
    },
    now: Date.now,
    makeEventId: () => randomBytes(16).toString("hex"),
    limits: { ...RECEIVE_LIMITS, wireBytesMax: config.requestBytesMax },
    isTrustedProxy: compileIpRanges(config.trustedProxies),
    log: { error: (fields, message) => log.error(message, fields) },
  };
  const budget = new ByteBudget(ingestDeps.limits.inFlightBytesMax);
  const ingest = createIngestHandler(ingestDeps, budget);
  const ingestSockets = new IngestSockets({ deps: ingestDeps, budget, heartbeat: HEARTBEAT });

  const prefix = pathPrefixOf(config.publicUrl);
  const offer = offerUpgrades([(each) => ingestSockets.upgrade(each), (each) => live.upgrade(each)]);
  const upgrade: UpgradeListener = (request, ...connection) => {
    takePrefixOff(request, prefix);
    offer(request, ...connection);
  };
  const socketPort = new SocketPort({ host: config.httpHost, port: config.wsPort, upgrade, log });
  const urlNow = () => config.publicUrl ?? `http://localhost:${http.port}`;
  const dsnOf = (project: Pick<Project, "number" | "publicKey">) => dsnAt(urlNow(), project);
  // Behind "#", which no browser sends: the token stands in no log of a server or proxy.
  const linkOf = (kind: "join" | "reset", token: string) => `${urlNow()}/${kind}#${token}`;
  const http = new HttpServer({
    host: config.httpHost,
    port: config.httpPort,
    trustedProxies: config.trustedProxies,
    ingest,
    upgrade,
    log,
    deps: {
      database,
      ...authentication,
      openEventStream: (request) => live.eventStreams.open(request),
      auth: people.auth,
      sealingSecret: people.secret,
      publicUrl: config.publicUrl,
      linkOf,
      dsnOf,
      projectChanged: (projectId) => {
        announcements.announce(PROJECT_CHANGED, { projectId });
        return keys.settled();
      },
      now: Date.now,
      onIssueChanged,
      onAlertFired: (alert) => live.tellAlert(alert),
      retryQuarantined: (projectId) => retryQuarantined(database, journal, { projectId, limit: QUARANTINE_RETRY_MAX }),
      deliveries: deliveries.facts,
      cluster: view,
      jobs: () => jobs.list(),
      diskSpace: () => readDiskSpace(config.dataDir),
      readiness: () => ({
        ready: journal.isAccepting,
        // Storing tells at once, but only while there is something to store.
        database: dispatcher.isDatabaseAway || keys.isDatabaseAway ? "away" : "reachable",
        journal: { waiting: journal.depth, bytes: journal.bytes, bytes_max: journal.bytesMax },
      }),
      metrics: async () => ({ contentType: metrics.registry.contentType, text: await metrics.registry.metrics() }),
    },
  });

  // Stopped in reverse: streams end, no event is taken any more, then what was taken is stored, then the rest ends.
  const services: Service[] = [
    // What runs by the clock, and what is known of projects.
    jobs,
    deliveries.queue,
    alerts.watch,
    keys,
    ledger,
    // The way of an event.
    load,
    live.feed,
    pool,
    replicator,
    takeovers,
    dispatcher,
    offload,
    journalsSeen,
    // Those who ask.
    registry,
    socketPort,
    http,
    live.eventStreams,
    live.sockets,
    ingestSockets,
    live.handOver,
  ];
  return { services, http, urlNow, dsnOf, linkOf };
}

/** How SDKs address a project at this server; empty if no key of it is valid. */
function dsnAt(serverUrl: string, { publicKey, number }: Pick<Project, "number" | "publicKey">): string {
  if (publicKey === null) return "";
  const url = new URL(serverUrl);
  return formatDsn({
    protocol: url.protocol === "https:" ? "https" : "http",
    publicKey,
    host: url.hostname,
    ...(url.port === "" ? {} : { port: Number(url.port) }),
    prefix: url.pathname.replace(/^\/+|\/+$/g, ""),
    projectNumber: number,
  });
}
