/** One look at all rules about the events of a project, at what was held of storms, and at alerts that may be over. */
import { randomUUID } from "node:crypto";
import type { Transaction } from "../db/transaction.ts";
import { queueDeliveries } from "../deliveries/queue-deliveries.ts";
import { SYSTEM } from "./alert.ts";
import { insertActivity } from "./alert-activity.queries.ts";
import { isProjectCondition, PROJECT_CONDITIONS } from "./conditions.ts";
import { endAlerts } from "./end-alerts.ts";
import { judgeRules, type ProjectRule } from "./evaluate-windows.ts";
import { type FiringReport, fireAlerts } from "./fire.ts";
import { type FiringRule, listEnabledRules, listRulesById } from "./firing-rules.queries.ts";
import { type AlertTelling, type NewAlert, noticeOf, tellingOf } from "./new-alert.ts";
import { insertAlerts } from "./new-alerts.queries.ts";
import { endStorms } from "./storms.queries.ts";

export interface EvaluationReport extends FiringReport {
  readonly rules: number;
  /** Alerts that ended. */
  readonly resolved: number;
}

/** `nowMs`: the database's clock. */
export async function evaluateRules(tx: Transaction, nowMs: number): Promise<EvaluationReport> {
  const rules = (await listEnabledRules(tx, PROJECT_CONDITIONS)).filter(isProjectRule);
  const judged = await judgeRules(tx, rules, nowMs);
  const breached = judged.filter(({ isBreached }) => isBreached);
  const report = await fireAlerts(
    tx,
    breached.map(({ rule, counts }) => ({ rule, issueId: null, occurrences: 0, counts })),
    nowMs,
  );
  const digests = await tellStorms(tx, nowMs);
  const calm = judged.filter(({ isBreached }) => !isBreached).map(({ rule }) => rule);
  const resolved = await endAlerts(tx, calm, nowMs);
  return { ...report, rules: rules.length, resolved, tellings: [...report.tellings, ...digests] };
}

const isProjectRule = (rule: FiringRule): rule is ProjectRule => isProjectCondition(rule.condition);

/** One alert of each rule for what was held of it, for whom the rule tells; of a rule that is silenced nobody is told. */
async function tellStorms(tx: Transaction, nowMs: number): Promise<AlertTelling[]> {
  const storms = await endStorms(tx, nowMs);
  const rules = new Map((await listRulesById(tx, storms)).map((rule) => [rule.ruleId, rule]));
  const alerts = storms.flatMap(({ ruleId, held }) => {
    const rule = rules.get(ruleId);
    return rule === undefined ? [] : [digestOf(rule, held, nowMs)];
  });
  await insertAlerts(
    tx,
    alerts.map((alert) => ({ ...alert, silenced: alert.rule.isSilenced })),
  );
  await insertActivity(
    tx,
    alerts.flatMap(({ rule: { projectId, isSilenced }, alertId, suppressed }) => {
      const fired = { projectId, alertId, kind: "fired" as const, actor: SYSTEM, details: { suppressed } };
      return isSilenced ? [fired, { projectId, alertId, kind: "silenced" as const, actor: SYSTEM }] : [fired];
    }),
  );
  const told = alerts.filter(({ rule }) => !rule.isSilenced);
  for (const alert of told) await queueDeliveries(tx, noticeOf(alert), alert.rule.actions);
  return told.map(tellingOf);
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
