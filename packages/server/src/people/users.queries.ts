/** Statements on people, their passwords and logins. better-auth reads and writes the same tables. */
import type { Queryable } from "../db/database.ts";
import type { Transaction } from "../db/transaction.ts";
import { SIGN_IN_ADDRESS } from "./email-address.ts";

const LOCKED_OUT_LISTED_MAX = 20;

export interface User {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly hasTwoFactor: boolean;
}

interface UserRow {
  id: string;
  email: string;
  display_name: string;
  two_factor_enabled: boolean;
}

const userOf = (row: UserRow): User => ({
  id: row.id,
  email: row.email,
  name: row.display_name,
  hasTwoFactor: row.two_factor_enabled,
});

export async function findUser(database: Queryable, id: string): Promise<User | undefined> {
  const { rows } = await database.query<UserRow>({
    name: "users.find",
    text: "select id, email, display_name, two_factor_enabled from users where id = $1",
    values: [id],
  });
  return rows[0] && userOf(rows[0]);
}

export async function findUserByEmail(database: Queryable, email: string): Promise<User | undefined> {
  const { rows } = await database.query<UserRow>({
    name: "users.find_by_email",
    text: "select id, email, display_name, two_factor_enabled from users where email = lower($1)",
    values: [email],
  });
  return rows[0] && userOf(rows[0]);
}

/** Addresses of people who have a password, and no other way to sign in, and cannot sign in with it. Some, if they are many. */
export async function listLockedOut(database: Queryable): Promise<string[]> {
  const { rows } = await database.query<{ email: string }>({
    name: "users.list_locked_out",
    text: `
      select u.email from users u join sign_in_methods m on m.user_id = u.id
      group by u.email having bool_and(m.provider_id = 'credential') and u.email !~ $1
      order by u.email limit ${LOCKED_OUT_LISTED_MAX}`,
    values: [SIGN_IN_ADDRESS],
  });
  return rows.map(({ email }) => email);
}

/** The new person's id; `undefined` when the address is somebody's. */
export async function createUser(
  tx: Transaction,
  user: { readonly email: string; readonly name: string; readonly passwordHash: string },
): Promise<string | undefined> {
  const { rows } = await tx.query<{ id: string }>({
    name: "users.create",
    text: "insert into users (email, display_name) values (lower($1), $2) on conflict (email) do nothing returning id",
    values: [user.email, user.name],
  });
  const id = rows[0]?.id;
  if (id !== undefined) await setPassword(tx, id, user.passwordHash);
  return id;
}

export async function setPassword(tx: Transaction, userId: string, passwordHash: string): Promise<void> {
  await tx.query({
    name: "sign_in_methods.set_password",
    text: `
      insert into sign_in_methods (user_id, provider_id, account_id, password_hash) values ($1::uuid, 'credential', $1::text, $2)
      on conflict (provider_id, account_id) do update set password_hash = excluded.password_hash, updated_at = now()`,
    values: [userId, passwordHash],
  });
}

/** For somebody who has lost the second factor and its recovery codes. */
export async function clearTwoFactor(tx: Transaction, userId: string): Promise<void> {
  await tx.query({ name: "two_factors.clear", text: "delete from two_factors where user_id = $1", values: [userId] });
  await tx.query({
    name: "users.clear_two_factor",
    text: "update users set two_factor_enabled = false, updated_at = now() where id = $1",
    values: [userId],
  });
}

