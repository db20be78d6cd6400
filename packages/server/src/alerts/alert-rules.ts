/** Makes and changes rules, each with its line in the audit log. */
import type { Database } from "../db/database.ts";
import { withTransaction } from "../db/transaction.ts";
import type { Actor } from "../organizations/access.ts";
import { recordAudit } from "../organizations/audit.queries.ts";
import type { AlertActor } from "./alert.ts";
import { insertActivity, listOpenOfRule } from "./alert-activity.queries.ts";
import { type AlertRule, RULES_MAX, type RuleKey, type RuleSettings } from "./alert-rule.ts";
import { deleteRule, insertRule, lockRule, setRuleSilence, updateRule } from "./alert-rules.queries.ts";

/** The project has as many rules as it may. */
export class TooManyRulesError extends Error {
  override readonly name = "TooManyRulesError";

  constructor() {
    super(`a project has at most ${RULES_MAX} alert rules`);
  }
}

/** Its id. The project is one of the actor's organization. */
export async function createRule(
  database: Database,
  actor: Actor,
  projectId: string,
  settings: RuleSettings,
): Promise<string> {
  return withTransaction(database, async (tx) => {
    const ruleId = await insertRule(tx, projectId, settings);
    if (ruleId === undefined) throw new TooManyRulesError();
    await recordAudit(tx, {
      ...auditOf(actor, "alert_rule.created", { projectId, ruleId }),
      details: { project_id: projectId, name: settings.name, condition: settings.condition, enabled: settings.enabled },
    });
    return ruleId;
  });
}

/** What a change makes of a rule. Whether there is such a rule. */
export async function changeRule(
  database: Database,
  actor: Actor,
  ruleId: string,
  change: (rule: AlertRule) => RuleSettings,
): Promise<boolean> {
  return withTransaction(database, async (tx) => {
    const rule = await lockRule(tx, actor.organizationId, ruleId);
    if (rule === undefined) return false;
    const settings = change(rule);
    const changed = changedFields(rule, settings);
    if (changed.length === 0) return true;
    await updateRule(tx, rule, settings);
    await recordAudit(tx, {
      ...auditOf(actor, "alert_rule.changed", rule),
      details: {
        project_id: rule.projectId,
        name: settings.name,
        changed: Object.fromEntries(changed.map((field) => [field, { from: rule[field], to: settings[field] }])),
      },
    });
    return true;
  });
}

const FIELDS = [
  "name",
  "condition",
  "filters",
  "action",
  "enabled",
  "cooldownMinutes",
  "cooldownScope",
] as const satisfies readonly (keyof RuleSettings)[];

function changedFields(before: RuleSettings, after: RuleSettings): (typeof FIELDS)[number][] {
  return FIELDS.filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]));
}

/** With its alerts; those who were told of one that is open are told of its end. Whether there was such a rule. */
export async function removeRule(database: Database, actor: Actor, ruleId: string): Promise<boolean> {
  return withTransaction(database, async (tx) => {
    const rule = await lockRule(tx, actor.organizationId, ruleId);
    if (rule === undefined) return false;
    await deleteRule(tx, rule);
    await recordAudit(tx, {
      ...auditOf(actor, "alert_rule.deleted", rule),
      details: { project_id: rule.projectId, name: rule.name },
    });
    return true;
  });
}

/** Until when; `undefined`: there is no such rule. Its open alerts tell of it. */
export async function silenceRule(
  database: Database,
  { actor, alertActor }: { readonly actor: Actor; readonly alertActor: AlertActor },
  ruleId: string,
  minutes: number,
): Promise<Date | null | undefined> {
  return withTransaction(database, async (tx) => {
    const rule = await lockRule(tx, actor.organizationId, ruleId);
    if (rule === undefined) return undefined;
    const until = await setRuleSilence(tx, rule, minutes);
    await insertActivity(
      tx,
      (await listOpenOfRule(tx, rule)).map((alert) => ({
        ...alert,
        kind: until === null ? ("unsilenced" as const) : ("silenced" as const),
        actor: alertActor,
        details: { what: "rule", until },
      })),
    );
    await recordAudit(tx, {
      ...auditOf(actor, until === null ? "alert_rule.unsilenced" : "alert_rule.silenced", rule),
      details: { project_id: rule.projectId, name: rule.name, until },
    });
    return until;
  });
}

function auditOf(actor: Actor, action: string, { projectId, ruleId }: RuleKey) {
  return { organizationId: actor.organizationId, actor, action, target: { kind: "alert_rule", id: ruleId }, projectId };
}
