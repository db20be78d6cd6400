/** How somebody becomes a member by a one-time link, and the first owner by the one that the first start prints. */
import type { Database } from "../db/database.ts";
import { type Transaction, withTransaction } from "../db/transaction.ts";
import { createUser, findUserByEmail, type User } from "../people/users.queries.ts";
import type { Actor, Role } from "./access.ts";
import { type AuditActor, recordAudit, SERVER_ACTOR } from "./audit.queries.ts";
import {
  claimInvitation,
  createInvitation,
  findOpenInvitation,
  type Invitation,
  listInvitationsOf,
  revokeInvitation,
  revokeSetupLinks,
} from "./invitations.queries.ts";
import { lockOrganization } from "./locks.queries.ts";
import { countOwners, listMemberships } from "./members.queries.ts";
import { demandOwnRank, enrol } from "./members.ts";
import { OrganizationRefusedError } from "./refusal.ts";
import { makeSecret, sha256 } from "./secret.ts";

/** The invitation, and the token of its link, which nobody can be told again. */
export async function invite(
  database: Database,
  actor: Actor,
  { email, role }: { readonly email: string; readonly role: Role },
): Promise<{ readonly invitation: Invitation; readonly token: string }> {
  const { organizationId } = actor;
  demandOwnRank(actor, role);
  const token = makeSecret();
  const invitation = await withTransaction(database, async (tx) => {
    // Of two for one address, made at once, one replaces the other.
    await lockOrganization(tx, organizationId);
    const made = await createInvitation(tx, {
      organizationId,
      email,
      role,
      sha256: sha256(token),
      invitedBy: actor.userId,
    });
    const target = { kind: "invitation", id: made.id };
    await recordAudit(tx, { organizationId, actor, action: "invitation.created", target, details: { email, role } });
    return made;
  });
  return { invitation, token };
}

/** `false`: there is no such invitation that waits. */
export async function revoke(database: Database, actor: Actor, id: string): Promise<boolean> {
  const { organizationId } = actor;
  return withTransaction(database, async (tx) => {
    const revoked = await revokeInvitation(tx, organizationId, id);
    if (revoked === undefined) return false;
    const target = { kind: "invitation", id };
    const details = { email: revoked.email, role: revoked.role };
    await recordAudit(tx, { organizationId, actor, action: "invitation.revoked", target, details });
    return true;
  });
}

/** The token of a link that makes its holder the first owner; `undefined`: there is an owner. */
export async function makeSetupLink(database: Database, organizationId: string): Promise<string | undefined> {
  const token = makeSecret();
  return withTransaction(database, async (tx) => {
    await lockOrganization(tx, organizationId);
    if ((await countOwners(tx, organizationId)) > 0) return undefined;
    await createInvitation(tx, { organizationId, email: null, role: "owner", sha256: sha256(token) });
    return token;
  });
}

/** The invitation that a link's token stands for, if it can be accepted. */
export function readLink(database: Database, token: string): Promise<Invitation | undefined> {
  return findOpenInvitation(database, sha256(token));
}

export interface NewPerson {
  readonly email: string;
  readonly name: string;
  readonly passwordHash: string;
}

/** Somebody new accepts; the id of the new person. */
export async function acceptAsNewPerson(
  database: Database,
  invitation: Invitation,
  person: NewPerson,
): Promise<{ readonly userId: string }> {
  if (invitation.email !== null && invitation.email !== person.email.toLowerCase())
    throw new OrganizationRefusedError("wrong_person");
  return withTransaction(database, async (tx) => {
    const userId = await createUser(tx, person);
    if (userId === undefined) throw new OrganizationRefusedError("email_taken");
    await join(tx, invitation, { id: userId, email: person.email.toLowerCase() });
    return { userId };
  });
}

/** Somebody who has signed in accepts. */
export async function acceptAsUser(database: Database, invitation: Invitation, user: User): Promise<void> {
  if (invitation.email !== null && invitation.email !== user.email) throw new OrganizationRefusedError("wrong_person");
  await withTransaction(database, (tx) => join(tx, invitation, user));
}

/** Accepts whatever waits for somebody whose address another has proven. Whether they are a member anywhere then. */
export async function acceptWaiting(database: Database, user: User): Promise<boolean> {
  for (const invitation of await listInvitationsOf(database, user.email)) {
    await withTransaction(database, (tx) => join(tx, invitation, user)).catch((error: unknown) => {
      // Accepted in another window meanwhile: the same end.
      if (!(error instanceof OrganizationRefusedError)) throw error;
    });
  }
  return (await listMemberships(database, user.id)).length > 0;
}

/** Makes a person with a password, who is a member at once: for whoever runs the server. */
export async function createMember(
  database: Database,
  actor: AuditActor,
  { organizationId, role, ...person }: NewPerson & { readonly organizationId: string; readonly role: Role },
): Promise<{ readonly userId: string; readonly memberId: string }> {
  return withTransaction(database, async (tx) => {
    const userId = await createUser(tx, person);
    if (userId === undefined) throw new OrganizationRefusedError("email_taken");
    const memberId = await enrol(tx, { organizationId, userId, role });
    if (memberId === undefined) throw new Error("somebody new is a member already");
    if (role === "owner") await revokeSetupLinks(tx, organizationId);
    const details = { email: person.email, role };
    const target = { kind: "member", id: memberId };
    await recordAudit(tx, { organizationId, actor, action: "member.created", target, details });
    return { userId, memberId };
  });
}

/** The first owner as settings name them. Nothing happens where there is an owner, or somebody of this address. */
export async function ensureFirstOwner(
  database: Database,
  organizationId: string,
  email: string,
  hashPassword: () => Promise<string>,
): Promise<void> {
  if ((await countOwners(database, organizationId)) > 0) return;
  if ((await findUserByEmail(database, email)) !== undefined) return;
  const person = { email, name: email.split("@")[0] ?? email, passwordHash: await hashPassword() };
  try {
    await createMember(database, SERVER_ACTOR, { organizationId, role: "owner", ...person });
  } catch (error) {
    // Another node, started at the same time with the same settings, was quicker.
    if (!(error instanceof OrganizationRefusedError)) throw error;
  }
}

async function join(
  tx: Transaction,
  invitation: Invitation,
  user: { readonly id: string; readonly email: string },
): Promise<void> {
  const { organizationId, role } = invitation;
  await lockOrganization(tx, organizationId);
  // A set-up link is worth something until there is an owner, not longer.
  const isTooLate = invitation.email === null && (await countOwners(tx, organizationId)) > 0;
  if (isTooLate || !(await claimInvitation(tx, invitation.id))) throw new OrganizationRefusedError("link_over");
  const memberId = await enrol(tx, { organizationId, userId: user.id, role });
  if (memberId === undefined) throw new OrganizationRefusedError("already_member");
  await recordAudit(tx, {
    organizationId,
    actor: { kind: "person", name: user.email, userId: user.id },
    action: "invitation.accepted",
    target: { kind: "member", id: memberId },
    details: { role },
  });
}
