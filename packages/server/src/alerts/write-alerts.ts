/** Writes alerts down as they fire, and queues what is told of them. */
import type { Transaction } from "../db/transaction.ts";
import { queueDeliveries } from "../deliveries/queue-deliveries.ts";
import { SYSTEM } from "./alert.ts";
import { insertActivity } from "./alert-activity.queries.ts";
import { type NewAlert, noticeOf } from "./new-alert.ts";
import { type InsertedAlert, insertAlerts } from "./new-alerts.queries.ts";

/** An alert that the clock or an event fires, and whether nobody is told of it. */
export interface WrittenAlert {
  readonly alert: NewAlert;
  readonly isSilenced: boolean;
}

export async function writeAlerts(tx: Transaction, alerts: readonly WrittenAlert[]): Promise<void> {
  const inserted: InsertedAlert[] = [];
  for (const { alert, isSilenced } of alerts) {
    const told = isSilenced ? null : await queueDeliveries(tx, noticeOf(alert), alert.rule.actions);
    inserted.push({ ...alert, silenced: isSilenced, told });
  }
  await insertAlerts(tx, inserted);
  await insertActivity(
    tx,
    inserted.flatMap(({ rule: { projectId }, alertId, silenced, ...alert }) => {
      const of = { projectId, alertId, actor: SYSTEM };
      const fired = { ...of, kind: "fired" as const, details: detailsOf(alert) };
      return silenced ? [fired, { ...of, kind: "silenced" as const }] : [fired];
    }),
  );
}

/** Of a digest it matters how many it stands for. */
function detailsOf({ kind, snapshot, suppressed }: Pick<NewAlert, "kind" | "snapshot" | "suppressed">) {
  return kind === "storm" ? { suppressed } : snapshot;
}
