/** Rules as whoever evaluates them needs them. This folder owns the table. */
import type { AlertAction, AlertCondition, AlertConditionType, AlertFilters, CooldownScope } from "@mesher/protocol";
import type { Queryable } from "../db/database.ts";
import type { RuleKey } from "./alert-rule.ts";

export interface FiringRule extends RuleKey {
  readonly organizationId: string;
  readonly projectSlug: string;
  readonly projectName: string;
  readonly name: string;
  readonly condition: AlertCondition;
  readonly filters: AlertFilters;
  readonly actions: readonly AlertAction[];
  readonly cooldownMinutes: number;
  readonly cooldownScope: CooldownScope;
  readonly lastFiredAtMs: number | undefined;
  /** By the database's clock, at the moment of the look. */
  readonly isSilenced: boolean;
}

interface FiringRow {
  organization_id: string;
  project_id: string;
  project_slug: string;
  project_name: string;
  id: string;
  name: string;
  condition: AlertCondition;
  filters: AlertFilters;
  action: AlertAction | readonly AlertAction[];
  cooldown_minutes: number;
  cooldown_scope: CooldownScope;
  last_fired_at: Date | null;
  is_silenced: boolean;
}

const SELECT = `
  select p.organization_id, r.project_id, p.slug as project_slug, p.name as project_name, r.id, r.name, r.condition,
    r.filters, r.action, r.cooldown_minutes, r.cooldown_scope, r.last_fired_at,
    coalesce(r.silenced_until > clock_timestamp(), false) as is_silenced
  from alert_rules r join projects p on p.id = r.project_id`;

const ruleOf = (row: FiringRow): FiringRule => ({
  organizationId: row.organization_id,
  projectId: row.project_id,
  projectSlug: row.project_slug,
  projectName: row.project_name,
  ruleId: row.id,
  name: row.name,
  condition: row.condition,
  filters: row.filters,
  actions: "type" in row.action ? [row.action] : row.action,
  cooldownMinutes: row.cooldown_minutes,
  cooldownScope: row.cooldown_scope,
  lastFiredAtMs: row.last_fired_at?.getTime(),
  isSilenced: row.is_silenced,
});

/** Those that are switched on, with such conditions; of these projects, or of all. */
export async function listEnabledRules(
  database: Queryable,
  types: readonly AlertConditionType[],
  projectIds?: readonly string[],
): Promise<FiringRule[]> {
  const { rows } = await database.query<FiringRow>({
    name: "alert_rules.list_enabled",
    text: `
      ${SELECT}
      where r.enabled and r.condition ->> 'condition_type' = any($1::text[])
        and ($2::uuid[] is null or r.project_id = any($2))
      order by r.project_id, r.id`,
    values: [types, projectIds ?? null],
  });
  return rows.map(ruleOf);
}

/** Whatever their state. */
export async function listRulesById(database: Queryable, keys: readonly RuleKey[]): Promise<FiringRule[]> {
  if (keys.length === 0) return [];
  const { rows } = await database.query<FiringRow>({
    name: "alert_rules.list_by_id",
    text: `
      ${SELECT} join unnest($1::uuid[], $2::uuid[]) as k (project_id, id) on k.project_id = r.project_id and k.id = r.id`,
    values: [keys.map(({ projectId }) => projectId), keys.map(({ ruleId }) => ruleId)],
  });
  return rows.map(ruleOf);
}
