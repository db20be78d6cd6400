/** Statements on deliveries: who is to get what, and how far it is. */
import type { DestinationKind } from "@mesher/protocol";
import type { Queryable } from "../db/database.ts";
import { addJobs } from "../db/job-queue.ts";
import type { Transaction } from "../db/transaction.ts";
import { DELIVER_TASK, type DeliveryKey, type DeliveryMessage, type NewDelivery } from "./delivery.ts";
import { TRIES_MAX, WAITING_MAX } from "./limits.ts";

/** Destinations of the organization that are switched on, as receivers. */
export async function listReceivers(
  database: Queryable,
  organizationId: string,
  ids: readonly string[],
): Promise<NewDelivery[]> {
  if (ids.length === 0) return [];
  const { rows } = await database.query<{ id: string; kind: DestinationKind; name: string }>({
    name: "destinations.list_receivers",
    text: `
      select id, kind, name from destinations
      where organization_id = $1 and id::text = any($2::text[]) and is_enabled order by created_at, id`,
    values: [organizationId, ids],
  });
  return rows.map(({ id, kind, name }) => ({ destinationId: id, userId: null, kind, receiver: name }));
}

/** The users who look after an issue: one, or all of a team. */
export async function listAssignees(database: Queryable, projectId: string, issueId: string): Promise<string[]> {
  const { rows } = await database.query<{ user_id: string }>({
    name: "deliveries.list_assignees",
    text: `
      select coalesce(i.assigned_to, m.user_id) as user_id
      from issues i left join team_members m on m.team_id = i.assigned_team
      where i.project_id = $1 and i.id = $2 and coalesce(i.assigned_to, m.user_id) is not null`,
    values: [projectId, issueId],
  });
  return rows.map((row) => row.user_id);
}

export interface NewDeliveries {
  readonly organizationId: string;
  readonly projectId: string | null;
  readonly alertId: string | null;
  readonly title: string;
  readonly message: DeliveryMessage;
  readonly receivers: readonly NewDelivery[];
}

/** A delivery for each receiver, and a job to send it; their ids. Where too many wait already, it is dead from the start. */
export async function insertDeliveries(tx: Transaction, made: NewDeliveries): Promise<string[]> {
  if (made.receivers.length === 0) return [];
  const { rows } = await tx.query<{ id: string; status: string }>({
    name: "deliveries.insert",
    text: `
      insert into deliveries
        (organization_id, project_id, alert_id, title, message, purpose, tries_left, destination_id, user_id, kind, receiver,
          status, finished_at, error)
      select $1, $2, $3, $4, $5, $6, ${TRIES_MAX}, r.destination_id, r.user_id, r.kind, r.receiver,
        case when waiting.is_full then 'dead' else 'waiting' end,
        case when waiting.is_full then clock_timestamp() end,
        case when waiting.is_full then '${WAITING_MAX} deliveries wait for this receiver already' end
      from unnest($7::uuid[], $8::uuid[], $9::text[], $10::text[]) as r (destination_id, user_id, kind, receiver)
      cross join lateral (
        select count(*) >= ${WAITING_MAX} as is_full from (
          select from deliveries d
          where (d.destination_id = r.destination_id or d.user_id = r.user_id) and d.status = 'waiting' limit ${WAITING_MAX}
        ) as open_ones
      ) as waiting
      returning id, status`,
    values: [
      made.organizationId,
      made.projectId,
      made.alertId,
      made.title,
      JSON.stringify(made.message),
      made.message.purpose,
      made.receivers.map(({ destinationId }) => destinationId),
      made.receivers.map(({ userId }) => userId),
      made.receivers.map(({ kind }) => kind),
      made.receivers.map(({ receiver }) => receiver),
    ],
  });
  await addDeliveryJobs(
    tx,
    rows.filter(({ status }) => status === "waiting").map(({ id }) => ({ organizationId: made.organizationId, id })),
  );
  return rows.map(({ id }) => id);
}

/** Has them sent, at once or later. A job that waits for the same delivery is replaced. */
export async function addDeliveryJobs(tx: Transaction, keys: readonly DeliveryKey[], runAt?: Date): Promise<void> {
  await addJobs(
    tx,
    keys.map(({ organizationId, id }) => ({
      task: DELIVER_TASK,
      key: id,
      payload: { organizationId, id },
      ...(runAt !== undefined && { runAt }),
    })),
  );
}
