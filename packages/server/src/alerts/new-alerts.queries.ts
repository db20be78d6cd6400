/** Writes alerts that are fired. */
import type { Transaction } from "../db/transaction.ts";
import type { Told } from "../deliveries/queue-deliveries.ts";
import type { NewAlert } from "./new-alert.ts";

export interface InsertedAlert extends NewAlert {
  readonly silenced: boolean;
  /** Who shall be told of its end; null: nobody. */
  readonly told: Told | null;
}

/** Tests are over as soon as they are fired. */
export async function insertAlerts(tx: Transaction, alerts: readonly InsertedAlert[]): Promise<void> {
  if (alerts.length === 0) return;
  await tx.query({
    name: "alerts.insert",
    text: `
      insert into alerts (project_id, id, rule_id, kind, status, issue_id, message, condition_snapshot, suppressed, silenced,
        told, triggered_at, resolved_at)
      select project_id, id, rule_id, kind, case kind when 'test' then 'resolved' else 'active' end, issue_id, message,
        snapshot, suppressed, silenced, told, triggered_at, case kind when 'test' then triggered_at end
      from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::text[], $7::jsonb[], $8::integer[],
          $9::boolean[], $10::jsonb[], $11::timestamptz[])
        as t (project_id, id, rule_id, kind, issue_id, message, snapshot, suppressed, silenced, told, triggered_at)`,
    values: [
      alerts.map(({ rule }) => rule.projectId),
      alerts.map(({ alertId }) => alertId),
      alerts.map(({ rule }) => rule.ruleId),
      alerts.map(({ kind }) => kind),
      alerts.map(({ issueId }) => issueId),
      alerts.map(({ message }) => message),
      alerts.map(({ snapshot }) => JSON.stringify(snapshot)),
      alerts.map(({ suppressed }) => suppressed),
      alerts.map(({ silenced }) => silenced),
      alerts.map(({ told }) => (told === null ? null : JSON.stringify(told))),
      alerts.map(({ triggeredAtMs }) => new Date(triggeredAtMs)),
    ],
  });
}
