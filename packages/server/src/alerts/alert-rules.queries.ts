/** Statements on `alert_rules` for people who make and change them. This folder owns the table. */
import type { AlertAction, AlertCondition, AlertFilters, CooldownScope } from "@mesher/protocol";
import type { Database, Queryable } from "../db/database.ts";
import type { Transaction } from "../db/transaction.ts";
import { lockProject } from "../organizations/locks.queries.ts";
import { type AlertRule, RULES_MAX, type RuleKey, type RuleSettings } from "./alert-rule.ts";

interface RuleRow {
  project_id: string;
  id: string;
  name: string;
  condition: AlertCondition;
  filters: AlertFilters;
  action: AlertAction | readonly AlertAction[];
  enabled: boolean;
  cooldown_minutes: number;
  cooldown_scope: CooldownScope;
  last_fired_at: Date | null;
  silenced_until: Date | null;
  open_alerts: number;
  created_at: Date;
  updated_at: Date;
}

const SELECT = `
  select r.project_id, r.id, r.name, r.condition, r.filters, r.action, r.enabled, r.cooldown_minutes, r.cooldown_scope,
    r.last_fired_at, case when r.silenced_until > now() then r.silenced_until end as silenced_until, r.created_at,
    r.updated_at,
    (select count(*) from alerts a where a.project_id = r.project_id and a.rule_id = r.id and a.status <> 'resolved') as open_alerts
  from alert_rules r`;

const OF_ORGANIZATION = `
  ${SELECT} join projects p on p.id = r.project_id
  where p.organization_id = $1 and r.id = $2 and r.deleted_at is null`;

const ruleOf = (row: RuleRow): AlertRule => ({
  projectId: row.project_id,
  ruleId: row.id,
  name: row.name,
  condition: row.condition,
  filters: row.filters,
  action: row.action,
  enabled: row.enabled,
  cooldownMinutes: row.cooldown_minutes,
  cooldownScope: row.cooldown_scope,
  lastFiredAt: row.last_fired_at,
  silencedUntil: row.silenced_until,
  openAlerts: row.open_alerts,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

/** All of a project, oldest first. */
export async function listRules(database: Queryable, projectId: string): Promise<AlertRule[]> {
  const { rows } = await database.query<RuleRow>({
    name: "alert_rules.list",
    text: `${SELECT} where r.project_id = $1 and r.deleted_at is null order by r.created_at, r.id limit ${RULES_MAX}`,
    values: [projectId],
  });
  return rows.map(ruleOf);
}

export async function findRule(
  database: Queryable,
  organizationId: string,
  ruleId: string,
): Promise<AlertRule | undefined> {
  const { rows } = await database.query<RuleRow>({
    name: "alert_rules.find",
    text: OF_ORGANIZATION,
    values: [organizationId, ruleId],
  });
  return rows[0] && ruleOf(rows[0]);
}

/** Locked until the transaction ends. */
export async function lockRule(
  tx: Transaction,
  organizationId: string,
  ruleId: string,
): Promise<AlertRule | undefined> {
  const { rows } = await tx.query<RuleRow>({
    name: "alert_rules.lock",
    text: `${OF_ORGANIZATION} for update of r`,
    values: [organizationId, ruleId],
  });
  return rows[0] && ruleOf(rows[0]);
}

/** Its id; `undefined`: the project has as many as it may. */
export async function insertRule(
  tx: Transaction,
  projectId: string,
  settings: RuleSettings,
): Promise<string | undefined> {
  // Two at once would both find room for the last one.
  await lockProject(tx, projectId);
  const { rows } = await tx.query<{ id: string }>({
    name: "alert_rules.insert",
    text: `
      insert into alert_rules (project_id, name, condition, filters, action, enabled, cooldown_minutes, cooldown_scope)
      select $1, $2, $3, $4, $5, $6, $7, $8
      where (select count(*) from alert_rules where project_id = $1 and deleted_at is null) < ${RULES_MAX}
      returning id`,
    values: [projectId, ...valuesOf(settings)],
  });
  return rows[0]?.id;
}

export async function updateRule(tx: Transaction, key: RuleKey, settings: RuleSettings): Promise<void> {
  await tx.query({
    name: "alert_rules.update",
    text: `
      update alert_rules set name = $3, condition = $4, filters = $5, action = $6, enabled = $7, cooldown_minutes = $8,
        cooldown_scope = $9, updated_at = date_trunc('milliseconds', now())
      where project_id = $1 and id = $2`,
    values: [key.projectId, key.ruleId, ...valuesOf(settings)],
  });
}

function valuesOf(settings: RuleSettings): unknown[] {
  return [
    settings.name,
    JSON.stringify(settings.condition),
    JSON.stringify(settings.filters),
    JSON.stringify(settings.action),
    settings.enabled,
    settings.cooldownMinutes,
    settings.cooldownScope,
  ];
}

/** It is gone for everybody, and fires no more; once its open alerts are resolved `removeDeletedRules` removes it. */
export async function deleteRule(tx: Transaction, { projectId, ruleId }: RuleKey): Promise<void> {
  await tx.query({
    name: "alert_rules.delete",
    text: `
      update alert_rules set enabled = false, deleted_at = date_trunc('milliseconds', now())
      where project_id = $1 and id = $2`,
    values: [projectId, ruleId],
  });
}

/** Of one transaction: each goes with its alerts. */
const REMOVED_AT_ONCE = 10;

/** Those that are deleted and have no open alert. */
export async function removeDeletedRules(tx: Transaction): Promise<void> {
  await tx.query({
    name: "alert_rules.remove_deleted",
    text: `
      delete from alert_rules r using (
        select project_id, id from alert_rules d
        where d.deleted_at is not null and not exists (
          select from alerts a where a.project_id = d.project_id and a.rule_id = d.id and a.status <> 'resolved')
        order by d.deleted_at limit ${REMOVED_AT_ONCE}
        for update skip locked
      ) as over
      where r.project_id = over.project_id and r.id = over.id`,
  });
}

/** Until when, by the database's clock; null: no more. */
export async function setRuleSilence(tx: Transaction, key: RuleKey, minutes: number): Promise<Date | null> {
  const { rows } = await tx.query<{ silenced_until: Date | null }>({
    name: "alert_rules.set_silence",
    text: `
      update alert_rules set silenced_until = case when $3::integer > 0
        then date_trunc('milliseconds', now()) + make_interval(mins => $3::integer) end
      where project_id = $1 and id = $2 returning silenced_until`,
    values: [key.projectId, key.ruleId, minutes],
  });
  return rows[0]?.silenced_until ?? null;
}

/** Whether all these persons are members of the organization. */
export async function areMembers(
  database: Database,
  organizationId: string,
  userIds: readonly string[],
): Promise<boolean> {
  const { rows } = await database.query<{ count: number }>({
    name: "alert_rules.count_members",
    text: `
      select count(distinct user_id) as count from organization_members
      where organization_id = $1 and user_id = any($2::uuid[])`,
    values: [organizationId, userIds],
  });
  return rows[0]?.count === new Set(userIds).size;
}
