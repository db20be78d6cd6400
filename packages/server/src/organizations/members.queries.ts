/** Statements on organizations as people know them, and on who is a member. */
import type { Queryable } from "../db/database.ts";
import type { Transaction } from "../db/transaction.ts";
import type { Role } from "./access.ts";

export interface Membership {
  readonly organizationId: string;
  readonly slug: string;
  readonly name: string;
  readonly role: Role;
  readonly createdAt: Date;
}

/** Organizations of a person that are listed. */
const ORGANIZATIONS_LISTED_MAX = 1_000;

/** Those the person is a member of, the first they joined first. */
export async function listMemberships(database: Queryable, userId: string): Promise<Membership[]> {
  const { rows } = await database.query<MembershipRow & { role: Role }>({
    name: "organization_members.list_of_user",
    text: `
      select o.id, o.slug, o.name, o.created_at, m.role from organization_members m join organizations o on o.id = m.organization_id
      where m.user_id = $1 order by m.joined_at, m.id limit ${ORGANIZATIONS_LISTED_MAX}`,
    values: [userId],
  });
  return rows.map((row) => ({ ...organizationOf(row), role: row.role }));
}

interface MembershipRow {
  id: string;
  slug: string;
  name: string;
  created_at: Date;
}

export type Organization = Omit<Membership, "role">;

const organizationOf = (row: MembershipRow): Organization => ({
  organizationId: row.id,
  slug: row.slug,
  name: row.name,
  createdAt: row.created_at,
});

export async function findOrganization(database: Queryable, id: string): Promise<Organization | undefined> {
  const { rows } = await database.query<MembershipRow>({
    name: "organizations.find",
    text: "select id, slug, name, created_at from organizations where id = $1",
    values: [id],
  });
  return rows[0] && organizationOf(rows[0]);
}

/** `undefined`: there is one of this slug. */
export async function createOrganization(
  tx: Transaction,
  { slug, name }: { readonly slug: string; readonly name: string },
): Promise<string | undefined> {
  const { rows } = await tx.query<{ id: string }>({
    name: "organizations.create",
    text: "insert into organizations (slug, name) values ($1, $2) on conflict (slug) do nothing returning id",
    values: [slug, name],
  });
  return rows[0]?.id;
}

export async function renameOrganization(tx: Transaction, id: string, name: string): Promise<void> {
  await tx.query({
    name: "organizations.rename",
    text: "update organizations set name = $2 where id = $1",
    values: [id, name],
  });
}

export interface Member {
  readonly id: string;
  readonly userId: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly joinedAt: Date;
}

interface MemberRow {
  id: string;
  user_id: string;
  email: string;
  display_name: string;
  role: Role;
  joined_at: Date;
}

const memberOf = (row: MemberRow): Member => ({
  id: row.id,
  userId: row.user_id,
  email: row.email,
  name: row.display_name,
  role: row.role,
  joinedAt: row.joined_at,
});

const SELECT_MEMBER = `
  select m.id, m.user_id, u.email, u.display_name, m.role, m.joined_at
  from organization_members m join users u on u.id = m.user_id`;

/** Members of an organization that one answer lists. */
const MEMBERS_LISTED_MAX = 1_000;

export async function listMembers(database: Queryable, organizationId: string): Promise<Member[]> {
  const { rows } = await database.query<MemberRow>({
    name: "organization_members.list",
    text: `${SELECT_MEMBER} where m.organization_id = $1 order by m.joined_at, m.id limit ${MEMBERS_LISTED_MAX}`,
    values: [organizationId],
  });
  return rows.map(memberOf);
}

export async function findMember(database: Queryable, organizationId: string, id: string): Promise<Member | undefined> {
  const { rows } = await database.query<MemberRow>({
    name: "organization_members.find",
    text: `${SELECT_MEMBER} where m.organization_id = $1 and m.id = $2`,
    values: [organizationId, id],
  });
  return rows[0] && memberOf(rows[0]);
}

export async function findMemberOfUser(
  database: Queryable,
  organizationId: string,
  userId: string,
): Promise<Member | undefined> {
  const { rows } = await database.query<MemberRow>({
    name: "organization_members.find_user",
    text: `${SELECT_MEMBER} where m.organization_id = $1 and m.user_id = $2`,
    values: [organizationId, userId],
  });
  return rows[0] && memberOf(rows[0]);
}

/** The new membership's id; `undefined`: the person is a member already. */
export async function insertMember(
  tx: Transaction,
  member: { readonly organizationId: string; readonly userId: string; readonly role: Role },
): Promise<string | undefined> {
  const { rows } = await tx.query<{ id: string }>({
    name: "organization_members.insert",
    text: `
      insert into organization_members (organization_id, user_id, role) values ($1, $2, $3)
      on conflict (organization_id, user_id) do nothing returning id`,
    values: [member.organizationId, member.userId, member.role],
  });
  await tx.query({
    name: "removed_members.delete",
    text: "delete from removed_members where organization_id = $1 and user_id = $2",
    values: [member.organizationId, member.userId],
  });
  return rows[0]?.id;
}

export async function updateRole(
  tx: Transaction,
  { organizationId, id, role }: { readonly organizationId: string; readonly id: string; readonly role: Role },
): Promise<void> {
  await tx.query({
    name: "organization_members.update_role",
    text: "update organization_members set role = $3 where organization_id = $1 and id = $2",
    values: [organizationId, id, role],
  });
}

/** The person's own tokens of the organization are revoked with it, and that they were removed is remembered. */
export async function deleteMember(tx: Transaction, organizationId: string, member: Member): Promise<void> {
  await tx.query({
    name: "organization_members.delete",
    text: "delete from organization_members where organization_id = $1 and id = $2",
    values: [organizationId, member.id],
  });
  await tx.query({
    name: "api_tokens.revoke_of_user",
    text: "update api_tokens set revoked_at = now() where organization_id = $1 and user_id = $2 and revoked_at is null",
    values: [organizationId, member.userId],
  });
  await tx.query({
    name: "removed_members.insert",
    text: "insert into removed_members (organization_id, user_id) values ($1, $2) on conflict do nothing",
    values: [organizationId, member.userId],
  });
}

/** Whether the person was removed from the organization, and nobody has let them in since. */
export async function isRemoved(database: Queryable, organizationId: string, userId: string): Promise<boolean> {
  const { rows } = await database.query({
    name: "removed_members.find",
    text: "select from removed_members where organization_id = $1 and user_id = $2",
    values: [organizationId, userId],
  });
  return rows.length > 0;
}

export async function countOwners(database: Queryable, organizationId: string): Promise<number> {
  const { rows } = await database.query<{ count: number }>({
    name: "organization_members.count_owners",
    text: "select count(*) from organization_members where organization_id = $1 and role = 'owner'",
    values: [organizationId],
  });
  return rows[0]?.count ?? 0;
}
