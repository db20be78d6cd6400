/** What the node counts, in the form Prometheus scrapes. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

export interface Metrics {
  readonly registry: Registry;
  /** Items of events by how their way ended on this node. */
  readonly items: Counter<"outcome" | "category">;
  readonly accepted: Counter<"category">;
  readonly forwarded: Counter;
  readonly newIssues: Counter;
  readonly regressions: Counter;
  readonly issueChanges: Counter<"action">;
  readonly workerDeaths: Counter;
  readonly jobRuns: Counter<"job" | "outcome">;
  readonly jobSeconds: Counter<"job">;
  readonly streamMessagesDropped: Counter;
  readonly deliveries: Counter<"kind" | "outcome">;
  readonly deliverySeconds: Histogram<"kind">;
  readonly alertRulesEvaluated: Counter;
  readonly alerts: Counter<"result">;
  readonly alertSeconds: Counter;
}

export interface JournalGauges {
  readonly depth: number;
  readonly bytes: number;
  readonly bytesMax: number;
  readonly unreadableSegments: number;
}

export function createMetrics(journal: JournalGauges, streams: { readonly taken: number }): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix: "mesher_" });
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  gauge("mesher_journal_entries", "Accepted entries that wait for the database.", () => journal.depth);
  gauge("mesher_journal_bytes", "Bytes of the journal on disk.", () => journal.bytes);
  gauge("mesher_journal_bytes_max", "Bytes the journal may take before events are refused.", () => journal.bytesMax);
  gauge(
    "mesher_journal_unreadable_segments",
    "Files of the journal that the disk cannot read; what was accepted into them is not stored.",
    () => journal.unreadableSegments,
  );
  gauge("mesher_streams", "Clients that listen to a live stream of this node.", () => streams.taken);
  return {
    registry,
    items: new Counter({
      name: "mesher_ingest_items_total",
      help: "Items whose way ended on this node, by outcome (docs/outcomes.md).",
      labelNames: ["outcome", "category"],
      registers,
    }),
    accepted: new Counter({
      name: "mesher_ingest_accepted_total",
      help: "Events that a client was told are accepted.",
      labelNames: ["category"],
      registers,
    }),
    forwarded: new Counter({
      name: "mesher_ingest_forwarded_total",
      help: "Requests whose events another node keeps, because this node's journal could not.",
      registers,
    }),
    newIssues: new Counter({ name: "mesher_issues_new_total", help: "Issues made by an event.", registers }),
    regressions: new Counter({
      name: "mesher_issues_regressed_total",
      help: "Resolved issues that an event made unresolved.",
      registers,
    }),
    issueChanges: new Counter({
      name: "mesher_issue_changes_total",
      help: "Changes of issues that people made or time brought, on this node.",
      labelNames: ["action"],
      registers,
    }),
    workerDeaths: new Counter({
      name: "mesher_digest_worker_deaths_total",
      help: "Digest threads that died and were replaced.",
      registers,
    }),
    jobRuns: new Counter({
      name: "mesher_job_runs_total",
      help: "Runs on this node of what runs once in the cluster: succeeded, failed, lost (another node went on), handed_over (this node stopped).",
      labelNames: ["job", "outcome"],
      registers,
    }),
    jobSeconds: new Counter({
      name: "mesher_job_seconds_total",
      help: "Time that those runs took on this node.",
      labelNames: ["job"],
      registers,
    }),
    alertRulesEvaluated: new Counter({
      name: "mesher_alert_rules_evaluated_total",
      help: "Alert rules that were held against what happened, on this node.",
      registers,
    }),
    alerts: new Counter({
      name: "mesher_alerts_total",
      help: "What became of alerts on this node: fired; blocked by a cooldown; silenced; held for the digest of a storm; resolved because the condition ended.",
      labelNames: ["result"],
      registers,
    }),
    alertSeconds: new Counter({
      name: "mesher_alert_seconds_total",
      help: "Time that evaluating alert rules took on this node.",
      registers,
    }),
    streamMessagesDropped: new Counter({
      name: "mesher_stream_messages_dropped_total",
      help: "Messages of live streams that were left out because a client did not keep up. It was told.",
      registers,
    }),
    deliveries: new Counter({
      name: "mesher_deliveries_total",
      help: "Attempts of this node to deliver a message: sent, retried (failed, and tried again later), dead (given up), cancelled (nobody there), taken_over (by another node meanwhile).",
      labelNames: ["kind", "outcome"],
      registers,
    }),
    deliverySeconds: new Histogram({
      name: "mesher_delivery_seconds",
      help: "How long those attempts took.",
      labelNames: ["kind"],
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15],
      registers,
    }),
  };
}
