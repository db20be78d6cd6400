/** Looks for alerts whose reason may be over. Nothing is locked. This folder owns the table. */
import type { Transaction } from "../db/transaction.ts";
import type { AlertKey } from "./alert.ts";
import type { RuleKey } from "./alert-rule.ts";

export interface OpenAlert extends AlertKey, RuleKey {
  readonly issueId: string | null;
}

/** Alerts of one look: of each project, so that none has to wait for another, and of all. The next look finds the rest. */
const OPEN_OF_PROJECT = 500;
const OPEN_AT_ONCE = 10_000;

interface OpenRow {
  project_id: string;
  id: string;
  rule_id: string;
  issue_id: string | null;
}

const COLUMNS = `a.project_id, a.id, a.rule_id, a.issue_id,
  row_number() over (partition by a.project_id order by a.id) as place`;

const fairly = (select: string) => `
  select project_id, id, rule_id, issue_id from (${select}) as open_ones
  where place <= ${OPEN_OF_PROJECT} order by project_id, id limit ${OPEN_AT_ONCE}`;

const openOf = (row: OpenRow): OpenAlert => ({
  projectId: row.project_id,
  alertId: row.id,
  ruleId: row.rule_id,
  issueId: row.issue_id,
});

/** Digests of storms are over after so long. */
const STORM_ALERT_HOURS = 1;

/** Of rules that are switched off, about issues that are not unresolved any more or gone, and old digests. */
export async function listOutdated(tx: Transaction, nowMs: number): Promise<OpenAlert[]> {
  const { rows } = await tx.query<OpenRow>({
    name: "alerts.list_outdated",
    text: fairly(`
      select ${COLUMNS} from alerts a
      join alert_rules r on r.project_id = a.project_id and r.id = a.rule_id
      left join issues i on i.project_id = a.project_id and i.id = a.issue_id
      where a.status <> 'resolved' and (
        not r.enabled
        or (a.issue_id is not null and i.status is distinct from 'unresolved')
        or (a.kind = 'storm' and a.triggered_at < $1::timestamptz - make_interval(hours => ${STORM_ALERT_HOURS})))`),
    values: [new Date(nowMs)],
  });
  return rows.map(openOf);
}

/** Of rules of such conditions. */
export async function listOpenOfConditions(tx: Transaction, types: readonly string[]): Promise<OpenAlert[]> {
  const { rows } = await tx.query<OpenRow>({
    name: "alerts.list_open_of_conditions",
    text: fairly(`
      select ${COLUMNS} from alerts a
      join alert_rules r on r.project_id = a.project_id and r.id = a.rule_id
      where a.status <> 'resolved' and a.kind = 'fired' and r.condition ->> 'condition_type' = any($1::text[])`),
    values: [types],
  });
  return rows.map(openOf);
}
