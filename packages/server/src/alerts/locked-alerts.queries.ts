/** Alerts that are about to change: those whose reason may be over, and the one a person means. This folder owns the table. */
import type { AlertStatus } from "@mesher/protocol";
import type { Transaction } from "../db/transaction.ts";
import type { AlertKey } from "./alert.ts";
import type { RuleKey } from "./alert-rule.ts";

export interface LockedAlert extends AlertKey, RuleKey {
  readonly status: AlertStatus;
  readonly issueId: string | null;
  readonly message: string;
  readonly silenced: boolean;
  readonly triggeredAt: Date;
}

interface OpenRow {
  project_id: string;
  id: string;
  rule_id: string;
  status: AlertStatus;
  issue_id: string | null;
  message: string;
  silenced: boolean;
  triggered_at: Date;
}

/** Alerts of one look; the next one finds the rest. */
export const OPEN_AT_ONCE = 500;

const COLUMNS = "a.project_id, a.id, a.rule_id, a.status, a.issue_id, a.message, a.silenced, a.triggered_at";
const LOCKED = `order by a.project_id, a.id limit ${OPEN_AT_ONCE} for no key update of a skip locked`;

const openOf = (row: OpenRow): LockedAlert => ({
  projectId: row.project_id,
  alertId: row.id,
  ruleId: row.rule_id,
  status: row.status,
  issueId: row.issue_id,
  message: row.message,
  silenced: row.silenced,
  triggeredAt: row.triggered_at,
});

/** Of these rules. Locked; those that somebody else is at are left out. */
export async function lockOpenOfRules(tx: Transaction, keys: readonly RuleKey[]): Promise<LockedAlert[]> {
  if (keys.length === 0) return [];
  const { rows } = await tx.query<OpenRow>({
    name: "alerts.lock_open_of_rules",
    text: `
      select ${COLUMNS} from unnest($1::uuid[], $2::uuid[]) as k (project_id, rule_id)
      join alerts a on a.project_id = k.project_id and a.rule_id = k.rule_id
      where a.status <> 'resolved' and a.kind = 'fired' ${LOCKED}`,
    values: [keys.map(({ projectId }) => projectId), keys.map(({ ruleId }) => ruleId)],
  });
  return rows.map(openOf);
}

/** Digests of storms are over after so long. */
const STORM_ALERT_HOURS = 1;

/** Of rules that are switched off, about issues that are not unresolved any more or gone, and old digests. Locked, as above. */
export async function lockOutdated(tx: Transaction, nowMs: number): Promise<LockedAlert[]> {
  const { rows } = await tx.query<OpenRow>({
    name: "alerts.lock_outdated",
    text: `
      select ${COLUMNS} from alerts a
      join alert_rules r on r.project_id = a.project_id and r.id = a.rule_id
      left join issues i on i.project_id = a.project_id and i.id = a.issue_id
      where a.status <> 'resolved' and (
        not r.enabled
        or (a.issue_id is not null and i.status is distinct from 'unresolved')
        or (a.kind = 'storm' and a.triggered_at < $1::timestamptz - make_interval(hours => ${STORM_ALERT_HOURS})))
      ${LOCKED}`,
    values: [new Date(nowMs)],
  });
  return rows.map(openOf);
}

/** Of rules of such conditions, about an issue. Not locked. */
export async function listOpenOfConditions(
  tx: Transaction,
  types: readonly string[],
): Promise<(RuleKey & { readonly issueId: string })[]> {
  const { rows } = await tx.query<{ project_id: string; rule_id: string; issue_id: string }>({
    name: "alerts.list_open_of_conditions",
    text: `
      select distinct a.project_id, a.rule_id, a.issue_id from alerts a
      join alert_rules r on r.project_id = a.project_id and r.id = a.rule_id
      where a.status <> 'resolved' and a.kind = 'fired' and a.issue_id is not null
        and r.condition ->> 'condition_type' = any($1::text[])
      limit ${OPEN_AT_ONCE}`,
    values: [types],
  });
  return rows.map((row) => ({ projectId: row.project_id, ruleId: row.rule_id, issueId: row.issue_id }));
}

/** One of an organization, whatever its status. Locked until the transaction ends. */
export async function lockAlert(
  tx: Transaction,
  organizationId: string,
  alertId: string,
): Promise<LockedAlert | undefined> {
  const { rows } = await tx.query<OpenRow>({
    name: "alerts.lock",
    text: `
      select ${COLUMNS} from alerts a join projects p on p.id = a.project_id
      where p.organization_id = $1 and a.id = $2 for no key update of a`,
    values: [organizationId, alertId],
  });
  return rows[0] && openOf(rows[0]);
}