export interface LoginSummary {
  readonly id: string;
  readonly ipAddress: string | null;
  readonly userAgent: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** Logins of a person that one answer shows, newest first. */
const LOGINS_LISTED_MAX = 100;

export async function listLogins(database: Queryable, userId: string): Promise<LoginSummary[]> {
  const { rows } = await database.query<{
    id: string;
    ip_address: string | null;
    user_agent: string | null;
    created_at: Date;
    expires_at: Date;
  }>({
    name: "logins.list",
    text: `
      select id, ip_address, user_agent, created_at, expires_at from logins
      where user_id = $1 and expires_at > now() order by created_at desc limit $2`,
    values: [userId, LOGINS_LISTED_MAX],
  });
  return rows.map((row) => ({
    id: row.id,
    ipAddress: row.ip_address,
    userAgent: row.user_agent,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  }));
}

/** One login, all but one, or all. */
export type LoginChoice = "all" | { readonly only: string } | { readonly allBut: string };

/** Ends logins of the person; how many. They are over with the next request, on every node. */
export async function endLogins(database: Queryable, userId: string, choice: LoginChoice): Promise<number> {
  const { rowCount } = await database.query({
    name: "logins.end",
    text: "delete from logins where user_id = $1 and ($2::uuid is null or id = $2) and ($3::uuid is null or id <> $3)",
    values: [
      userId,
      typeof choice === "object" && "only" in choice ? choice.only : null,
      typeof choice === "object" && "allBut" in choice ? choice.allBut : null,
    ],
  });
  return rowCount;
}

/** The name of before; `undefined`: there is no such person. */
export async function renameUser(tx: Transaction, userId: string, name: string): Promise<string | undefined> {
  const { rows } = await tx.query<{ display_name: string }>({
    name: "users.rename",
    text: `
      with before as (select id, display_name from users where id = $1 for update)
      update users u set display_name = $2, updated_at = now() from before where u.id = before.id
      returning before.display_name`,
    values: [userId, name],
  });
  return rows[0]?.display_name;
}

/** How the person may prove who they are. */
export async function listSignInProviders(database: Queryable, userId: string): Promise<string[]> {
  const { rows } = await database.query<{ provider_id: string }>({
    name: "sign_in_methods.list_providers",
    text: "select distinct provider_id from sign_in_methods where user_id = $1 order by provider_id",
    values: [userId],
  });
  return rows.map((row) => row.provider_id);
}

export async function chooseOrganization(database: Queryable, loginId: string, organizationId: string): Promise<void> {
  await database.query({
    name: "logins.choose_organization",
    text: "update logins set organization_id = $2 where id = $1",
    values: [loginId, organizationId],
  });
}

const RESET_HOURS = 24;

/** Who made a link: by a token of theirs or of an organization, or signed in, for an organization. */
export type ResetMaker = { readonly tokenId: string } | { readonly userId: string; readonly organizationId: string };

/** Links made earlier for the same person stop working. */
export async function createPasswordReset(
  tx: Transaction,
  reset: {
    readonly userId: string;
    readonly sha256: Uint8Array;
    readonly clearsTwoFactor: boolean;
    readonly maker: ResetMaker;
  },
): Promise<void> {
  const { userId, sha256, clearsTwoFactor, maker } = reset;
  await tx.query({
    name: "password_resets.supersede",
    text: "update password_resets set used_at = now() where user_id = $1 and used_at is null",
    values: [userId],
  });
  await tx.query({
    name: "password_resets.create",
    text: `
      insert into password_resets
        (user_id, token_sha256, clears_two_factor, made_by_token, made_by_user, made_in_organization, expires_at)
      values ($1, $2, $3, $4, $5, $6, now() + make_interval(hours => ${RESET_HOURS}))`,
    values: [
      userId,
      sha256,
      clearsTwoFactor,
      "tokenId" in maker ? maker.tokenId : null,
      "userId" in maker ? maker.userId : null,
      "userId" in maker ? maker.organizationId : null,
    ],
  });
}

/** Ends the person's open links but those of whoever runs the server: what the others were made by may hold no more. */
export async function endPasswordResets(tx: Transaction, userId: string): Promise<void> {
  await tx.query({
    name: "password_resets.end",
    text: `
      update password_resets r set used_at = now()
      where user_id = $1 and used_at is null
        and not exists (select from api_tokens t where t.id = r.made_by_token and t.is_operator)`,
    values: [userId],
  });
}

export interface PasswordReset {
  readonly userId: string;
  readonly clearsTwoFactor: boolean;
  /** `undefined`: it was made before this was kept. */
  readonly maker: ResetMaker | undefined;
}

interface PasswordResetRow {
  user_id: string;
  clears_two_factor: boolean;
  made_by_token: string | null;
  made_by_user: string | null;
  made_in_organization: string | null;
}

const RESET_COLUMNS = "user_id, clears_two_factor, made_by_token, made_by_user, made_in_organization";
const IS_RESET_OPEN = "token_sha256 = $1 and used_at is null and expires_at > now()";

const passwordResetOf = (row: PasswordResetRow): PasswordReset => ({
  userId: row.user_id,
  clearsTwoFactor: row.clears_two_factor,
  maker: resetMakerOf(row),
});

function resetMakerOf(row: PasswordResetRow): ResetMaker | undefined {
  if (row.made_by_token !== null) return { tokenId: row.made_by_token };
  if (row.made_by_user === null || row.made_in_organization === null) return undefined;
  return { userId: row.made_by_user, organizationId: row.made_in_organization };
}

export async function findPasswordReset(database: Queryable, sha256: Uint8Array): Promise<PasswordReset | undefined> {
  const { rows } = await database.query<PasswordResetRow>({
    name: "password_resets.find_open",
    text: `select ${RESET_COLUMNS} from password_resets where ${IS_RESET_OPEN}`,
    values: [sha256],
  });
  return rows[0] && passwordResetOf(rows[0]);
}

/** Uses a link up. Of those who use it at once, one gets it. */
export async function claimPasswordReset(tx: Transaction, sha256: Uint8Array): Promise<PasswordReset | undefined> {
  const { rows } = await tx.query<PasswordResetRow>({
    name: "password_resets.claim",
    text: `update password_resets set used_at = now() where ${IS_RESET_OPEN} returning ${RESET_COLUMNS}`,
    values: [sha256],
  });
  return rows[0] && passwordResetOf(rows[0]);
}

/** The secret of this name that all nodes of this database use; the first to ask makes it. */
export async function ensureServerSecret(database: Queryable, name: string, make: () => string): Promise<string> {
  await database.query({
    text: "insert into server_secrets (name, value) values ($1, $2) on conflict (name) do nothing",
    values: [name, make()],
  });
  const { rows } = await database.query<{ value: string }>({
    text: "select value from server_secrets where name = $1",
    values: [name],
  });
  if (rows[0] === undefined) throw new Error(`the server secret ${name} was removed while it was made`);
  return rows[0].value;
}

const UNUSED_COUNTS_HOURS = 24;

/** Removes what is over: logins, steps of sign-ins, links, and counts of attempts that no window holds any more. */
export async function removeExpired(database: Queryable): Promise<void> {
  const statements = [
    "delete from logins where expires_at < now()",
    "delete from verifications where expires_at < now()",
    "delete from password_resets where expires_at < now() - interval '7 days'",
    `delete from sign_in_attempts where window_started_at < now() - make_interval(hours => ${UNUSED_COUNTS_HOURS})`,
    `delete from sign_in_rates where last_request_ms < extract(epoch from now() - make_interval(hours => ${UNUSED_COUNTS_HOURS})) * 1000`,
  ];
  for (const text of statements) await database.query({ text });
}
