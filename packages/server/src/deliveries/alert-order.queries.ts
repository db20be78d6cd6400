/**
 * Keeps in order what one receiver is told of one alert: that it fired, and then that it is over. A message that failed waits
 * for its next try while newer ones go, and an incident that is opened after its end is closed by nobody.
 */
import type { Queryable } from "../db/database.ts";
import type { Transaction } from "../db/transaction.ts";
import type { DeliveryKey } from "./delivery.ts";

/** What of a delivery says to whom it goes, and what about. */
export interface Addressee {
  readonly organizationId: string;
  readonly destinationId: string | null;
  readonly userId: string | null;
  readonly alertId: string | null;
  /** It tells that the alert is over. */
  readonly isEnd: boolean;
}

export async function findAddressee(
  database: Queryable,
  { organizationId, id }: DeliveryKey,
): Promise<Addressee | undefined> {
  const { rows } = await database.query<{
    destination_id: string | null;
    user_id: string | null;
    alert_id: string | null;
    is_end: boolean;
  }>({
    name: "deliveries.find_addressee",
    text: `
      select destination_id, user_id, alert_id, message #>> '{notice,kind}' is not distinct from 'resolved' as is_end
      from deliveries where organization_id = $1 and id = $2`,
    values: [organizationId, id],
  });
  const [row] = rows;
  return (
    row && {
      organizationId,
      destinationId: row.destination_id,
      userId: row.user_id,
      alertId: row.alert_id,
      isEnd: row.is_end,
    }
  );
}

/** `over`: it is not to be sent any more. `wait`: its receiver is being told of the alert at this moment. */
export type Order = "go" | "wait" | "over";

/** Of a delivery whose turn it may be. That of an end calls off what was not told before, which it locks first. */
export async function settleOrder(tx: Transaction, addressee: Addressee): Promise<Order> {
  if (addressee.alertId === null) return "go";
  if (!addressee.isEnd) return (await hasEnd(tx, addressee)) ? "over" : "go";
  const earlier = await lockEarlier(tx, addressee);
  if (earlier.some(({ status }) => status === "sending")) return "wait";
  const waiting = earlier.filter(({ status }) => status === "waiting").map(({ id }) => id);
  await cancelOver(tx, addressee.organizationId, waiting);
  if (earlier.length === 0 || earlier.some(({ hasArrived }) => hasArrived)) return "go";
  return (await mayHaveArrived(tx, addressee, earlier)) ? "go" : "over";
}

/** Whether the same receiver is told, or was, that the alert is over. */
export async function hasEnd(
  database: Queryable,
  { organizationId, alertId, destinationId, userId }: Addressee,
): Promise<boolean> {
  const { rowCount } = await database.query({
    name: "deliveries.find_end",
    text: `
      select from deliveries
      where organization_id = $1 and alert_id = $2 and (destination_id = $3 or user_id = $4)
        and message #>> '{notice,kind}' = 'resolved'
      limit 1`,
    values: [organizationId, alertId, destinationId, userId],
  });
  return rowCount > 0;
}

interface Earlier {
  readonly id: string;
  readonly status: string;
  /** At some address at least. */
  readonly hasArrived: boolean;
}

async function lockEarlier(
  tx: Transaction,
  { organizationId, alertId, destinationId, userId }: Addressee,
): Promise<Earlier[]> {
  const { rows } = await tx.query<{ id: string; status: string; has_arrived: boolean }>({
    name: "deliveries.lock_earlier",
    text: `
      select id, status, status = 'sent' or mailed_to <> '{}' as has_arrived from deliveries
      where organization_id = $1 and alert_id = $2 and (destination_id = $3 or user_id = $4)
        and message #>> '{notice,kind}' <> 'resolved'
      order by id for update`,
    values: [organizationId, alertId, destinationId, userId],
  });
  return rows.map(({ id, status, has_arrived: hasArrived }) => ({ id, status, hasArrived }));
}

/**
 * Whether an attempt ended without an answer: its receiver may know of the alert all the same, and an end too many does less
 * harm than one too few.
 */
async function mayHaveArrived(
  tx: Transaction,
  { organizationId }: Addressee,
  earlier: readonly Earlier[],
): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: "delivery_attempts.find_unanswered",
    text: `
      select from delivery_attempts
      where organization_id = $1 and delivery_id = any($2::uuid[])
        and not (outcome = 'failed' and response_status is not null)
      limit 1`,
    values: [organizationId, earlier.map(({ id }) => id)],
  });
  return rowCount > 0;
}

/** Ends deliveries that are not being sent, for what they tell is over and nobody has heard of it. */
export async function cancelOver(tx: Transaction, organizationId: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx.query({
    name: "deliveries.cancel_over",
    text: `
      update deliveries set status = 'cancelled', error = 'it was over before it could be told', lease_until = null,
        has_slot = false, finished_at = date_trunc('milliseconds', clock_timestamp())
      where organization_id = $1 and id = any($2::uuid[])`,
    values: [organizationId, ids],
  });
}
