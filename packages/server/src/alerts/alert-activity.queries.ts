/** Statements on `alert_activity`, which this folder owns: what happened to an alert, and who did it. */
import type { AlertActivityKind } from "@mesher/protocol";
import type { Queryable } from "../db/database.ts";
import type { Transaction } from "../db/transaction.ts";
import type { AlertActivity, AlertActor, AlertKey } from "./alert.ts";
import type { RuleKey } from "./alert-rule.ts";

export interface NewActivity extends AlertKey {
  readonly kind: AlertActivityKind;
  readonly actor: AlertActor;
  readonly details?: Readonly<Record<string, unknown>>;
}

export async function insertActivity(tx: Transaction, added: readonly NewActivity[]): Promise<void> {
  if (added.length === 0) return;
  await tx.query({
    name: "alert_activity.insert",
    text: `
      insert into alert_activity (project_id, alert_id, kind, actor_kind, actor_id, actor_name, details)
      select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::jsonb[])`,
    values: [
      added.map(({ projectId }) => projectId),
      added.map(({ alertId }) => alertId),
      added.map(({ kind }) => kind),
      added.map(({ actor }) => actor.kind),
      added.map(({ actor }) => actor.id),
      added.map(({ actor }) => actor.name),
      added.map(({ details }) => JSON.stringify(details ?? {})),
    ],
  });
}

/** Lines of one timeline. An alert gets few: its life is short, and only silences come again. */
const ACTIVITY_MAX = 200;

/** Oldest first. */
export async function listActivity(database: Queryable, { projectId, alertId }: AlertKey): Promise<AlertActivity[]> {
  const { rows } = await database.query<{
    kind: AlertActivityKind;
    at: Date;
    actor_kind: AlertActor["kind"];
    actor_id: string | null;
    actor_name: string;
    details: Record<string, unknown>;
  }>({
    name: "alert_activity.list",
    text: `
      select kind, at, actor_kind, actor_id, actor_name, details from alert_activity
      where project_id = $1 and alert_id = $2 order by id limit ${ACTIVITY_MAX}`,
    values: [projectId, alertId],
  });
  return rows.map((row) => ({
    kind: row.kind,
    at: row.at,
    actor: { kind: row.actor_kind, id: row.actor_id, name: row.actor_name },
    details: row.details,
  }));
}

/** Alerts that one silence is written into; the others are still silent. */
const OPEN_MAX = 500;

export function listOpenOfRule(tx: Transaction, { projectId, ruleId }: RuleKey): Promise<AlertKey[]> {
  return listOpen(tx, "rule_id", projectId, ruleId);
}

export function listOpenOfIssue(tx: Transaction, projectId: string, issueId: string): Promise<AlertKey[]> {
  return listOpen(tx, "issue_id", projectId, issueId);
}

async function listOpen(
  tx: Transaction,
  column: "rule_id" | "issue_id",
  projectId: string,
  id: string,
): Promise<AlertKey[]> {
  const { rows } = await tx.query<{ id: string }>({
    name: `alerts.list_open_by_${column}`,
    text: `
      select id from alerts where project_id = $1 and ${column} = $2 and status <> 'resolved'
      order by triggered_at desc limit ${OPEN_MAX}`,
    values: [projectId, id],
  });
  return rows.map((row) => ({ projectId, alertId: row.id }));
}
