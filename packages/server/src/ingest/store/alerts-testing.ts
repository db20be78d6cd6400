/** For tests only: rules, and looks at what they fired. */
import type { AlertCondition } from "@mesher/protocol";
import type { RuleSettings } from "../../alerts/alert-rule.ts";
import { insertRule } from "../../alerts/alert-rules.queries.ts";
import { endAlerts } from "../../alerts/end-alerts.ts";
import { type EvaluationReport, evaluateRules } from "../../alerts/evaluate-rules.ts";
import { fireSignals, type SignalsReport } from "../../alerts/fire-signals.ts";
import type { Database } from "../../db/database.ts";
import { PartedRun } from "../../db/parted-run.ts";
import { type InTransaction, withTransaction } from "../../db/transaction.ts";

export async function addRule(
  database: Database,
  projectId: string,
  condition: AlertCondition,
  more: Partial<RuleSettings> = {},
): Promise<string> {
  const id = await withTransaction(database, (tx) =>
    insertRule(tx, projectId, {
      name: "A rule",
      condition,
      filters: {},
      action: { type: "websocket" },
      enabled: true,
      cooldownMinutes: 60,
      cooldownScope: "rule",
      ...more,
    }),
  );
  if (id === undefined) throw new Error("there was no room for the rule");
  return id;
}

/** Both jobs, one after the other, as if they were due. Throws when a part of them could not be done: the others are. */
export async function evaluate(database: Database, nowMs: number): Promise<EvaluationReport> {
  const write: InTransaction = (work) => withTransaction(database, work);
  const run = new PartedRun({ write, nowMs, signal: new AbortController().signal });
  const report = await evaluateRules(run);
  await endAlerts(run);
  if (run.faults.length > 0) throw new AggregateError(run.faults, String(run.faults[0]));
  return report;
}

export const fire = (database: Database): Promise<SignalsReport> => withTransaction(database, fireSignals);

export interface FiredAlert {
  readonly kind: string;
  readonly status: string;
  readonly message: string;
  readonly issue_id: string | null;
  readonly silenced: boolean;
  readonly suppressed: number;
}

/** Oldest first. */
export async function listFired(database: Database, projectId: string): Promise<FiredAlert[]> {
  const { rows } = await database.query<FiredAlert>({
    text: `select kind, status, message, issue_id, silenced, suppressed from alerts where project_id = $1
      order by triggered_at, id`,
    values: [projectId],
  });
  return rows;
}

/** The id of one that is switched on. */
export async function addDestination(database: Database, organizationId: string, name: string): Promise<string> {
  const { rows } = await database.query<{ id: string }>({
    text: `
      insert into destinations (organization_id, kind, name, config, sealed_secrets)
      values ($1, 'webhook', $2, '{}', '') returning id`,
    values: [organizationId, name],
  });
  const [row] = rows;
  if (row === undefined) throw new Error("the destination was not made");
  return row.id;
}

/** What was told to whom, oldest first. */
export async function listTold(
  database: Database,
  projectId: string,
): Promise<{ readonly receiver: string; readonly kind: string }[]> {
  const { rows } = await database.query<{ receiver: string; kind: string }>({
    text: `
      select receiver, message #>> '{notice,kind}' as kind from deliveries where project_id = $1
      order by created_at, receiver`,
    values: [projectId],
  });
  return rows;
}
