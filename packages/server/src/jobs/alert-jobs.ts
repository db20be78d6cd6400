/** What fires alerts by the clock, once in the cluster. */

import { endAlerts } from "../alerts/end-alerts.ts";
import { type EvaluationReport, evaluateRules } from "../alerts/evaluate-rules.ts";
import type { FiringReport } from "../alerts/fire.ts";
import { fireSignals, type SignalsReport } from "../alerts/fire-signals.ts";
import { OLD_ALERTS } from "../alerts/old-alerts.queries.ts";
import { PartedRun } from "../db/parted-run.ts";
import { type InTransaction, type LeaseJob, type Run, resultOfParts, type TransactionJob } from "./job.ts";

const RULES_EVERY_MS = 30_000;
const RULES_RETRY_MS = 5_000;

/** Signals that no node has taken are left for no longer than this and a look at the jobs. */
const SIGNALS_EVERY_MS = 1_000;

/** Rules about the events of projects. */
export function alertRulesJob(told: (report: EvaluationReport, seconds: number) => void): LeaseJob {
  return {
    kind: "lease",
    isUrgent: true,
    name: "alert-rules",
    title: "Alert rules",
    about: "Fires rules about how many events there are.",
    everyMs: RULES_EVERY_MS,
    retryMs: RULES_RETRY_MS,
    run: async (write, run) => {
      const startedMs = performance.now();
      const parts = new PartedRun({ write, ...run });
      const report = await evaluateRules(parts);
      // Also where another project's part failed: these are committed.
      told(report, (performance.now() - startedMs) / 1000);
      return resultOfParts(parts, { rules: report.rules, ...numbersOf(report) });
    },
  };
}

/** Apart from the rules: however many alerts end, and however many are told of it, none fires later for it. */
export function alertEndsJob(told: (resolved: number) => void): LeaseJob {
  return {
    kind: "lease",
    isUrgent: true,
    name: "alert-ends",
    title: "Ended alerts",
    about: "Resolves alerts that are over.",
    everyMs: RULES_EVERY_MS,
    retryMs: RULES_RETRY_MS,
    run: async (write, run) => {
      const parts = new PartedRun({ write, ...run });
      const resolved = await endAlerts(parts);
      told(resolved);
      return resultOfParts(parts, { resolved });
    },
  };
}

/** What events brought about on a node that died before it fired, or could not. */
export function alertSignalsJob(told: (report: SignalsReport, seconds: number) => void): TransactionJob {
  return {
    kind: "transaction",
    name: "alert-signals",
    title: "Late alerts",
    about: "Fires alerts about single issues where the node that should have fired them stopped.",
    everyMs: SIGNALS_EVERY_MS,
    retryMs: SIGNALS_EVERY_MS,
    run: async (tx) => {
      const startedMs = performance.now();
      const report = await fireSignals(tx);
      const seconds = (performance.now() - startedMs) / 1000;
      return { result: { signals: report.signals, ...numbersOf(report) }, tell: () => told(report, seconds) };
    },
  };
}

const OLD_EVERY_MS = 3_600_000;
const OLD_RETRY_MS = 60_000;
const ROWS_PER_CHUNK = 2_000;

/** Of one table and run; the next one goes on. */
const CHUNKS_PER_RUN = 100;

export const oldAlertsJob: LeaseJob = {
  kind: "lease",
  name: "old-alerts",
  title: "Old alerts",
  about: "Removes alerts that are older than they are kept.",
  everyMs: OLD_EVERY_MS,
  retryMs: OLD_RETRY_MS,
  run: removeOldAlerts,
};

/** How many rows of each table were removed. */
export async function removeOldAlerts(
  write: InTransaction,
  { nowMs, signal }: Run,
  rowsPerChunk = ROWS_PER_CHUNK,
): Promise<Record<string, number>> {
  const removed: Record<string, number> = {};
  for (const [table, remove] of Object.entries(OLD_ALERTS)) {
    removed[table] = 0;
    for (let chunk = 0; chunk < CHUNKS_PER_RUN; chunk += 1) {
      signal.throwIfAborted();
      const rows = await write((tx) => remove(tx, nowMs, rowsPerChunk));
      removed[table] += rows;
      if (rows < rowsPerChunk) break;
    }
  }
  return removed;
}

const numbersOf = ({ fired, blocked, silenced, held }: FiringReport) => ({ fired, blocked, silenced, held });
