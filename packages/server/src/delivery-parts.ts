/** Everything that sends messages to people and destinations. */
import { hostname } from "node:os";
import type { DeliveryFacts } from "./api/dependencies.ts";
import type { JoinedCluster } from "./cluster/join-cluster.ts";
import type { Config } from "./config.ts";
import type { Database } from "./db/database.ts";
import { DeliveryQueue } from "./deliveries/delivery-queue.ts";
import { Mailer } from "./deliveries/mail/mailer.ts";
import { parseAllowed } from "./deliveries/outbound/address-rule.ts";
import { OutboundClient } from "./deliveries/outbound/send-request.ts";
import { registerQueueGauges } from "./deliveries/queue-gauges.ts";
import { deriveKey } from "./deliveries/seal.ts";
import type { Log } from "./runtime/log.ts";
import type { Metrics } from "./runtime/metrics.ts";
import { VERSION } from "./version.ts";

export interface DeliveryParts {
  readonly config: Config;
  readonly cluster: JoinedCluster;
  readonly database: Database;
  readonly databaseUrl: string;
  /** Of the server, the same on all nodes. */
  readonly secret: string;
  readonly serverUrl: () => string;
  readonly metrics: Metrics;
  readonly log: Log;
}

export function buildDeliveries({ config, cluster, secret, metrics, ...parts }: DeliveryParts): {
  readonly queue: DeliveryQueue;
  readonly facts: DeliveryFacts;
} {
  const { smtpUrl, mailFrom, outboundAllow } = config;
  const mailer = smtpUrl === undefined || mailFrom === undefined ? undefined : new Mailer({ smtpUrl, from: mailFrom });
  const allowed = outboundAllow === "" ? { networks: [], hosts: [] } : parseAllowed(outboundAllow);
  const keys = { destinations: deriveKey(secret, "destinations"), unsubscribe: deriveKey(secret, "unsubscribe") };
  const queue = new DeliveryQueue({
    ...parts,
    outbound: new OutboundClient(allowed, `Mesher/${VERSION}`),
    mailer,
    keys,
    now: Date.now,
    node: config.nodeName === undefined ? `${hostname()}/${process.pid}` : cluster.node.self,
    onAttempt: (kind, outcome, seconds) => {
      metrics.deliveries.inc({ kind, outcome });
      metrics.deliverySeconds.observe({ kind }, seconds);
    },
  });
  registerQueueGauges(metrics.registry, { database: parts.database, log: parts.log, now: Date.now });
  return { queue, facts: { keys, isMailSetUp: mailer !== undefined } };
}
