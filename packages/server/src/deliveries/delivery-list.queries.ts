/** Statements that show deliveries, send them again, count and remove them. */
import type {
  ApiDeliveryQueue,
  DeliveryAttemptOutcome,
  DeliveryPurpose,
  DeliveryStatus,
  DestinationKind,
} from "@mesher/protocol";
import type { Database, Queryable } from "../db/database.ts";
import { deleteChunk } from "../db/delete-chunk.ts";
import type { Transaction } from "../db/transaction.ts";
import { findAddressee, hasEnd } from "./alert-order.queries.ts";
import { addDeliveryJobs } from "./deliveries.queries.ts";
import type { Delivery, DeliveryKey } from "./delivery.ts";
import { KEPT_DAYS, REMOVED_AT_ONCE_MAX, TRIES_MAX } from "./limits.ts";

interface DeliveryRow {
  organization_id: string;
  id: string;
  purpose: DeliveryPurpose;
  status: DeliveryStatus;
  kind: DestinationKind;
  destination_id: string | null;
  user_id: string | null;
  receiver: string;
  project_id: string | null;
  alert_id: string | null;
  title: string;
  attempts: number;
  created_at: Date;
  due_at: Date;
  finished_at: Date | null;
  error: string | null;
}

const COLUMNS = `
  organization_id, id, purpose, status, kind, destination_id, user_id, receiver, project_id, alert_id, title, attempts,
  created_at, due_at, finished_at, error`;

const deliveryOf = (row: DeliveryRow): Delivery => ({
  organizationId: row.organization_id,
  id: row.id,
  purpose: row.purpose,
  status: row.status,
  kind: row.kind,
  destinationId: row.destination_id,
  userId: row.user_id,
  receiver: row.receiver,
  projectId: row.project_id,
  alertId: row.alert_id,
  title: row.title,
  attempts: row.attempts,
  createdAt: row.created_at,
  dueAt: row.due_at,
  finishedAt: row.finished_at,
  error: row.error,
});

export interface DeliveryFilter {
  readonly organizationId: string;
  readonly status?: DeliveryStatus | undefined;
  readonly destinationId?: string | undefined;
  readonly alertId?: string | undefined;
  readonly after?: { readonly at: Date; readonly id: string } | undefined;
  readonly limit: number;
}

/** Newest first. */
export async function listDeliveries(database: Queryable, filter: DeliveryFilter): Promise<Delivery[]> {
  const { rows } = await database.query<DeliveryRow>({
    name: "deliveries.list",
    text: `
      select ${COLUMNS} from deliveries
      where organization_id = $1
        and ($2::text is null or status = $2) and ($3::uuid is null or destination_id = $3)
        and ($4::text is null or alert_id = $4) and ($5::timestamptz is null or (created_at, id) < ($5, $6::uuid))
      order by created_at desc, id desc limit $7`,
    values: [
      filter.organizationId,
      filter.status ?? null,
      filter.destinationId ?? null,
      filter.alertId ?? null,
      filter.after?.at ?? null,
      filter.after?.id ?? null,
      filter.limit,
    ],
  });
  return rows.map(deliveryOf);
}

export async function findDelivery(
  database: Queryable,
  { organizationId, id }: DeliveryKey,
): Promise<Delivery | undefined> {
  const { rows } = await database.query<DeliveryRow>({
    name: "deliveries.find",
    text: `select ${COLUMNS} from deliveries where organization_id = $1 and id = $2`,
    values: [organizationId, id],
  });
  return rows[0] && deliveryOf(rows[0]);
}

export interface DeliveryAttempt {
  readonly number: number;
  readonly node: string;
  readonly startedAt: Date;
  readonly durationMs: number | null;
  readonly outcome: DeliveryAttemptOutcome;
  readonly responseStatus: number | null;
  readonly error: string | null;
}

/** Attempts of a delivery that one answer shows. */
const ATTEMPTS_LISTED_MAX = 100;

/** Newest first. */
export async function listAttempts(
  database: Queryable,
  { organizationId, id }: DeliveryKey,
): Promise<DeliveryAttempt[]> {
  const { rows } = await database.query<{
    number: number;
    node: string;
    started_at: Date;
    duration_ms: number | null;
    outcome: DeliveryAttemptOutcome;
    response_status: number | null;
    error: string | null;
  }>({
    name: "delivery_attempts.list",
    text: `
      select number, node, started_at, duration_ms, outcome, response_status, error from delivery_attempts
      where organization_id = $1 and delivery_id = $2 order by number desc limit ${ATTEMPTS_LISTED_MAX}`,
    values: [organizationId, id],
  });
  return rows.map((row) => ({
    number: row.number,
    node: row.node,
    startedAt: row.started_at,
    durationMs: row.duration_ms,
    outcome: row.outcome,
    responseStatus: row.response_status,
    error: row.error,
  }));
}

