/** Statements on API tokens. Only their hashes are kept. */
import type { Queryable } from "../db/database.ts";
import type { Transaction } from "../db/transaction.ts";
import { type Actor, isScope, lesserRole, type Role, SCOPE_NAMES, type Scope } from "./access.ts";

/** When a token was used last is written at most so often. */
const USE_NOTED_SECONDS = 60;

interface TokenActorRow {
  id: string;
  organization_id: string;
  role: Role;
  member_role: Role | null;
  scopes: string[] | null;
  user_id: string | null;
  label: string;
  is_operator: boolean;
}

const ACTOR_COLUMNS = "id, organization_id, role, member_role, scopes, user_id, label, is_operator";

/** A person's token lives as long as their membership. */
const SELECT_ACTIVE = `
  select t.id, t.organization_id, t.role, m.role as member_role, t.scopes, t.user_id, t.label, t.is_operator, t.last_used_at
  from api_tokens t
  left join organization_members m on m.organization_id = t.organization_id and m.user_id = t.user_id
  where t.revoked_at is null and (t.user_id is null or m.user_id is not null)`;

/** A person's token may no more than they. */
const tokenActorOf = (row: TokenActorRow): Actor => ({
  kind: "token",
  organizationId: row.organization_id,
  role: row.member_role === null ? row.role : lesserRole(row.role, row.member_role),
  ...(row.user_id !== null && { userId: row.user_id }),
  tokenId: row.id,
  name: row.label,
  scopes: scopesOf(row.scopes),
  isOperator: row.is_operator,
});

/**
 * Who uses the token, if it is active. One statement, and nothing kept: a token that is revoked stops with the next
 * request on every node.
 */
export async function findApiToken(database: Queryable, sha256: Uint8Array): Promise<Actor | undefined> {
  const { rows } = await database.query<TokenActorRow>({
    name: "api_tokens.use",
    text: `
      with found as (${SELECT_ACTIVE} and t.token_sha256 = $1), noted as (
        update api_tokens set last_used_at = now() from found
        where api_tokens.id = found.id
          and (found.last_used_at is null or found.last_used_at < now() - make_interval(secs => ${USE_NOTED_SECONDS}))
      )
      select ${ACTOR_COLUMNS} from found`,
    values: [sha256],
  });
  return rows[0] && tokenActorOf(rows[0]);
}

/** Who may do what by this token now; `undefined`: it is active no more. For what it has made, and no use of it. */
export async function findTokenActor(database: Queryable, id: string): Promise<Actor | undefined> {
  const { rows } = await database.query<TokenActorRow>({
    name: "api_tokens.find_actor",
    text: `${SELECT_ACTIVE} and t.id = $1`,
    values: [id],
  });
  return rows[0] && tokenActorOf(rows[0]);
}

export interface NewApiToken {
  readonly organizationId: string;
  readonly userId?: string | undefined;
  readonly sha256: Uint8Array;
  readonly label: string;
  readonly role: Role;
  readonly scopes: readonly Scope[];
}

export async function createApiToken(tx: Transaction, token: NewApiToken): Promise<string> {
  const { rows } = await tx.query<{ id: string }>({
    name: "api_tokens.create",
    text: `
      insert into api_tokens (organization_id, user_id, token_sha256, label, role, scopes)
      values ($1, $2, $3, $4, $5, $6) returning id`,
    values: [token.organizationId, token.userId ?? null, token.sha256, token.label, token.role, token.scopes],
  });
  const id = rows[0]?.id;
  if (id === undefined) throw new Error("a token was not stored");
  return id;
}

/** The token of whoever runs the server: made at its first start, or given to it. */
export async function ensureOperatorToken(
  tx: Transaction,
  token: { readonly organizationId: string; readonly sha256: Uint8Array; readonly label: string },
): Promise<void> {
  await tx.query({
    name: "api_tokens.ensure_operator",
    text: `
      insert into api_tokens (organization_id, token_sha256, label, role, is_operator) values ($1, $2, $3, 'owner', true)
      on conflict (token_sha256) do update set is_operator = true where not api_tokens.is_operator`,
    values: [token.organizationId, token.sha256, token.label],
  });
}

export interface ApiTokenSummary {
  readonly id: string;
  readonly label: string;
  readonly role: Role;
  readonly scopes: readonly Scope[];
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
}

/** Active tokens that one answer lists, newest first. No organization should come near it. */
const TOKENS_LISTED_MAX = 1_000;

/** Those of the organization, or of a person in it. */
export async function listApiTokens(
  database: Queryable,
  { organizationId, userId }: { readonly organizationId: string; readonly userId?: string | undefined },
): Promise<ApiTokenSummary[]> {
  const { rows } = await database.query<{
    id: string;
    label: string;
    role: Role;
    scopes: string[] | null;
    created_at: Date;
    last_used_at: Date | null;
  }>({
    name: "api_tokens.list",
    text: `
      select id, label, role, scopes, created_at, last_used_at from api_tokens
      where organization_id = $1 and user_id is not distinct from $2 and revoked_at is null
      order by created_at desc, id limit ${TOKENS_LISTED_MAX}`,
    values: [organizationId, userId ?? null],
  });
  return rows.map((row) => ({
    id: row.id,
    label: row.label,
    role: row.role,
    scopes: scopesOf(row.scopes),
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
  }));
}

/** The label of the token that was revoked; `undefined`: there is none such that is active. */
export async function revokeApiToken(
  tx: Transaction,
  token: { readonly organizationId: string; readonly userId?: string | undefined; readonly id: string },
): Promise<{ label: string } | undefined> {
  const { rows } = await tx.query<{ label: string }>({
    name: "api_tokens.revoke",
    text: `
      update api_tokens set revoked_at = now()
      where organization_id = $1 and id = $2 and user_id is not distinct from $3 and revoked_at is null returning label`,
    values: [token.organizationId, token.id, token.userId ?? null],
  });
  return rows[0];
}

/** `null` stands for all that the role may. */
function scopesOf(stored: readonly string[] | null): readonly Scope[] {
  return stored === null ? SCOPE_NAMES : stored.filter(isScope);
}
