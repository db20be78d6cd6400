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
  /** What it was about, where that is not the target itself. */
  readonly projectId?: string;
  /** What it was and is now, as far as a reader needs it. Never a secret. */
  readonly details?: Readonly<Record<string, unknown>>;
}

export async function recordAudit(
  tx: Transaction,
  { organizationId, actor, action, target, projectId, details }: AuditChange,
): Promise<void> {
  const actorId = actor.kind === "server" ? null : ((actor.kind === "token" ? actor.tokenId : actor.userId) ?? null);
  await tx.query({
    name: "audit_log.record",
    text: `
      insert into audit_log
        (organization_id, actor_kind, actor_id, actor_name, action, target_kind, target_id, project_id, details)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    values: [
      organizationId,
      actor.kind,
      actorId,
      actor.name,
      action,
      target.kind,
      target.id ?? null,
      projectId ?? (target.kind === "project" ? target.id : undefined) ?? null,
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
  readonly projectId: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Which entries; what is absent filters nothing. */
export interface AuditFilter {
  readonly organizationId: string;
  /** An id, or a part of a name in any case. */
  readonly actor?: { readonly id: string } | { readonly namePart: string } | undefined;
  /** An action, or, with a point at its end, what actions begin with. */
  readonly action?: string | undefined;
  readonly targetKind?: string | undefined;
  readonly targetId?: string | undefined;
  readonly projectId?: string | undefined;
  readonly from?: Date | undefined;
  /** Itself excluded. */
  readonly to?: Date | undefined;
}

export interface AuditKey {
  readonly createdAt: Date;
  readonly id: string;
}

/** Of $1 to $9: bounds that are always there, so that the key's order serves every page, however deep. */
const MATCHING = `
  organization_id = $1 and created_at >= $2 and created_at < $3
  and ($4::uuid is null or actor_id = $4)
  and ($5::text is null or strpos(lower(actor_name), lower($5)) > 0)
  and ($6::text is null or action = $6 or (right($6, 1) = '.' and starts_with(action, $6)))
  and ($7::text is null or target_kind = $7)
  and ($8::text is null or target_id = $8)
  and ($9::uuid is null or project_id = $9)`;

function valuesOf({ organizationId, actor, action, targetKind, targetId, projectId, from, to }: AuditFilter) {
  return [
    organizationId,
    from ?? "-infinity",
    to ?? "infinity",
    actor !== undefined && "id" in actor ? actor.id : null,
    actor !== undefined && "namePart" in actor ? actor.namePart : null,
    action ?? null,
    targetKind ?? null,
    targetId ?? null,
    projectId ?? null,
  ];
}

/** Newest first. */
export async function listAudit(
  database: Queryable,
  filter: AuditFilter,
  { limit, after }: { readonly limit: number; readonly after?: AuditKey | undefined },
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
    project_id: string | null;
    details: Record<string, unknown>;
  }>({
    name: "audit_log.list",
    text: `
      select id, created_at, actor_kind, actor_id, actor_name, action, target_kind, target_id, project_id, details
      from audit_log where ${MATCHING} and (created_at, id) < ($10, $11::uuid)
      order by created_at desc, id desc limit $12`,
    values: [...valuesOf(filter), after?.createdAt ?? "infinity", after?.id ?? LAST_ID, limit],
  });
  return rows.map((row) => ({
    id: row.id,
    createdAt: row.created_at,
    actor: { kind: row.actor_kind, id: row.actor_id, name: row.actor_name },
    action: row.action,
    target: { kind: row.target_kind, id: row.target_id },
    projectId: row.project_id,
    details: row.details,
  }));
}

const LAST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff";

/** Whether more entries match than this. */
export async function hasMoreAuditThan(database: Queryable, filter: AuditFilter, rowsMax: number): Promise<boolean> {
  const { rows } = await database.query({
    name: "audit_log.has_more_than",
    text: `select from audit_log where ${MATCHING} offset $10 limit 1`,
    values: [...valuesOf(filter), rowsMax],
  });
  return rows.length > 0;
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
