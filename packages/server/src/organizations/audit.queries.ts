/** Who changed what. Written in the transaction of the change, so that there is none without the other. */
import type { Queryable } from "../db/database.ts";
import type { Transaction } from "../db/transaction.ts";
import type { Actor } from "./access.ts";

/** Older entries are removed. */
export const AUDIT_DAYS = 365;

/** Entries that one statement removes, so that none holds up the others for long. */
const REMOVED_AT_ONCE_MAX = 10_000;

/** What the server does of its own accord, or at its first start. */
export const SERVER_ACTOR = { kind: "server", name: "server" } as const;

export type AuditActor = Pick<Actor, "kind" | "name" | "userId" | "tokenId"> | typeof SERVER_ACTOR;

export interface AuditChange {
  readonly organizationId: string;
  readonly actor: AuditActor;
  /** `<noun>.<what happened>`: `member.role_changed`. */
  readonly action: string;
  readonly target: { readonly kind: string; readonly id?: string };
  /** What it was and is now, as far as a reader needs it. Never a secret. */
  readonly details?: Readonly<Record<string, unknown>>;
}

export async function recordAudit(
  tx: Transaction,
  { organizationId, actor, action, target, details }: AuditChange,
): Promise<void> {
  const actorId = actor.kind === "server" ? null : ((actor.kind === "token" ? actor.tokenId : actor.userId) ?? null);
  await tx.query({
    name: "audit_log.record",
    text: `
      insert into audit_log (organization_id, actor_kind, actor_id, actor_name, action, target_kind, target_id, details)
      values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    values: [
      organizationId,
      actor.kind,
      actorId,
      actor.name,
      action,
      target.kind,
      target.id ?? null,
      JSON.stringify(details ?? {}),
    ],
  });
}

export interface AuditEntry {
  readonly id: string;
  readonly createdAt: Date;
  readonly actor: { readonly kind: "person" | "token" | "server"; readonly id: string | null; readonly name: string };
  readonly action: string;
  readonly target: { readonly kind: string; readonly id: string | null };
  readonly details: Readonly<Record<string, unknown>>;
}

/** Newest first. */
export async function listAudit(
  database: Queryable,
  {
    organizationId,
    limit,
    after,
  }: { organizationId: string; limit: number; after?: { createdAt: Date; id: string } | undefined },
): Promise<AuditEntry[]> {
  const { rows } = await database.query<{
    id: string;
    created_at: Date;
    actor_kind: AuditEntry["actor"]["kind"];
    actor_id: string | null;
    actor_name: string;
    action: string;
    target_kind: string;
    target_id: string | null;
    details: Record<string, unknown>;
  }>({
    name: "audit_log.list",
    text: `
      select id, created_at, actor_kind, actor_id, actor_name, action, target_kind, target_id, details from audit_log
      where organization_id = $1 and ($2::timestamptz is null or (created_at, id) < ($2, $3::uuid))
      order by created_at desc, id desc limit $4`,
    values: [organizationId, after?.createdAt ?? null, after?.id ?? null, limit],
  });
  return rows.map((row) => ({
    id: row.id,
    createdAt: row.created_at,
    actor: { kind: row.actor_kind, id: row.actor_id, name: row.actor_name },
    action: row.action,
    target: { kind: row.target_kind, id: row.target_id },
    details: row.details,
  }));
}

/** Removes entries older than `AUDIT_DAYS`; how many. */
export async function removeOldAudit(database: Queryable): Promise<number> {
  for (let removed = 0; ; ) {
    const { rowCount } = await database.query({
      name: "audit_log.remove_old",
      text: `
        delete from audit_log where ctid = any (array(
          select ctid from audit_log where created_at < now() - make_interval(days => ${AUDIT_DAYS}) limit ${REMOVED_AT_ONCE_MAX}
        ))`,
    });
    removed += rowCount;
    if (rowCount < REMOVED_AT_ONCE_MAX) return removed;
  }
}
