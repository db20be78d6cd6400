/** Puts together what fires alerts, and who hears of it. */
import type { EvaluationReport } from "./alerts/evaluate-rules.ts";
import type { SignalsReport } from "./alerts/fire-signals.ts";
import type { AlertTelling } from "./alerts/new-alert.ts";
import { SignalWatch } from "./alerts/signal-watch.ts";
import type { Database } from "./db/database.ts";
import type { Log } from "./runtime/log.ts";
import type { Metrics } from "./runtime/metrics.ts";

export interface AlertPartsOptions {
  readonly database: Database;
  readonly metrics: Metrics;
  readonly tellAlert: (alert: AlertTelling) => void;
  readonly log: Log;
}

export interface AlertParts {
  readonly watch: SignalWatch;
  /** Hear of every evaluation on this node, after its commit. */
  readonly onEvaluated: (report: EvaluationReport, seconds: number) => void;
  readonly onEnded: (resolved: number) => void;
  readonly onSignals: (report: SignalsReport, seconds: number) => void;
}

export function buildAlerts({ database, metrics, tellAlert, log }: AlertPartsOptions): AlertParts {
  const count = (report: EvaluationReport | SignalsReport, seconds: number) => {
    metrics.alertRulesEvaluated.inc(report.rules);
    metrics.alertSeconds.inc(seconds);
    for (const result of ["fired", "blocked", "silenced", "held"] as const)
      if (report[result] > 0) metrics.alerts.inc({ result }, report[result]);
    for (const telling of report.tellings) tellAlert(telling);
  };
  const onEvaluated = (report: EvaluationReport, seconds: number) => {
    count(report, seconds);
    if (report.fired > 0) log.info(`Alert evaluator: checked rules, ${report.fired} fired`);
  };
  const onEnded = (resolved: number) => {
    if (resolved > 0) metrics.alerts.inc({ result: "resolved" }, resolved);
  };
  const watch = new SignalWatch({
    database,
    onFired: count,
    onFailed: (error) => log.warn("Alerts wait: signals could not be taken", { error: String(error) }),
  });
  return { watch, onEvaluated, onEnded, onSignals: count };
}
