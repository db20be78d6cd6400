/** What was delivered, what waits, and what was given up. */
import { type ApiDelivery, type ApiDeliveryDetail, type ApiPage, DELIVERY_STATUSES } from "@mesher/protocol";
import { Type } from "typebox";
import { withTransaction } from "../db/transaction.ts";
import type { Delivery } from "../deliveries/delivery.ts";
import {
  type DeliveryAttempt,
  findDelivery,
  listAttempts,
  listDeliveries,
  type ResendRefusal,
  resendDelivery,
} from "../deliveries/delivery-list.queries.ts";
import { recordAudit } from "../organizations/audit.queries.ts";
import { badRequest, notFound, RequestRefusedError } from "./api-error.ts";
import type { ApiDependencies, App } from "./dependencies.ts";
import { isUuid, oneOf, PageQuery, pageOf, parseCursor, parseLimit } from "./pages-of-lists.ts";

const READ = { config: { access: { role: "member", scope: "org:read" } } } as const;
const ADMINISTER = { config: { access: { role: "admin", scope: "org:admin" } } } as const;

const ListQuery = Type.Object({
  ...PageQuery,
  status: Type.Optional(Type.String({ description: DELIVERY_STATUSES.join(", ") })),
  destination: Type.Optional(Type.String({ description: "Id of a destination" })),
  alert: Type.Optional(Type.String({ description: "Id of an alert", maxLength: 100 })),
});

const RESEND_REFUSALS: Readonly<Record<ResendRefusal, string>> = {
  on_its_way: "it is on its way already",
  over: "the alert is over, and its receiver was told so or is being told",
};

type Params = { org: string; delivery: string };

export function registerDeliveryRoutes(app: App, deps: ApiDependencies): void {
  /** Newest first. */
  app.get<{ Querystring: Type.Static<typeof ListQuery> }>(
    "/api/v1/orgs/:org/deliveries",
    { ...READ, schema: { querystring: ListQuery } },
    async (request): Promise<ApiPage<ApiDelivery>> => {
      const { organizationId } = await deps.authenticate(request);
      const { status, destination, alert } = request.query;
      const limit = parseLimit(request.query.limit);
      if (destination !== undefined && !isUuid(destination)) throw badRequest("destination must be an id");
      const found = await listDeliveries(deps.database, {
        organizationId,
        status: oneOf("status", DELIVERY_STATUSES, status),
        destinationId: destination,
        alertId: alert,
        after: parseCursor(request.query, isUuid),
        limit: limit + 1,
      });
      return pageOf(found, limit, show, ({ createdAt, id }) => ({ at: createdAt, id }));
    },
  );

  app.get<{ Params: Params }>(
    "/api/v1/orgs/:org/deliveries/:delivery",
    READ,
    async (request): Promise<ApiDeliveryDetail> => {
      const { organizationId } = await deps.authenticate(request);
      const delivery = await getDelivery(deps, organizationId, request.params.delivery);
      const attempts = await listAttempts(deps.database, delivery);
      return { ...show(delivery), attempt_log: attempts.map(showAttempt) };
    },
  );

  /** Under its old id, so that a receiver that did get it knows it again. */
  app.post<{ Params: Params }>("/api/v1/orgs/:org/deliveries/:delivery/resend", ADMINISTER, async (request) => {
    const actor = await deps.authenticate(request);
    const { organizationId } = actor;
    const { id, receiver } = await getDelivery(deps, organizationId, request.params.delivery);
    const outcome = await withTransaction(deps.database, async (tx) => {
      const resent = await resendDelivery(tx, { organizationId, id });
      if (resent !== "queued") return resent;
      const target = { kind: "delivery", id };
      await recordAudit(tx, { organizationId, actor, action: "delivery.resent", target, details: { receiver } });
      return resent;
    });
    if (outcome !== "queued") throw new RequestRefusedError(409, outcome, RESEND_REFUSALS[outcome]);
    return { status: "ok", affected: 1 };
  });
}

async function getDelivery(deps: ApiDependencies, organizationId: string, id: string): Promise<Delivery> {
  const delivery = isUuid(id) ? await findDelivery(deps.database, { organizationId, id }) : undefined;
  if (delivery === undefined) throw notFound("delivery");
  return delivery;
}

function show(delivery: Delivery): ApiDelivery {
  return {
    id: delivery.id,
    purpose: delivery.purpose,
    status: delivery.status,
    kind: delivery.kind,
    destination_id: delivery.destinationId,
    user_id: delivery.userId,
    receiver: delivery.receiver,
    project_id: delivery.projectId,
    alert_id: delivery.alertId,
    title: delivery.title,
    attempts: delivery.attempts,
    created_at: delivery.createdAt.toISOString(),
    due_at: delivery.status === "waiting" ? delivery.dueAt.toISOString() : null,
    finished_at: delivery.finishedAt?.toISOString() ?? null,
    error: delivery.error,
  };
}

function showAttempt(attempt: DeliveryAttempt): ApiDeliveryDetail["attempt_log"][number] {
  return {
    number: attempt.number,
    node: attempt.node,
    started_at: attempt.startedAt.toISOString(),
    duration_ms: attempt.durationMs,
    outcome: attempt.outcome,
    response_status: attempt.responseStatus,
    error: attempt.error,
  };
}
