/** One-time links that set a new password. Whoever makes one tells the person; nothing is sent. */
import type { Database } from "../db/database.ts";
import { withTransaction } from "../db/transaction.ts";
import { clearPasskeys } from "../people/passkeys.queries.ts";
import {
  claimPasswordReset,
  clearTwoFactor,
  createPasswordReset,
  endLogins,
  isPasswordResetOpen,
  setPassword,
  type User,
} from "../people/users.queries.ts";
import type { Actor } from "./access.ts";
import type { AuditActor } from "./audit.queries.ts";
import { recordAuditOfPerson } from "./audit-person.ts";
import { findMemberOfUser, listMemberships } from "./members.queries.ts";
import { demandOwnRank } from "./members.ts";
import { OrganizationRefusedError } from "./refusal.ts";
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
    const memberships = await listMemberships(tx, user.id);
    const own = await findMemberOfUser(tx, actor.organizationId, user.id);
    if (!actor.isOperator) {
      if (own === undefined) throw new Error("a reset link was asked for somebody who is no member");
      demandOwnRank(actor, own.role);
      if (memberships.length > 1) throw new OrganizationRefusedError("elsewhere_too");
    }
    await createPasswordReset(tx, { userId: user.id, sha256: sha256(token), clearsTwoFactor });
    const details = { email: user.email, clearsTwoFactor };
    await recordAuditOfPerson(tx, { userId: user.id, actor, action: "person.reset_link_made", details });
  });
  return token;
}

/**
 * Sets the password and ends all logins of the person. `false`: the link was used, replaced, or is too old. The password
 * is hashed only for a link that is open, since hashing is what costs.
 */
export async function usePasswordReset(
  database: Database,
  token: string,
  hashPassword: () => Promise<string>,
): Promise<boolean> {
  if (!(await isPasswordResetOpen(database, sha256(token)))) return false;
  const passwordHash = await hashPassword();
  return withTransaction(database, async (tx) => {
    const reset = await claimPasswordReset(tx, sha256(token));
    if (reset === undefined) return false;
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
