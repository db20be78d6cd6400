/**
 * Statements that let one node at a time make an attempt at a delivery. Locks are taken in one order: the destination, then
 * what is told before of the same alert, then the delivery.
 */
import type { DestinationKind } from "@mesher/protocol";
import type { Queryable } from "../db/database.ts";
import type { Transaction } from "../db/transaction.ts";
import { cancelOver, findAddressee, settleOrder } from "./alert-order.queries.ts";
import { addDeliveryJobs } from "./deliveries.queries.ts";
import type { DeliveryKey, DeliveryMessage } from "./delivery.ts";
import { AT_ONCE_PER_DESTINATION_MAX, BURST_MAX, BUSY_WAIT_MS, LEASE_MS, SLOT_MS } from "./limits.ts";
import { NEXT_SLOT_AT, PAUSED_UNTIL } from "./traffic-moments.ts";

/** A delivery that this node may attempt now, for as long as it renews its lease. */
export interface Claim extends DeliveryKey {
  /** Which attempt it is: 1 for the first. */
  readonly number: number;
  readonly triesLeft: number;
  readonly kind: DestinationKind;
  readonly destinationId: string | null;
  readonly userId: string | null;
  readonly message: DeliveryMessage;
  /** Addresses of a mail destination that have it from an attempt before. */
  readonly reached: readonly string[];
}

/**
 * Takes a delivery for an attempt. `undefined`: it is not this node's to make, for it is over, or somebody else's, or its
 * turn comes later, at which it has a job.
 */
export async function claimDelivery(tx: Transaction, key: DeliveryKey, node: string): Promise<Claim | undefined> {
  const addressee = await findAddressee(tx, key);
  if (addressee === undefined) return undefined;
  const { destinationId } = addressee;
  const destination = destinationId === null ? undefined : await lockTraffic(tx, destinationId);
  const order = await settleOrder(tx, addressee);
  const waiting = await lockWaiting(tx, key);
  if (waiting === undefined) return undefined;
  if (order === "over") {
    await markLost(tx, [key]);
    await cancelOver(tx, key.organizationId, [key.id]);
    return undefined;
  }

  const turn = order === "wait" ? afterBusyWait(waiting) : turnOf(destination, waiting);
  if (turn.dueAtMs > waiting.nowMs) {
    await putOff(tx, key, turn);
    return undefined;
  }
  if (destination !== undefined && !waiting.hasSlot) await takeSlot(tx, destination);
  return begin(tx, key, node);
}

/** What is going on at a destination. */
interface Traffic {
  readonly destinationId: string;
  readonly nextSlotAtMs: number;
  readonly pausedUntilMs: number;
  readonly sending: number;
}

async function lockTraffic(tx: Transaction, destinationId: string): Promise<Traffic | undefined> {
  const { rows } = await tx.query<{ next_slot_at: Date; paused_until: Date | null }>({
    name: "destinations.lock_traffic",
    text: `
      select ${NEXT_SLOT_AT} as next_slot_at, ${PAUSED_UNTIL} as paused_until from destinations
      where id = $1 for no key update`,
    values: [destinationId],
  });
  const [row] = rows;
  if (row === undefined) return undefined;
  const counted = await tx.query<{ sending: number }>({
    name: "deliveries.count_sending",
    text: `
      select count(*) as sending from deliveries
      where destination_id = $1 and status = 'sending' and lease_until > clock_timestamp()`,
    values: [destinationId],
  });
  return {
    destinationId,
    nextSlotAtMs: row.next_slot_at.getTime(),
    pausedUntilMs: row.paused_until?.getTime() ?? 0,
    sending: counted.rows[0]?.sending ?? 0,
  };
}

interface Waiting {
  readonly dueAtMs: number;
  readonly hasSlot: boolean;
  readonly nowMs: number;
}

/** One that waits, or that a node was sending which does not renew its lease any more. */
async function lockWaiting(tx: Transaction, { organizationId, id }: DeliveryKey): Promise<Waiting | undefined> {
  const { rows } = await tx.query<{ due_at: Date; has_slot: boolean; now: Date }>({
    name: "deliveries.lock_waiting",
    text: `
      select due_at, has_slot, clock_timestamp() as now from deliveries
      where organization_id = $1 and id = $2
        and (status = 'waiting' or status = 'sending' and lease_until < clock_timestamp())
      for update`,
    values: [organizationId, id],
  });
  const [row] = rows;
  return row && { dueAtMs: row.due_at.getTime(), hasSlot: row.has_slot, nowMs: row.now.getTime() };
}

interface Turn {
  readonly dueAtMs: number;
  readonly hasSlot: boolean;
  /** The destination whose slot is taken with it. */
  readonly takenFrom?: Traffic;
}

/**
 * When it is a delivery's turn at its destination: `BURST_MAX` go at once, and then one each `SLOT_MS`. One that has to wait
 * takes its slot right away, so that many that wait do not compete again and again.
 */
