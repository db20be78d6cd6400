/** Resolves alerts whose condition has ended, and has those told who were told of the alert. */
import type { Transaction } from "../db/transaction.ts";
import { queueDeliveries } from "../deliveries/queue-deliveries.ts";
import { SYSTEM } from "./alert.ts";
import { insertActivity } from "./alert-activity.queries.ts";
import { nextStatus } from "./alert-life.ts";
import type { RuleKey } from "./alert-rule.ts";
import { setAlertStatus } from "./alerts.queries.ts";
import { SEEN_CONDITIONS } from "./conditions.ts";
import { countPairs, pairsOf } from "./fire-signals.ts";
import { listRulesById } from "./firing-rules.queries.ts";
import { findAlertedIssues } from "./issues-of-alerts.queries.ts";
import { type LockedAlert, listOpenOfConditions, lockOpenOfRules, lockOutdated } from "./locked-alerts.queries.ts";
import { noticeOf } from "./new-alert.ts";

/** `calm`: rules about a project's events that are not breached. How many alerts ended. */
export async function endAlerts(tx: Transaction, calm: readonly RuleKey[], nowMs: number): Promise<number> {
  const ofCalm = await lockOpenOfRules(tx, calm);
  const outdated = await lockOutdated(tx, nowMs);
  const unseen = await lockUnseen(tx, nowMs);
  const ended = [...new Map([...ofCalm, ...outdated, ...unseen].map((alert) => [alert.alertId, alert])).values()];
  return resolveAlerts(tx, ended);
}

/** About issues that were seen too often, and are not any more. */
async function lockUnseen(tx: Transaction, nowMs: number): Promise<LockedAlert[]> {
  const open = await listOpenOfConditions(tx, SEEN_CONDITIONS);
  const rules = new Map((await listRulesById(tx, distinctRules(open))).map((rule) => [rule.ruleId, rule]));
  const pairs = pairsOf(rules, open);
  const counts = await countPairs(tx, pairs, nowMs);
  const calm = pairs.filter(({ rule }, index) => (counts[index] ?? 0) <= rule.condition.threshold);
  const keys = new Set(calm.map(({ rule, issueId }) => `${rule.ruleId}/${issueId}`));
  const alerts = await lockOpenOfRules(tx, distinctRules(calm.map(({ rule }) => rule)));
  return alerts.filter(({ ruleId, issueId }) => keys.has(`${ruleId}/${issueId}`));
}

function distinctRules(keys: readonly RuleKey[]): RuleKey[] {
  return [...new Map(keys.map(({ projectId, ruleId }) => [ruleId, { projectId, ruleId }])).values()];
}

async function resolveAlerts(tx: Transaction, alerts: readonly LockedAlert[]): Promise<number> {
  const ending = alerts.flatMap((alert) => {
    const status = nextStatus(alert.status, "condition_ended");
    return status === undefined ? [] : [{ ...alert, status }];
  });
  await setAlertStatus(tx, ending);
  await insertActivity(
    tx,
    ending.map((alert) => ({ ...alert, kind: "resolved" as const, actor: SYSTEM })),
  );
  await tellResolved(tx, ending);
  return ending.length;
}

/** Those who were told of the alerts; of what was fired in silence nobody was. */
export async function tellResolved(tx: Transaction, ended: readonly LockedAlert[]): Promise<void> {
  const told = ended.filter(({ silenced }) => !silenced);
  const rules = new Map((await listRulesById(tx, distinctRules(told))).map((rule) => [rule.ruleId, rule]));
  const issues = await findAlertedIssues(
    tx,
    told.flatMap(({ projectId, issueId }) => (issueId === null ? [] : [{ projectId, issueId }])),
  );
  for (const { alertId, ruleId, issueId, message, triggeredAt } of told) {
    const rule = rules.get(ruleId);
    if (rule === undefined) continue;
    const alert = {
      alertId,
      rule,
      kind: "fired",
      issueId,
      issue: issueId === null ? undefined : issues.get(issueId),
      message,
      snapshot: {},
      suppressed: 0,
      triggeredAtMs: triggeredAt.getTime(),
    } as const;
    await queueDeliveries(tx, noticeOf(alert, "resolved"), rule.actions);
  }
}
