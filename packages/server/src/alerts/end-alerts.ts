/** Resolves alerts whose condition has ended, and has those told who were told of the alert. */

import type { PartedRun } from "../db/parted-run.ts";
import type { Transaction } from "../db/transaction.ts";
import { queueDeliveries, queueForTold } from "../deliveries/queue-deliveries.ts";
import { SYSTEM } from "./alert.ts";
import { insertActivity } from "./alert-activity.queries.ts";
import { nextStatus } from "./alert-life.ts";
import type { RuleKey } from "./alert-rule.ts";
import { removeDeletedRules } from "./alert-rules.queries.ts";
import { setAlertStatus } from "./alerts.queries.ts";
import { PROJECT_CONDITIONS, SEEN_CONDITIONS } from "./conditions.ts";
import { isProjectRule, judgeRules } from "./evaluate-windows.ts";
import { countPairs, pairsOf } from "./fire-signals.ts";
import { listRulesById } from "./firing-rules.queries.ts";
import { findAlertedIssues } from "./issues-of-alerts.queries.ts";
import { type LockedAlert, lockOpen } from "./locked-alerts.queries.ts";
import { noticeOf } from "./new-alert.ts";
import { listOpenOfConditions, listOutdated, type OpenAlert } from "./open-alerts.queries.ts";

/** Of one transaction: each may have a thousand receivers. */
const ENDED_AT_ONCE = 25;

/** How many alerts ended. */
export async function endAlerts(run: PartedRun): Promise<number> {
  const outdated = await run.attempt((tx) => listOutdated(tx, run.nowMs));
  const found = [...(outdated ?? []), ...(await listCalm(run)), ...(await listUnseen(run))];
  const ended = [...new Map(found.map((alert) => [alert.alertId, alert])).values()];
  let count = 0;
  for (const ofProject of Map.groupBy(ended, ({ projectId }) => projectId).values())
    count += await endOfProject(run, ofProject);
  await run.attempt(removeDeletedRules);
  return count;
}

/** Of rules about a project's events that are not breached. */
async function listCalm(run: PartedRun): Promise<OpenAlert[]> {
  const open = (await run.attempt((tx) => listOpenOfConditions(tx, PROJECT_CONDITIONS))) ?? [];
  return run.together(open, async (tx, some) => {
    const rules = (await listRulesById(tx, distinctRules(some))).filter(isProjectRule);
    const judged = await judgeRules(tx, rules, run.nowMs);
    const calm = new Set(judged.filter(({ isBreached }) => !isBreached).map(({ rule }) => rule.ruleId));
    return some.filter(({ ruleId }) => calm.has(ruleId));
  });
}

/** About issues that were seen too often, and are not any more. */
async function listUnseen(run: PartedRun): Promise<OpenAlert[]> {
  const open = (await run.attempt((tx) => listOpenOfConditions(tx, SEEN_CONDITIONS))) ?? [];
  return run.together(open, async (tx, some) => {
    const rules = new Map((await listRulesById(tx, distinctRules(some))).map((rule) => [rule.ruleId, rule]));
    const pairs = pairsOf(rules, distinctPairs(some));
    const counts = await countPairs(tx, pairs, run.nowMs);
    const calm = pairs.filter(({ rule }, index) => (counts[index] ?? 0) <= rule.condition.threshold);
    const keys = new Set(calm.map(({ rule, issueId }) => `${rule.ruleId}/${issueId}`));
    return some.filter(({ ruleId, issueId }) => keys.has(`${ruleId}/${issueId}`));
  });
}

function distinctRules(keys: readonly RuleKey[]): RuleKey[] {
  return [...new Map(keys.map(({ projectId, ruleId }) => [ruleId, { projectId, ruleId }])).values()];
}

function distinctPairs(alerts: readonly OpenAlert[]) {
  const pairs = alerts.flatMap(({ ruleId, issueId }) => (issueId === null ? [] : [{ ruleId, issueId }]));
  return [...new Map(pairs.map((pair) => [`${pair.ruleId}/${pair.issueId}`, pair])).values()];
}

/** A few at a time. Where they are too many for a transaction one is not; where one fails too, the next run tries again. */
async function endOfProject(run: PartedRun, alerts: readonly OpenAlert[]): Promise<number> {
  const end = (some: readonly OpenAlert[]) => async (tx: Transaction) => resolveAlerts(tx, await lockOpen(tx, some));
  let size = ENDED_AT_ONCE;
  let count = 0;
  for (let next = 0; next < alerts.length; ) {
    const some = alerts.slice(next, next + size);
    const ended = size === 1 ? await run.attempt(end(some)) : await run.attemptQuietly(end(some));
    if (ended === undefined && size === 1) break;
    if (ended === undefined) {
      size = 1;
      continue;
    }
    count += ended;
    next += some.length;
  }
  return count;
}

/** Alerts that are locked. */
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
  for (const { alertId, ruleId, issueId, message, triggeredAt, told: receivers } of told) {
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
    const notice = noticeOf(alert, "resolved");
    if (receivers === null) await queueDeliveries(tx, notice, rule.actions);
    else await queueForTold(tx, notice, receivers);
  }
}
