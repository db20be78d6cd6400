/** One look at all rules about the events of a project, and at what was held of storms. */
import { randomUUID } from "node:crypto";
import type { PartedRun } from "../db/parted-run.ts";
import type { Transaction } from "../db/transaction.ts";
import type { RuleKey } from "./alert-rule.ts";
import { PROJECT_CONDITIONS, type WindowCounts } from "./conditions.ts";
import { isProjectRule, judgeRules } from "./evaluate-windows.ts";
import { type Candidate, type FiringReport, fireAlerts, sumReports } from "./fire.ts";
import { type FiringRule, listEnabledRules, listRulesById } from "./firing-rules.queries.ts";
import { type AlertTelling, type NewAlert, tellingOf } from "./new-alert.ts";
import { endStorms, listEndedStorms } from "./storms.queries.ts";
import { writeAlerts } from "./write-alerts.ts";

export interface EvaluationReport extends FiringReport {
  readonly rules: number;
}

/** Alerts of one project are fired in one transaction: a project that cannot be told of its own keeps no other one waiting. */
export async function evaluateRules(run: PartedRun): Promise<EvaluationReport> {
  const enabled = await run.attempt((tx) => listEnabledRules(tx, PROJECT_CONDITIONS));
  const rules = (enabled ?? []).filter(isProjectRule);
  const judged = await run.together(rules, (tx, some) => judgeRules(tx, some, run.nowMs));
  const breached = judged.filter(({ isBreached }) => isBreached);
  const reports = await run.byProject(
    breached.map(({ rule, counts }) => ({ projectId: rule.projectId, ruleId: rule.ruleId, counts })),
    (tx, ofProject) => fireBreached(tx, ofProject, run.nowMs),
  );
  const storms = await run.attempt((tx) => listEndedStorms(tx, run.nowMs));
  const digests = await run.byProject(storms ?? [], (tx, ofProject) => tellStorms(tx, ofProject, run.nowMs));
  const report = sumReports(reports);
  return { ...report, rules: rules.length, tellings: [...report.tellings, ...digests.flat()] };
}

/** Of rules as they are now: they may have been silenced since they were judged. */
async function fireBreached(
  tx: Transaction,
  breached: readonly (RuleKey & { readonly counts: WindowCounts })[],
  nowMs: number,
): Promise<FiringReport> {
  const counts = new Map(breached.map((each) => [each.ruleId, each.counts]));
  const candidates = (await listRulesById(tx, breached)).flatMap((rule): Candidate[] => {
    const of = counts.get(rule.ruleId);
    return of === undefined ? [] : [{ rule, issueId: null, occurrences: 0, counts: of }];
  });
  return fireAlerts(tx, candidates, nowMs);
}

/** One alert of each rule for what was held of it, for whom the rule tells; of a rule that is silenced nobody is told. */
async function tellStorms(
  tx: Transaction,
  ended: readonly { readonly projectId: string }[],
  nowMs: number,
): Promise<AlertTelling[]> {
  const storms = await endStorms(tx, ended, nowMs);
  const rules = new Map((await listRulesById(tx, storms)).map((rule) => [rule.ruleId, rule]));
  const digests = storms.flatMap(({ ruleId, held }) => {
    const rule = rules.get(ruleId);
    return rule === undefined ? [] : [{ alert: digestOf(rule, held, nowMs), isSilenced: rule.isSilenced }];
  });
  await writeAlerts(tx, digests);
  return digests.filter(({ isSilenced }) => !isSilenced).map(({ alert }) => tellingOf(alert));
}

function digestOf(rule: FiringRule, held: number, nowMs: number): NewAlert {
  return {
    alertId: randomUUID(),
    rule,
    kind: "storm",
    issueId: null,
    issue: undefined,
    message: `Too many alerts to tell each: and ${held} more of the rule ${rule.name}`,
    snapshot: { ...rule.condition, rule_name: rule.name },
    suppressed: held,
    triggeredAtMs: nowMs,
  };
}