function turnOf(traffic: Traffic | undefined, waiting: Waiting): Turn {
  const { dueAtMs, hasSlot, nowMs } = waiting;
  if (traffic === undefined || dueAtMs > nowMs) return { dueAtMs, hasSlot };
  if (traffic.pausedUntilMs > nowMs) return { dueAtMs: traffic.pausedUntilMs, hasSlot: false };
  if (traffic.sending >= AT_ONCE_PER_DESTINATION_MAX) return afterBusyWait(waiting);
  const slotAtMs = traffic.nextSlotAtMs - BURST_MAX * SLOT_MS;
  if (hasSlot || slotAtMs <= nowMs) return { dueAtMs: nowMs, hasSlot };
  return { dueAtMs: slotAtMs, hasSlot: true, takenFrom: traffic };
}

function afterBusyWait({ dueAtMs, hasSlot, nowMs }: Waiting): Turn {
  return { dueAtMs: Math.max(dueAtMs, nowMs + BUSY_WAIT_MS), hasSlot };
}

async function putOff(tx: Transaction, key: DeliveryKey, { dueAtMs, hasSlot, takenFrom }: Turn): Promise<void> {
  if (takenFrom !== undefined) await takeSlot(tx, takenFrom);
  const dueAt = new Date(dueAtMs);
  await tx.query({
    name: "deliveries.put_off",
    text: `
      update deliveries set status = 'waiting', lease_until = null, due_at = $3, has_slot = $4
      where organization_id = $1 and id = $2`,
    values: [key.organizationId, key.id, dueAt, hasSlot],
  });
  await addDeliveryJobs(tx, [key], dueAt);
}

async function takeSlot(tx: Transaction, { destinationId }: Traffic): Promise<void> {
  await tx.query({
    name: "destinations.take_slot",
    text: `
      update destinations
      set next_slot_at = greatest(${NEXT_SLOT_AT}, clock_timestamp()) + make_interval(secs => ${SLOT_MS / 1000})
      where id = $1`,
    values: [destinationId],
  });
}

interface ClaimRow {
  attempts: number;
  tries_left: number;
  kind: DestinationKind;
  destination_id: string | null;
  user_id: string | null;
  message: DeliveryMessage;
  mailed_to: string[];
}

async function begin(tx: Transaction, { organizationId, id }: DeliveryKey, node: string): Promise<Claim> {
  await markLost(tx, [{ organizationId, id }]);
  const { rows } = await tx.query<ClaimRow>({
    name: "deliveries.begin_attempt",
    text: `
      with begun as (
        update deliveries set status = 'sending', attempts = attempts + 1, tries_left = greatest(tries_left - 1, 0),
          has_slot = false, lease_until = clock_timestamp() + make_interval(secs => ${LEASE_MS / 1000})
        where organization_id = $1 and id = $2
        returning attempts, tries_left, kind, destination_id, user_id, message, mailed_to
      ), noted as (
        insert into delivery_attempts (organization_id, delivery_id, number, node) select $1, $2, attempts, $3 from begun
      )
      select * from begun`,
    values: [organizationId, id, node],
  });
  const [row] = rows;
  if (row === undefined) throw new Error("a delivery was locked, and is gone");
  return {
    organizationId,
    id,
    number: row.attempts,
    triesLeft: row.tries_left,
    kind: row.kind,
    destinationId: row.destination_id,
    userId: row.user_id,
    message: row.message,
    reached: row.mailed_to,
  };
}

/** Attempts of these deliveries that nobody makes any more. */
export async function markLost(tx: Transaction, keys: readonly DeliveryKey[]): Promise<void> {
  await tx.query({
    name: "delivery_attempts.mark_lost",
    text: `
      update delivery_attempts a set outcome = 'lost', error = 'the node that made it died or froze'
      from unnest($1::uuid[], $2::uuid[]) as k (organization_id, id)
      where a.organization_id = k.organization_id and a.delivery_id = k.id and a.outcome = 'running'`,
    values: [keys.map(({ organizationId }) => organizationId), keys.map(({ id }) => id)],
  });
}

/** Renews the leases of a node's attempts; those that are still its own. */
export async function renewLeases(
  database: Queryable,
  claims: readonly Pick<Claim, "organizationId" | "id" | "number">[],
): Promise<ReadonlySet<string>> {
  const { rows } = await database.query<{ id: string }>({
    name: "deliveries.renew_leases",
    text: `
      update deliveries d set lease_until = clock_timestamp() + make_interval(secs => ${LEASE_MS / 1000})
      from unnest($1::uuid[], $2::uuid[], $3::integer[]) as c (organization_id, id, number)
      where d.organization_id = c.organization_id and d.id = c.id and d.attempts = c.number and d.status = 'sending'
      returning d.id`,
    values: [
      claims.map(({ organizationId }) => organizationId),
      claims.map(({ id }) => id),
      claims.map(({ number }) => number),
    ],
    timeoutMs: LEASE_MS / 2,
  });
  return new Set(rows.map(({ id }) => id));
}
