/** Changes of who belongs to an organization, each in one transaction with its line in the audit log. */
import type { Database } from "../db/database.ts";
import { type Transaction, withTransaction } from "../db/transaction.ts";
import { insertActivity } from "../issues/activity.queries.ts";
import { unassignAll } from "../issues/change-issues.queries.ts";
import type { IssueActor, IssueChange } from "../issues/issue-change.ts";
import { endPasswordResets } from "../people/users.queries.ts";
import { type Actor, hasRole, ROLES, type Role } from "./access.ts";
import { recordAudit } from "./audit.queries.ts";
import { endInvitationsBy, endInvitationsOf } from "./invitations.queries.ts";
import { lockOrganization } from "./locks.queries.ts";
import {
  countOwners,
  createOrganization,
  deleteMember,
  findMember,
  insertMember,
  isRemoved,
  type Member,
  renameOrganization,
  updateRole,
} from "./members.queries.ts";
import { OrganizationRefusedError } from "./refusal.ts";

/** Makes an organization with its first owner; its id. */
export async function foundOrganization(
  database: Database,
  actor: Actor | (Pick<Actor, "name" | "userId"> & { readonly kind: "person" }),
  { slug, name, ownerId }: { readonly slug: string; readonly name: string; readonly ownerId: string },
): Promise<string> {
  return withTransaction(database, async (tx) => {
    const organizationId = await createOrganization(tx, { slug, name });
    if (organizationId === undefined) throw new OrganizationRefusedError("slug_taken");
    await enrol(tx, { organizationId, userId: ownerId, role: "owner" });
    const target = { kind: "organization", id: organizationId };
    await recordAudit(tx, { organizationId, actor, action: "organization.created", target, details: { slug, name } });
    return organizationId;
  });
}

export async function rename(database: Database, actor: Actor, name: string): Promise<void> {
  const { organizationId } = actor;
  await withTransaction(database, async (tx) => {
    await renameOrganization(tx, organizationId, name);
    const target = { kind: "organization", id: organizationId };
    await recordAudit(tx, { organizationId, actor, action: "organization.renamed", target, details: { name } });
  });
}

/**
 * The new membership's id; `undefined`: the person is a member already. Other invitations to the organization end: they
 * would bring the person back once they are removed. So do links to set their password, which were made by whom they
 * belonged to before.
 */
export async function enrol(
  tx: Transaction,
  member: { readonly organizationId: string; readonly userId: string; readonly role: Role },
): Promise<string | undefined> {
  // Whoever accepts an invitation holds this and then the invitation: in the same order, neither waits for the other.
  await lockOrganization(tx, member.organizationId);
  const id = await insertMember(tx, member);
  if (id === undefined) return undefined;
  await endInvitationsOf(tx, member);
  await endPasswordResets(tx, member.userId);
  return id;
}

/** The new membership's id. */
export async function addMember(
  database: Database,
  actor: Actor,
  { userId, role }: { readonly userId: string; readonly role: Role },
): Promise<string> {
  const { organizationId } = actor;
  demandOwnRank(actor, role);
  return withTransaction(database, async (tx) => {
    const id = await enrol(tx, { organizationId, userId, role });
    if (id === undefined) throw new OrganizationRefusedError("already_member");
    await recordAudit(tx, {
      organizationId,
      actor,
      action: "member.added",
      target: { kind: "member", id },
      details: { userId, role },
    });
    return id;
  });
}

/**
 * Somebody whom single sign-on lets in, and whom nobody has invited, is a member of the installation's own organization.
 * Nothing happens if somebody has removed them: that the provider still knows them does not undo it.
 */
