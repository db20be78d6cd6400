/** Everything that runs by the clock, and once in the cluster. */
import { hostname } from "node:os";
import type { AlertParts } from "./alert-parts.ts";
import type { JoinedCluster } from "./cluster/join-cluster.ts";
import type { Config } from "./config.ts";
import type { Database } from "./db/database.ts";
import type { IssueChange } from "./issues/issue-change.ts";
import { alertEndsJob, alertRulesJob, alertSignalsJob, oldAlertsJob } from "./jobs/alert-jobs.ts";
import { deliveriesJob } from "./jobs/deliveries-job.ts";
import { issueTimesJob } from "./jobs/issue-times-job.ts";
import { JobRunner } from "./jobs/job-runner.ts";
import { leftoversJob } from "./jobs/leftovers-job.ts";
import { digestsJob, weeklyReportsJob } from "./jobs/mail-jobs.ts";
import { partitionsJob } from "./jobs/partitions-job.ts";
import { removedProjectsJob } from "./jobs/removed-projects.ts";
import { retentionJob } from "./jobs/retention.ts";
import { spikesJob } from "./jobs/spikes-job.ts";
import type { Log } from "./runtime/log.ts";
import type { Metrics } from "./runtime/metrics.ts";

export interface JobParts {
  readonly config: Config;
  readonly cluster: JoinedCluster;
  readonly database: Database;
  readonly metrics: Metrics;
  readonly onIssueChanged: (change: IssueChange) => void;
  readonly alerts: AlertParts;
  readonly log: Log;
}

export function buildJobs({ config, cluster, database, metrics, onIssueChanged, alerts, log }: JobParts): JobRunner {
  const onEscalated = (changes: readonly IssueChange[]) => {
    if (changes.length > 0) log.info(`Spike checker: escalated ${changes.length} archived issues`);
    for (const change of changes) onIssueChanged(change);
    if (changes.length > 0) alerts.watch.wake();
  };
  return new JobRunner({
    database,
    jobs: [
      partitionsJob(database),
      issueTimesJob(database, onIssueChanged),
      spikesJob(onEscalated),
      alertRulesJob(alerts.onEvaluated),
      alertEndsJob(alerts.onEnded),
      alertSignalsJob(alerts.onSignals),
      oldAlertsJob,
      retentionJob(database, {
        onDropped: (partition) => log.info(`Dropped expired partition: ${partition}`),
        onRemoved: (removed) =>
          log.info(`Retention cleanup: deleted ${removed.events_deleted} expired events`, removed),
      }),
      deliveriesJob((deliveries) => log.warn(`Deliveries of a node that is gone are taken up: ${deliveries}`)),
      digestsJob,
      weeklyReportsJob(database),
      removedProjectsJob,
      leftoversJob(database),
    ],
    holder: config.nodeName === undefined ? `${hostname()}/${process.pid}` : cluster.node.self,
    onRun: (job, outcome, seconds) => {
      metrics.jobRuns.inc({ job, outcome });
      metrics.jobSeconds.inc({ job }, seconds);
    },
    log,
  });
}
