/** Statements on `alerts` for people who read and change them. This folder owns the table. */
import type { AlertKind, AlertStatus } from "@mesher/protocol";
import type { Queryable } from "../db/database.ts";
import type { Transaction } from "../db/transaction.ts";
import type { Alert, AlertKey } from "./alert.ts";

interface AlertRow {
  project_id: string;
  id: string;
  rule_id: string;
  rule_name: string;
  kind: AlertKind;
  status: AlertStatus;
  issue_id: string | null;
  issue_number: string | null;
  issue_title: string | null;
  project_slug: string;
  message: string;
  condition_snapshot: Record<string, unknown>;
  suppressed: number;
  silenced: boolean;
  triggered_at: Date;
  acknowledged_at: Date | null;
  resolved_at: Date | null;
}

const SELECT = `
  select a.project_id, a.id, a.rule_id, r.name as rule_name, a.kind, a.status, a.issue_id, i.number as issue_number,
    i.title as issue_title, p.slug as project_slug, a.message, a.condition_snapshot, a.suppressed, a.silenced,
    a.triggered_at, a.acknowledged_at, a.resolved_at
  from alerts a
  join alert_rules r on r.project_id = a.project_id and r.id = a.rule_id and r.deleted_at is null
  join projects p on p.id = a.project_id
  left join issues i on i.project_id = a.project_id and i.id = a.issue_id`;

const alertOf = (row: AlertRow): Alert => ({
  projectId: row.project_id,
  alertId: row.id,
  ruleId: row.rule_id,
  ruleName: row.rule_name,
  kind: row.kind,
  status: row.status,
  message: row.message,
  conditionSnapshot: row.condition_snapshot,
  issue: row.issue_id === null ? null : issueOf(row.issue_id, row),
  silenced: row.silenced,
  suppressed: row.suppressed,
  triggeredAt: row.triggered_at,
  acknowledgedAt: row.acknowledged_at,
  resolvedAt: row.resolved_at,
});

function issueOf(id: string, { issue_number: number, issue_title: title, project_slug: slug }: AlertRow) {
  return { id, shortId: number === null ? null : `${slug.toUpperCase()}-${number}`, title };
}

export interface AlertSelection {
  readonly projectId: string;
  readonly status?: AlertStatus | undefined;
  readonly ruleId?: string | undefined;
  readonly issueId?: string | undefined;
  readonly after?: { readonly at: Date; readonly id: string } | undefined;
  readonly limit: number;
}

/** A page, newest first. */
export async function listAlerts(database: Queryable, selection: AlertSelection): Promise<Alert[]> {
  const { projectId, status, ruleId, issueId, after, limit } = selection;
  const values: unknown[] = [projectId];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const conditions = ["a.project_id = $1"];
  if (status !== undefined) conditions.push(`a.status = ${bind(status)}`);
  if (ruleId !== undefined) conditions.push(`a.rule_id = ${bind(ruleId)}`);
  if (issueId !== undefined) conditions.push(`a.issue_id = ${bind(issueId)}`);
  if (after !== undefined)
    conditions.push(`(a.triggered_at, a.id) < (${bind(after.at)}::timestamptz, ${bind(after.id)}::uuid)`);
  const { rows } = await database.query<AlertRow>({
    text: `${SELECT} where ${conditions.join(" and ")} order by a.triggered_at desc, a.id desc limit ${bind(limit)}`,
    values,
  });
  return rows.map(alertOf);
}

export interface FoundAlert extends Alert {
  readonly ruleSilencedUntil: Date | null;
  readonly issueSilencedUntil: Date | null;
}

export async function findAlert(
  database: Queryable,
  organizationId: string,
  alertId: string,
): Promise<FoundAlert | undefined> {
  const { rows } = await database.query<
    AlertRow & { rule_silenced_until: Date | null; issue_silenced_until: Date | null }
  >({
    name: "alerts.find",
    text: `
      select f.*,
        (select silenced_until from alert_rules r where r.project_id = f.project_id and r.id = f.rule_id
          and r.silenced_until > now()) as rule_silenced_until,
        (select silenced_until from alert_issue_silences s where s.project_id = f.project_id and s.issue_id = f.issue_id
          and s.silenced_until > now()) as issue_silenced_until
      from (${SELECT} where p.organization_id = $1 and a.id = $2) f`,
    values: [organizationId, alertId],
  });
  const [row] = rows;
  if (row === undefined) return undefined;
  return {
    ...alertOf(row),
    ruleSilencedUntil: row.rule_silenced_until,
    issueSilencedUntil: row.issue_silenced_until,
  };
}

/** Of locked alerts. The moments are the database's. */
export async function setAlertStatus(
  tx: Transaction,
  alerts: readonly (AlertKey & { readonly status: AlertStatus })[],
): Promise<void> {
  if (alerts.length === 0) return;
  await tx.query({
    name: "alerts.set_status",
    text: `
      update alerts a set status = t.status,
        acknowledged_at = case when t.status = 'acknowledged' then date_trunc('milliseconds', clock_timestamp())
          else a.acknowledged_at end,
        resolved_at = case when t.status = 'resolved' then date_trunc('milliseconds', clock_timestamp()) end
      from unnest($1::uuid[], $2::uuid[], $3::text[]) as t (project_id, id, status)
      where a.project_id = t.project_id and a.id = t.id`,
    values: [
      alerts.map(({ projectId }) => projectId),
      alerts.map(({ alertId }) => alertId),
      alerts.map(({ status }) => status),
    ],
  });
}
