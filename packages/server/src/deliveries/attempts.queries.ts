/** Statements on how attempts ended, and on those of nodes that are gone. */
import { QUEUE_SCHEMA } from "../db/job-queue.ts";
import type { Transaction } from "../db/transaction.ts";
import type { AttemptResult } from "./attempt-result.ts";
import { type Claim, markLost } from "./claims.queries.ts";
import { addDeliveryJobs } from "./deliveries.queries.ts";
import type { DeliveryKey } from "./delivery.ts";
import { ERROR_LENGTH_MAX, OVERDUE_MS, RECOVERED_AT_ONCE_MAX } from "./limits.ts";
import { PAUSED_UNTIL } from "./traffic-moments.ts";

/** What becomes of a delivery after an attempt. */
export type Aftermath =
  | { readonly status: "sent" | "dead" | "cancelled" }
  | { readonly status: "waiting"; readonly waitMs: number };

/** Notes how an attempt ended. `false`: another node has taken the delivery over meanwhile, and it is its business. */
export async function recordAttempt(
  tx: Transaction,
  { organizationId, id, number, destinationId }: Claim,
  result: AttemptResult,
  durationMs: number,
  aftermath: Aftermath,
): Promise<boolean> {
  const error = result.outcome === "sent" ? null : result.error.slice(0, ERROR_LENGTH_MAX).toWellFormed();
  if (result.outcome === "failed" && result.pauseMs !== undefined && destinationId !== null)
    await pauseDestination(tx, destinationId, result.pauseMs);
  await tx.query({
    name: "delivery_attempts.record",
    text: `
      update delivery_attempts set outcome = $4, response_status = $5, error = $6, duration_ms = $7
      where organization_id = $1 and delivery_id = $2 and number = $3`,
    values: [
      organizationId,
      id,
      number,
      result.outcome === "sent" ? "sent" : "failed",
      result.outcome === "cancelled" ? null : result.status,
      error,
      Math.round(durationMs),
    ],
  });
  const reached = result.outcome === "failed" ? (result.reached ?? []) : [];
  const waitMs = aftermath.status === "waiting" ? aftermath.waitMs : null;
  const { rows } = await tx.query<{ due_at: Date }>({
    name: "deliveries.end_attempt",
    text: `
      update deliveries set status = $4, error = $5, lease_until = null,
        mailed_to = mailed_to || $7::text[],
        due_at = clock_timestamp() + make_interval(secs => coalesce($6::double precision, 0) / 1000),
        finished_at = case when $6::double precision is null then date_trunc('milliseconds', clock_timestamp()) end
      where organization_id = $1 and id = $2 and attempts = $3 and status = 'sending'
      returning due_at`,
    values: [organizationId, id, number, aftermath.status, error, waitMs, reached],
  });
  const [row] = rows;
  if (row === undefined) return false;
  if (waitMs !== null) await addDeliveryJobs(tx, [{ organizationId, id }], row.due_at);
  return true;
}

async function pauseDestination(tx: Transaction, destinationId: string, pauseMs: number): Promise<void> {
  await tx.query({
    name: "destinations.pause",
    text: `
      update destinations set paused_until = greatest(${PAUSED_UNTIL}, clock_timestamp() + make_interval(secs => $2))
      where id = $1`,
    values: [destinationId, pauseMs / 1000],
  });
}

/** Takes up what nodes were sending that do not renew their leases; those given up for good are not among them. */
export async function recoverLeases(tx: Transaction): Promise<DeliveryKey[]> {
  const { rows } = await tx.query<{ organization_id: string; id: string; status: string }>({
    name: "deliveries.recover_leases",
    text: `
      with expired as (
        select organization_id, id from deliveries
        where status = 'sending' and lease_until < clock_timestamp()
        order by due_at limit ${RECOVERED_AT_ONCE_MAX} for update skip locked
      )
      update deliveries d set lease_until = null, has_slot = false, due_at = clock_timestamp(),
        status = case when tries_left > 0 then 'waiting' else 'dead' end,
        finished_at = case when tries_left > 0 then null else date_trunc('milliseconds', clock_timestamp()) end,
        error = 'the node that sent it died or froze'
      from expired e where d.organization_id = e.organization_id and d.id = e.id
      returning d.organization_id, d.id, d.status`,
  });
  const keys = rows.map((row) => ({ organizationId: row.organization_id, id: row.id, status: row.status }));
  if (keys.length > 0) await markLost(tx, keys);
  const again = keys.filter(({ status }) => status === "waiting");
  await addDeliveryJobs(tx, again);
  return again;
}

/** Gives deliveries a job that are due and have none, or only one that a node took which is gone. */
export async function recoverJobs(tx: Transaction): Promise<DeliveryKey[]> {
  const { rows } = await tx.query<{ organization_id: string; id: string }>({
    name: "deliveries.recover_jobs",
    text: `
      select organization_id, id from deliveries d
      where status = 'waiting' and due_at < clock_timestamp() - make_interval(secs => ${OVERDUE_MS / 1000})
        and not exists (
          select from ${QUEUE_SCHEMA}.jobs j where j.key = d.id::text
            and (j.locked_at is null or j.locked_at > clock_timestamp() - make_interval(secs => ${OVERDUE_MS / 1000}))
        )
      order by due_at limit ${RECOVERED_AT_ONCE_MAX} for update skip locked`,
  });
  const keys = rows.map((row) => ({ organizationId: row.organization_id, id: row.id }));
  await addDeliveryJobs(tx, keys);
  return keys;
}
