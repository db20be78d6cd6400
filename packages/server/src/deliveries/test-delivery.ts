import { randomUUID } from "node:crypto";
import type { Database } from "../db/database.ts";
import { withTransaction } from "../db/transaction.ts";
import type { Actor } from "../organizations/access.ts";
import { recordAudit } from "../organizations/audit.queries.ts";
import { findOrganization } from "../organizations/members.queries.ts";
import { type AlertNotice, titleOf } from "./alert-notice.ts";
import { insertDeliveries } from "./deliveries.queries.ts";
import type { SealedDestination } from "./destinations.queries.ts";

/** A rule and a project of no one. */
const NOBODY = "00000000-0000-0000-0000-000000000000";

/** Sends a message to a destination by the same way as alerts, also to one that is switched off; the delivery's id. */
export async function queueTest(
  database: Database,
  actor: Actor,
  { id, kind, name }: SealedDestination,
  nowMs: number,
): Promise<string> {
  const { organizationId } = actor;
  const organization = await findOrganization(database, organizationId);
  const notice: AlertNotice = {
    alertId: randomUUID(),
    organizationId,
    projectId: NOBODY,
    projectName: organization?.name ?? "Mesher",
    ruleId: NOBODY,
    ruleName: name,
    kind: "test",
    condition: "somebody wanted to know whether messages arrive",
    message: `Messages arrive. ${actor.name} has sent this one.`,
    triggeredAtMs: nowMs,
  };
  const [deliveryId] = await withTransaction(database, async (tx) => {
    const target = { kind: "destination", id };
    await recordAudit(tx, { organizationId, actor, action: "destination.tested", target, details: { name } });
    return insertDeliveries(tx, {
      organizationId,
      projectId: null,
      alertId: null,
      title: titleOf(notice),
      message: { purpose: "test", notice },
      receivers: [{ destinationId: id, userId: null, kind, receiver: name }],
    });
  });
  if (deliveryId === undefined) throw new Error("a delivery was inserted but not returned");
  return deliveryId;
}