export async function joinBySignIn(
  database: Database,
  {
    organizationId,
    user,
  }: { readonly organizationId: string; readonly user: { readonly id: string; readonly email: string } },
): Promise<void> {
  const role = "member";
  await withTransaction(database, async (tx) => {
    // Before it is asked who was removed: somebody may be doing it.
    await lockOrganization(tx, organizationId);
    if (await isRemoved(tx, organizationId, user.id)) return;
    const id = await enrol(tx, { organizationId, userId: user.id, role });
    // Signed in in another window at the same time.
    if (id === undefined) return;
    const actor = { kind: "person", name: user.email, userId: user.id } as const;
    const target = { kind: "member", id };
    await recordAudit(tx, { organizationId, actor, action: "member.joined", target, details: { role } });
  });
}

/** `false`: there is no such member. */
export async function changeRole(database: Database, actor: Actor, memberId: string, role: Role): Promise<boolean> {
  demandOwnRank(actor, role);
  return changeMember(database, actor, memberId, async (tx, member) => {
    if (role !== "owner") await demandAnotherOwner(tx, actor.organizationId, member);
    await updateRole(tx, { organizationId: actor.organizationId, id: memberId, role });
    // Whoever made one for them before might not for what they are now.
    if (!hasRole(member, role)) await endPasswordResets(tx, member.userId);
    // Members invite nobody, and admins no owners.
    const roles = ROLES.filter((each) => role === "member" || !hasRole({ role }, each));
    await endInvitationsBy(tx, { organizationId: actor.organizationId, userId: member.userId, roles });
    return { action: "member.role_changed", details: { email: member.email, from: member.role, to: role } };
  });
}

export interface MemberRemoval {
  readonly memberId: string;
  /** As the activity of issues names the actor. */
  readonly by: IssueActor;
  /** Hears of every issue that was theirs, after it is committed. */
  readonly tell: (change: IssueChange) => void;
}

/**
 * `false`: there is no such member. What they may, ends with the next request, and issues assigned to them are nobody's: a
 * person who is gone would hide that nobody looks after them.
 */
export async function removeMember(
  database: Database,
  actor: Actor,
  { memberId, by, tell }: MemberRemoval,
): Promise<boolean> {
  let changes: readonly IssueChange[] = [];
  const isDone = await changeMember(database, actor, memberId, async (tx, member) => {
    await demandAnotherOwner(tx, actor.organizationId, member);
    await deleteMember(tx, actor.organizationId, member);
    const { organizationId } = actor;
    await endInvitationsOf(tx, { organizationId, userId: member.userId });
    await endInvitationsBy(tx, { organizationId, userId: member.userId, roles: ROLES });
    await endPasswordResets(tx, member.userId);
    const issues = await unassignAll(tx, actor.organizationId, { kind: "user", id: member.userId });
    const details = { user_id: null, before: member.userId };
    changes = issues.map((issue) => ({ ...issue, action: "assigned", actor: by, details }));
    await insertActivity(tx, changes);
    return { action: "member.removed", details: { email: member.email, role: member.role, unassigned: issues.length } };
  });
  for (const change of changes) tell(change);
  return isDone;
}

type Change = (tx: Transaction, member: Member) => Promise<{ action: string; details: Record<string, unknown> }>;

async function changeMember(database: Database, actor: Actor, memberId: string, change: Change): Promise<boolean> {
  const { organizationId } = actor;
  return withTransaction(database, async (tx) => {
    // Before the member is read: two who take each other's ownership away at once must not both succeed.
    await lockOrganization(tx, organizationId);
    const member = await findMember(tx, organizationId, memberId);
    if (member === undefined) return false;
    demandOwnRank(actor, member.role);
    const { action, details } = await change(tx, member);
    await recordAudit(tx, { organizationId, actor, action, target: { kind: "member", id: memberId }, details });
    return true;
  });
}

async function demandAnotherOwner(tx: Transaction, organizationId: string, { role }: Member): Promise<void> {
  if (role === "owner" && (await countOwners(tx, organizationId)) <= 1)
    throw new OrganizationRefusedError("last_owner");
}

/** Admins make and unmake members and admins; owners are made and unmade by owners. */
export function demandOwnRank(actor: Pick<Actor, "role">, role: Role): void {
  if (!hasRole(actor, role)) throw new OrganizationRefusedError("above_own_role");
}
