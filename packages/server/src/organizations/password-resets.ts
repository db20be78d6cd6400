/** One-time links that set a new password. Whoever makes one tells the person; nothing is sent. */
import type { Database, Queryable } from "../db/database.ts";
import { withTransaction } from "../db/transaction.ts";
import { clearPasskeys } from "../people/passkeys.queries.ts";
import {
  claimPasswordReset,
  clearTwoFactor,
  createPasswordReset,
  endLogins,
  findPasswordReset,
  type PasswordReset,
  type ResetMaker,
  setPassword,
  type User,
} from "../people/users.queries.ts";
import { type Actor, hasRole } from "./access.ts";
import { findTokenActor } from "./api-tokens.queries.ts";
import type { AuditActor } from "./audit.queries.ts";
import { recordAuditOfPerson } from "./audit-person.ts";
import { findMemberOfUser, listMemberships } from "./members.queries.ts";
import { OrganizationRefusedError, type Refusal } from "./refusal.ts";
import { makeSecret, sha256 } from "./secret.ts";

/**
 * The token of a link for a member of the actor's organization. Only whoever runs the server makes one for somebody who
 * is in other organizations too: else an owner of one could take over a person's place in another.
 */
export async function makeResetLink(
  database: Database,
  actor: Actor,
  user: User,
  { clearsTwoFactor }: { readonly clearsTwoFactor: boolean },
): Promise<string> {
  const token = makeSecret();
  await withTransaction(database, async (tx) => {
    const refusal = await whyNot(tx, actor, user.id);
    if (refusal !== undefined) throw new OrganizationRefusedError(refusal);
    const maker = makerOf(actor);
    await createPasswordReset(tx, { userId: user.id, sha256: sha256(token), clearsTwoFactor, maker });
    const details = { email: user.email, clearsTwoFactor };
    await recordAuditOfPerson(tx, { userId: user.id, actor, action: "person.reset_link_made", details });
  });
  return token;
}

/**
 * Sets the password and ends all logins of the person. `false`: the link was used, replaced, or is too old, or whoever made
 * it may no more. The password is hashed only for a link that is open, since hashing is what costs.
 */
export async function usePasswordReset(
  database: Database,
  token: string,
  hashPassword: () => Promise<string>,
): Promise<boolean> {
  const open = await findPasswordReset(database, sha256(token));
  if (open === undefined || !(await mayStillBeUsed(database, open))) return false;
  const passwordHash = await hashPassword();
  return withTransaction(database, async (tx) => {
    const reset = await claimPasswordReset(tx, sha256(token));
    if (reset === undefined || !(await mayStillBeUsed(tx, reset))) return false;
    await setPassword(tx, reset.userId, passwordHash);
    if (reset.clearsTwoFactor) {
      await clearTwoFactor(tx, reset.userId);
      // Whoever has lost the phone has lost the passkeys on it.
      await clearPasskeys(tx, reset.userId);
    }
    await endLogins(tx, reset.userId, "all");
    const { userId } = reset;
    const actor: AuditActor = { kind: "person", name: "holder of the reset link", userId };
    await recordAuditOfPerson(tx, { userId, actor, action: "person.password_reset" });
    return true;
  });
}

/** A link lasts a day, and is worth no more than whoever made it: it takes over the person's place. */
async function mayStillBeUsed(database: Queryable, { userId, maker }: PasswordReset): Promise<boolean> {
  const actor = maker && (await findMaker(database, maker));
  return actor !== undefined && (await whyNot(database, actor, userId)) === undefined;
}

type Maker = Pick<Actor, "organizationId" | "role" | "isOperator">;

/** As what they may be now; `undefined`: the token is revoked, or they are a member no more. */
async function findMaker(database: Queryable, maker: ResetMaker): Promise<Maker | undefined> {
  if ("tokenId" in maker) return findTokenActor(database, maker.tokenId);
  const { organizationId, userId } = maker;
  const member = await findMemberOfUser(database, organizationId, userId);
  return member && { organizationId, role: member.role, isOperator: false };
}

/** Why the actor may not take over the person's password; `undefined`: they may. */
async function whyNot(database: Queryable, actor: Maker, userId: string): Promise<Refusal | undefined> {
  if (actor.isOperator) return undefined;
  const own = await findMemberOfUser(database, actor.organizationId, userId);
  if (own === undefined) return "no_member";
  if (!hasRole(actor, "admin") || !hasRole(actor, own.role)) return "above_own_role";
  return (await listMemberships(database, userId)).length > 1 ? "elsewhere_too" : undefined;
}

function makerOf({ tokenId, userId, organizationId }: Actor): ResetMaker {
  if (tokenId !== undefined) return { tokenId };
  if (userId === undefined) throw new Error("a reset link was asked for by neither a token nor a person");
  return { userId, organizationId };
}
