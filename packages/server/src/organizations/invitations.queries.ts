/** Statements on invitations: one-time links that make somebody a member. Only the hash of a link's token is kept. */
import type { Queryable } from "../db/database.ts";
import type { Transaction } from "../db/transaction.ts";
import type { Role } from "./access.ts";

export const INVITATION_DAYS = 7;

/** Open invitations that one answer lists. */
const INVITATIONS_LISTED_MAX = 1_000;

export interface Invitation {
  readonly id: string;
  readonly organizationId: string;
  /** `null`: whoever has the link; the set-up link of the first owner. */
  readonly email: string | null;
  readonly role: Role;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

interface InvitationRow {
  id: string;
  organization_id: string;
  email: string | null;
  role: Role;
  created_at: Date;
  expires_at: Date;
}

const invitationOf = (row: InvitationRow): Invitation => ({
  id: row.id,
  organizationId: row.organization_id,
  email: row.email,
  role: row.role,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
});

const COLUMNS = "id, organization_id, email, role, created_at, expires_at";

const IS_OPEN = "accepted_at is null and revoked_at is null and expires_at > now()";

/** One that waits for the same address in the organization is replaced. */
export async function createInvitation(
  tx: Transaction,
  invitation: {
    readonly organizationId: string;
    readonly email: string | null;
    readonly role: Role;
    readonly sha256: Uint8Array;
    readonly invitedBy?: string | undefined;
  },
): Promise<Invitation> {
  await tx.query({
    name: "invitations.supersede",
    text: `update invitations set revoked_at = now() where organization_id = $1 and email = lower($2) and ${IS_OPEN}`,
    values: [invitation.organizationId, invitation.email],
  });
  const { rows } = await tx.query<InvitationRow>({
    name: "invitations.create",
    text: `
      insert into invitations (organization_id, email, role, token_sha256, invited_by, expires_at)
      values ($1, lower($2), $3, $4, $5, now() + make_interval(days => ${INVITATION_DAYS})) returning ${COLUMNS}`,
    values: [
      invitation.organizationId,
      invitation.email,
      invitation.role,
      invitation.sha256,
      invitation.invitedBy ?? null,
    ],
  });
  if (rows[0] === undefined) throw new Error("an invitation was not stored");
  return invitationOf(rows[0]);
}

/** Those that can still be accepted, newest first; set-up links are nobody's invitation. */
export async function listInvitations(database: Queryable, organizationId: string): Promise<Invitation[]> {
  const { rows } = await database.query<InvitationRow>({
    name: "invitations.list",
    text: `
      select ${COLUMNS} from invitations where organization_id = $1 and email is not null and ${IS_OPEN}
      order by created_at desc, id limit ${INVITATIONS_LISTED_MAX}`,
    values: [organizationId],
  });
  return rows.map(invitationOf);
}

export async function findOpenInvitation(database: Queryable, sha256: Uint8Array): Promise<Invitation | undefined> {
  const { rows } = await database.query<InvitationRow>({
    name: "invitations.find_open",
    text: `select ${COLUMNS} from invitations where token_sha256 = $1 and ${IS_OPEN}`,
    values: [sha256],
  });
  return rows[0] && invitationOf(rows[0]);
}

/** All that wait for this address. */
export async function listInvitationsOf(database: Queryable, email: string): Promise<Invitation[]> {
  const { rows } = await database.query<InvitationRow>({
    name: "invitations.list_of_email",
    text: `
      select ${COLUMNS} from invitations where email = lower($1) and ${IS_OPEN}
      order by created_at limit ${INVITATIONS_LISTED_MAX}`,
    values: [email],
  });
  return rows.map(invitationOf);
}

/** Uses an invitation up. Of those who do it at once, one gets it. */
export async function claimInvitation(tx: Transaction, id: string): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: "invitations.claim",
    text: `update invitations set accepted_at = now() where id = $1 and ${IS_OPEN}`,
    values: [id],
  });
  return rowCount === 1;
}

export async function revokeInvitation(
  tx: Transaction,
  organizationId: string,
  id: string,
): Promise<Invitation | undefined> {
  const { rows } = await tx.query<InvitationRow>({
    name: "invitations.revoke",
    text: `
      update invitations set revoked_at = now()
      where organization_id = $1 and id = $2 and email is not null and ${IS_OPEN} returning ${COLUMNS}`,
    values: [organizationId, id],
  });
  return rows[0] && invitationOf(rows[0]);
}

/** Nothing that waits for somebody who joins or leaves is left for afterwards. */
export async function endInvitationsOf(
  tx: Transaction,
  { organizationId, userId }: { readonly organizationId: string; readonly userId: string },
): Promise<void> {
  await tx.query({
    name: "invitations.end_of_user",
    text: `
      update invitations set revoked_at = now()
      where organization_id = $1 and email = (select email from users where id = $2) and ${IS_OPEN}`,
    values: [organizationId, userId],
  });
}

/** What somebody made who may not make it any more: it would bring back whom they want, as themselves under another address. */
export async function endInvitationsBy(
  tx: Transaction,
  {
    organizationId,
    userId,
    roles,
  }: { readonly organizationId: string; readonly userId: string; readonly roles: readonly Role[] },
): Promise<void> {
  await tx.query({
    name: "invitations.end_by_user",
    text: `
      update invitations set revoked_at = now()
      where organization_id = $1 and invited_by = $2 and role = any($3) and ${IS_OPEN}`,
    values: [organizationId, userId, roles],
  });
}

/** After the first owner is there, no set-up link opens anything. */
export async function revokeSetupLinks(tx: Transaction, organizationId: string): Promise<void> {
  await tx.query({
    name: "invitations.revoke_setup",
    text: `update invitations set revoked_at = now() where organization_id = $1 and email is null and ${IS_OPEN}`,
    values: [organizationId],
  });
}

const KEPT_DAYS = 30;

/** Removes those that nobody can accept any more. What became of them stands in the audit log. */
export async function removeOldInvitations(database: Queryable): Promise<void> {
  await database.query({
    text: `delete from invitations where expires_at < now() - make_interval(days => ${KEPT_DAYS})`,
  });
}
