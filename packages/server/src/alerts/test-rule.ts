/** Fires a rule on purpose, so that people see what it would tell and where. */
import { randomUUID } from "node:crypto";
import type { Database } from "../db/database.ts";
import { withTransaction } from "../db/transaction.ts";
import { queueDeliveries } from "../deliveries/queue-deliveries.ts";
import type { Actor } from "../organizations/access.ts";
import { recordAudit } from "../organizations/audit.queries.ts";
import type { AlertActor } from "./alert.ts";
import { insertActivity } from "./alert-activity.queries.ts";
import type { RuleKey } from "./alert-rule.ts";
import { messageOf } from "./conditions.ts";
import { listRulesById } from "./firing-rules.queries.ts";
import { type AlertTelling, type NewAlert, noticeOf, tellingOf } from "./new-alert.ts";
import { insertAlerts } from "./new-alerts.queries.ts";

/** What streams are told, after it; `undefined`: there is no such rule. Cooldown and silence do not count. */
export async function testRule(
  database: Database,
  { actor, alertActor }: { readonly actor: Actor; readonly alertActor: AlertActor },
  key: RuleKey,
  nowMs: number,
): Promise<AlertTelling | undefined> {
  return withTransaction(database, async (tx) => {
    const [rule] = await listRulesById(tx, [key]);
    if (rule === undefined || rule.organizationId !== actor.organizationId) return undefined;
    const alert: NewAlert = {
      alertId: randomUUID(),
      rule,
      kind: "test",
      issueId: null,
      issue: undefined,
      message: `Test of ${rule.name}: ${messageOf(rule.condition, null)}`,
      snapshot: { ...rule.condition, rule_name: rule.name, filters: rule.filters },
      suppressed: 0,
      triggeredAtMs: nowMs,
    };
    await insertAlerts(tx, [{ ...alert, silenced: false, told: null }]);
    const { projectId, ruleId } = rule;
    await insertActivity(tx, [{ projectId, alertId: alert.alertId, kind: "fired", actor: alertActor }]);
    await queueDeliveries(tx, noticeOf(alert), rule.actions);
    await recordAudit(tx, {
      organizationId: actor.organizationId,
      actor,
      action: "alert_rule.tested",
      target: { kind: "alert_rule", id: ruleId },
      projectId,
      details: { project_id: projectId, name: rule.name },
    });
    return tellingOf(alert);
  });
}
