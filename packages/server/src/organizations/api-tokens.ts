/** Making and revoking API tokens, with their lines in the audit log. */
import type { Database } from "../db/database.ts";
import { withTransaction } from "../db/transaction.ts";
import type { Actor, Role, Scope } from "./access.ts";
import { createApiToken, revokeApiToken } from "./api-tokens.queries.ts";
import { recordAudit } from "./audit.queries.ts";
import { demandOwnRank } from "./members.ts";
import { OrganizationRefusedError } from "./refusal.ts";
import { makeSecret, sha256 } from "./secret.ts";

export interface TokenWish {
  readonly label: string;
  readonly role: Role;
  readonly scopes: readonly Scope[];
  /** Whose it is; absent: the organization's. */
  readonly userId?: string;
}

/** The secret is told here and nowhere else. */
export async function makeToken(
  database: Database,
  actor: Actor,
  wish: TokenWish,
): Promise<{ readonly id: string; readonly secret: string }> {
  const { organizationId } = actor;
  demandOwnRank(actor, wish.role);
  if (wish.scopes.some((scope) => !actor.scopes.includes(scope)))
    throw new OrganizationRefusedError("beyond_own_scopes");
  const secret = makeSecret();
  const id = await withTransaction(database, async (tx) => {
    const made = await createApiToken(tx, { organizationId, sha256: sha256(secret), ...wish });
    await recordAudit(tx, {
      organizationId,
      actor,
      action: "token.created",
      target: { kind: "token", id: made },
      details: { label: wish.label, role: wish.role, scopes: wish.scopes, isPersonal: wish.userId !== undefined },
    });
    return made;
  });
  return { id, secret };
}

/** `false`: no such token is active. It stops working with the next request, on every node. */
export async function revokeToken(
  database: Database,
  actor: Actor,
  { id, userId }: { readonly id: string; readonly userId?: string },
): Promise<boolean> {
  const { organizationId } = actor;
  return withTransaction(database, async (tx) => {
    const revoked = await revokeApiToken(tx, { organizationId, id, userId });
    if (revoked === undefined) return false;
    const target = { kind: "token", id };
    await recordAudit(tx, { organizationId, actor, action: "token.revoked", target, details: revoked });
    return true;
  });
}
