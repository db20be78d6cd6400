/** Writes down who is to hear of an alert, and has it sent: in the transaction that makes the alert, so that there is none without the other. */
import type { AlertAction } from "@mesher/protocol";
import type { Transaction } from "../db/transaction.ts";
import { type AlertNotice, titleOf } from "./alert-notice.ts";
import { insertDeliveries, listAssignees, listReceivers } from "./deliveries.queries.ts";
import { addDigestEntries, listMailedMembers, type MailedMember } from "./preferences.queries.ts";

export type { AlertNotice } from "./alert-notice.ts";

/**
 * Deliveries to whom the actions name: destinations of the organization that are switched on, and its members as each of
 * them wishes. Whoever is named twice hears of it once; who is not of the organization, or gone, never. `websocket` is not
 * delivered but told by the stream.
 */
export async function queueDeliveries(
  tx: Transaction,
  notice: AlertNotice,
  actions: readonly AlertAction[],
): Promise<void> {
  const { organizationId } = notice;
  const destinationIds = actions.flatMap((action) => (action.type === "destination" ? [action.destination_id] : []));
  const destinations = await listReceivers(tx, organizationId, [...new Set(destinationIds)]);
  const { instant, gathered } = await askMembers(tx, notice, actions);

  const people = instant.map(({ userId, name }) => ({
    destinationId: null,
    userId,
    kind: "email" as const,
    receiver: name,
  }));
  await insertDeliveries(tx, {
    organizationId,
    projectId: notice.projectId,
    alertId: notice.alertId,
    title: titleOf(notice),
    message: { purpose: notice.kind === "test" ? "test" : "alert", notice },
    receivers: [...destinations, ...people],
  });
  await addDigestEntries(
    tx,
    notice,
    gathered.map(({ userId }) => userId),
  );
}

interface Asked {
  readonly instant: readonly MailedMember[];
  readonly gathered: readonly MailedMember[];
}

async function askMembers(tx: Transaction, notice: AlertNotice, actions: readonly AlertAction[]): Promise<Asked> {
  const named = actions.flatMap((action) => (action.type === "people" ? [action.who] : []));
  if (named.length === 0) return { instant: [], gathered: [] };
  const assignees = notice.issue ? await listAssignees(tx, notice.projectId, notice.issue.id) : [];
  const isForAll = named.includes("members");
  const userIds = named.flatMap((who) => {
    if (typeof who === "object") return [who.user_id];
    return who === "assignee" ? assignees : [];
  });
  const members = await listMailedMembers(tx, notice.organizationId, isForAll ? "all" : userIds);
  const wishing = members.filter(({ mode, onlyAssigned, userId }) => {
    return mode !== "mute" && (!onlyAssigned || assignees.includes(userId));
  });
  return {
    instant: wishing.filter(({ mode }) => mode === "instant"),
    gathered: wishing.filter(({ mode }) => mode !== "instant"),
  };
}
