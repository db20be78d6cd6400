/** Alerts that are about to change. This folder owns the table. */
import type { AlertStatus } from "@mesher/protocol";
import type { Transaction } from "../db/transaction.ts";
import type { Told } from "../deliveries/queue-deliveries.ts";
import type { AlertKey } from "./alert.ts";
import type { RuleKey } from "./alert-rule.ts";

export interface LockedAlert extends AlertKey, RuleKey {
  readonly status: AlertStatus;
  readonly issueId: string | null;
  readonly message: string;
  readonly silenced: boolean;
  /** Null: nobody was, or a node of the version before fired it. */
  readonly told: Told | null;
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
  told: Told | null;
  triggered_at: Date;
}

const COLUMNS = "a.project_id, a.id, a.rule_id, a.status, a.issue_id, a.message, a.silenced, a.told, a.triggered_at";

const openOf = (row: OpenRow): LockedAlert => ({
  projectId: row.project_id,
  alertId: row.id,
  ruleId: row.rule_id,
  status: row.status,
  issueId: row.issue_id,
  message: row.message,
  silenced: row.silenced,
  told: row.told,
  triggeredAt: row.triggered_at,
});

/** Those that are still open. Locked; those that somebody else is at are left out. */
export async function lockOpen(tx: Transaction, keys: readonly AlertKey[]): Promise<LockedAlert[]> {
  if (keys.length === 0) return [];
  const { rows } = await tx.query<OpenRow>({
    name: "alerts.lock_open",
    text: `
      select ${COLUMNS} from unnest($1::uuid[], $2::uuid[]) as k (project_id, id)
      join alerts a on a.project_id = k.project_id and a.id = k.id
      where a.status <> 'resolved'
      order by a.project_id, a.id for no key update of a skip locked`,
    values: [keys.map(({ projectId }) => projectId), keys.map(({ alertId }) => alertId)],
  });
  return rows.map(openOf);
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