/** Why a delivery is not sent once more. `over`: it would open what was closed already, and nobody would close it again. */
export type ResendRefusal = "on_its_way" | "over";

/** Has a delivery sent once more that has ended, with all its tries; where only some addresses have it, to the others. */
export async function resendDelivery(tx: Transaction, key: DeliveryKey): Promise<"queued" | ResendRefusal> {
  const addressee = await findAddressee(tx, key);
  if (addressee !== undefined && !addressee.isEnd && (await hasEnd(tx, addressee))) return "over";
  const { rowCount } = await tx.query({
    name: "deliveries.resend",
    text: `
      update deliveries set status = 'waiting', tries_left = ${TRIES_MAX}, due_at = clock_timestamp(), has_slot = false,
        finished_at = null, mailed_to = case when status = 'sent' then '{}' else mailed_to end
      where organization_id = $1 and id = $2 and status in ('sent', 'dead', 'cancelled')`,
    values: [key.organizationId, key.id],
  });
  if (rowCount === 0) return "on_its_way";
  await addDeliveryJobs(tx, [key]);
  return "queued";
}

/** Of the whole installation. */
export async function measureQueue(database: Queryable): Promise<ApiDeliveryQueue> {
  const { rows } = await database.query<ApiDeliveryQueue>({
    name: "deliveries.measure_queue",
    text: `
      select count(*) filter (where status = 'waiting') as waiting, count(*) filter (where status = 'sending') as sending,
        (select count(*) from deliveries where status = 'dead') as dead,
        greatest(0, extract(epoch from clock_timestamp() - min(due_at) filter (where status = 'waiting')))::float8
          as overdue_seconds
      from deliveries where status in ('waiting', 'sending')`,
  });
  return rows[0] ?? { waiting: 0, sending: 0, dead: 0, overdue_seconds: null };
}

export interface MeasuredQueue {
  readonly waiting: MeasuredState;
  readonly sending: MeasuredState;
  readonly dead: number;
}

interface MeasuredState {
  readonly count: number;
  /** Since the oldest was due; 0: none is. */
  readonly oldestSeconds: number;
}

/** A scrape waits for it. */
const MEASURE_MS_MAX = 2_000;

/** Of the whole installation. */
export async function measureQueueByState(database: Queryable): Promise<MeasuredQueue> {
  const { rows } = await database.query<{ status: "waiting" | "sending" | "dead"; count: number; oldest: number }>({
    name: "deliveries.measure_by_state",
    text: `
      select status, count(*) as count,
        greatest(0, extract(epoch from clock_timestamp() - min(due_at)))::float8 as oldest
      from deliveries where status in ('waiting', 'sending') group by status
      union all
      select 'dead', count(*), 0 from deliveries where status = 'dead'`,
    timeoutMs: MEASURE_MS_MAX,
  });
  const of = (wanted: string): MeasuredState => {
    const row = rows.find(({ status }) => status === wanted);
    return { count: row?.count ?? 0, oldestSeconds: row?.oldest ?? 0 };
  };
  return { waiting: of("waiting"), sending: of("sending"), dead: of("dead").count };
}

/** Removes deliveries that ended `KEPT_DAYS` ago, and lie there; how many. */
export async function removeOldDeliveries(database: Database): Promise<number> {
  for (let removed = 0; ; ) {
    const { rowCount } = await database.query({
      name: "deliveries.remove_old",
      text: `
        delete from deliveries where ctid = any (array(
          select ctid from deliveries
          where created_at < now() - make_interval(days => ${KEPT_DAYS}) and status not in ('waiting', 'sending')
          limit ${REMOVED_AT_ONCE_MAX}
        ))`,
    });
    removed += rowCount;
    if (rowCount < REMOVED_AT_ONCE_MAX) return removed;
  }
}

export function deleteDeliveriesOf(tx: Transaction, projectId: string, rowsMax: number): Promise<number> {
  return deleteChunk(tx, { table: "deliveries", column: "project_id", value: projectId, rowsMax });
}
