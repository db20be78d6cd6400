/** Writes down who is to hear of an alert, and has it sent: in the transaction that makes the alert, so that there is none without the other. */
import type { AlertAction } from "@mesher/protocol";
import type { Transaction } from "../db/transaction.ts";
import { type AlertNotice, titleOf } from "./alert-notice.ts";
import { insertDeliveries, listAssignees, listReceivers } from "./deliveries.queries.ts";
import type { NewDelivery } from "./delivery.ts";
import { addDigestEntries, listMailedMembers, type MailedMember } from "./preferences.queries.ts";

export type { AlertNotice } from "./alert-notice.ts";

/** Who was told of an alert, whichever way: ids. */
export interface Told {
  readonly destinations: readonly string[];
  readonly users: readonly string[];
}

/**
 * Deliveries to whom the actions name: destinations of the organization that are switched on, and its members as each of
 * them wishes. Whoever is named twice hears of it once; who is not of the organization, or gone, never. `websocket` is not
 * delivered but told by the stream.
 */
export async function queueDeliveries(
  tx: Transaction,
  notice: AlertNotice,
  actions: readonly AlertAction[],
): Promise<Told> {
  const destinationIds = actions.flatMap((action) => (action.type === "destination" ? [action.destination_id] : []));
  const destinations = await listReceivers(tx, notice.organizationId, [...new Set(destinationIds)]);
  const members = await askMembers(tx, notice, actions);
  await deliverTo(tx, notice, destinations, members);
  return {
    destinations: destinations.flatMap(({ destinationId }) => destinationId ?? []),
    users: members.map(({ userId }) => userId),
  };
}

/** The same to those who were told before, but who is gone, switched off or wants to hear nothing any more. */
export async function queueForTold(tx: Transaction, notice: AlertNotice, told: Told): Promise<void> {
  const destinations = await listReceivers(tx, notice.organizationId, told.destinations);
  const members = await listMailedMembers(tx, notice.organizationId, told.users);
  await deliverTo(
    tx,
    notice,
    destinations,
    members.filter(({ mode }) => mode !== "mute"),
  );
}

async function deliverTo(
  tx: Transaction,
  notice: AlertNotice,
  destinations: readonly NewDelivery[],
  members: readonly MailedMember[],
): Promise<void> {
  const people = members
    .filter(({ mode }) => mode === "instant")
    .map(({ userId, name }) => ({ destinationId: null, userId, kind: "email" as const, receiver: name }));
  await insertDeliveries(tx, {
    organizationId: notice.organizationId,
    projectId: notice.projectId,
    alertId: notice.alertId,
    title: titleOf(notice),
    message: { purpose: notice.kind === "test" ? "test" : "alert", notice },
    receivers: [...destinations, ...people],
  });
  const gathered = members.filter(({ mode }) => mode !== "instant");
  await addDigestEntries(
    tx,
    notice,
    gathered.map(({ userId }) => userId),
  );
}

/** Members who are named, and want to hear of it. */
async function askMembers(
  tx: Transaction,
  notice: AlertNotice,
  actions: readonly AlertAction[],
): Promise<MailedMember[]> {
  const named = actions.flatMap((action) => (action.type === "people" ? [action.who] : []));
  if (named.length === 0) return [];
  const assignees = notice.issue ? await listAssignees(tx, notice.projectId, notice.issue.id) : [];
  const isForAll = named.includes("members");
  const userIds = named.flatMap((who) => {
    if (typeof who === "object") return [who.user_id];
    return who === "assignee" ? assignees : [];
  });
  const members = await listMailedMembers(tx, notice.organizationId, isForAll ? "all" : userIds);
  return members.filter(({ mode, onlyAssigned, userId }) => {
    return mode !== "mute" && (!onlyAssigned || assignees.includes(userId));
  });
}
