/** Statements on what members want to hear by mail, and on what is gathered for their digests. */
import type { NotificationMode } from "@mesher/protocol";
import type { Queryable } from "../db/database.ts";
import type { Transaction } from "../db/transaction.ts";
import type { AlertNotice } from "./alert-notice.ts";
import { DIGEST_ENTRIES_MAX } from "./limits.ts";

export interface NotificationPreferences {
  readonly mode: NotificationMode;
  readonly onlyAssigned: boolean;
  readonly weeklyReport: boolean;
}

/** Of members who have said nothing. */
export const DEFAULT_PREFERENCES: NotificationPreferences = {
  mode: "instant",
  onlyAssigned: false,
  weeklyReport: true,
};

export interface MailedMember extends NotificationPreferences {
  readonly userId: string;
  readonly name: string;
}

/** Members that one alert or report goes to. */
const MEMBERS_MAX = 1_000;

/** Members with their wishes: those of `who` that are members, or all. */
export async function listMailedMembers(
  database: Queryable,
  organizationId: string,
  who: "all" | readonly string[],
): Promise<MailedMember[]> {
  if (who !== "all" && who.length === 0) return [];
  const { rows } = await database.query<{
    user_id: string;
    display_name: string;
    mode: NotificationMode | null;
    only_assigned: boolean | null;
    weekly_report: boolean | null;
  }>({
    name: "notification_preferences.list_members",
    text: `
      select m.user_id, u.display_name, p.mode, p.only_assigned, p.weekly_report
      from organization_members m join users u on u.id = m.user_id
      left join notification_preferences p on p.organization_id = m.organization_id and p.user_id = m.user_id
      where m.organization_id = $1 and ($2::text[] is null or m.user_id::text = any($2))
      order by m.joined_at, m.id limit ${MEMBERS_MAX}`,
    values: [organizationId, who === "all" ? null : who],
  });
  return rows.map((row) => ({
    userId: row.user_id,
    name: row.display_name,
    mode: row.mode ?? DEFAULT_PREFERENCES.mode,
    onlyAssigned: row.only_assigned ?? DEFAULT_PREFERENCES.onlyAssigned,
    weeklyReport: row.weekly_report ?? DEFAULT_PREFERENCES.weeklyReport,
  }));
}

/** Whoever has as many already gets no more: their digest says that there were too many. */
export async function addDigestEntries(
  tx: Transaction,
  notice: AlertNotice,
  userIds: readonly string[],
): Promise<void> {
  if (userIds.length === 0) return;
  await tx.query({
    name: "digest_entries.add",
    text: `
      insert into digest_entries (organization_id, user_id, notice)
      select $1, member.user_id, $3 from unnest($2::uuid[]) as member (user_id)
      where (select count(*) from digest_entries d where d.organization_id = $1 and d.user_id = member.user_id)
        < ${DIGEST_ENTRIES_MAX}`,
    values: [notice.organizationId, userIds, JSON.stringify(notice)],
  });
}

/** Where mail reaches a member. */
export async function findMailAddress(
  database: Queryable,
  organizationId: string,
  userId: string,
): Promise<string | undefined> {
  const { rows } = await database.query<{ email: string }>({
    name: "notification_preferences.find_address",
    text: `
      select u.email from organization_members m join users u on u.id = m.user_id
      where m.organization_id = $1 and m.user_id = $2`,
    values: [organizationId, userId],
  });
  return rows[0]?.email;
}

export async function findPreferences(
  database: Queryable,
  organizationId: string,
  userId: string,
): Promise<NotificationPreferences> {
  const [found] = await listMailedMembers(database, organizationId, [userId]);
  return found ?? DEFAULT_PREFERENCES;
}

/** Nothing happens where the person is no member. What is not given stays. */
export async function savePreferences(
  database: Queryable,
  { organizationId, userId }: { readonly organizationId: string; readonly userId: string },
  change: Partial<NotificationPreferences>,
): Promise<void> {
  await database.query({
    name: "notification_preferences.save",
    text: `
      insert into notification_preferences as p (organization_id, user_id, mode, only_assigned, weekly_report)
      select m.organization_id, m.user_id, coalesce($3, '${DEFAULT_PREFERENCES.mode}'),
        coalesce($4, ${DEFAULT_PREFERENCES.onlyAssigned}), coalesce($5, ${DEFAULT_PREFERENCES.weeklyReport})
      from organization_members m where m.organization_id = $1 and m.user_id = $2
      on conflict (organization_id, user_id) do update set
        mode = coalesce($3, p.mode), only_assigned = coalesce($4, p.only_assigned),
        weekly_report = coalesce($5, p.weekly_report), updated_at = now()`,
    values: [organizationId, userId, change.mode ?? null, change.onlyAssigned ?? null, change.weeklyReport ?? null],
  });
}

export interface DueDigest {
  readonly organizationId: string;
  readonly userId: string;
  readonly name: string;
  readonly mode: NotificationMode;
}

/** Members with something gathered that is due, by how they want it now. */
export async function listDueDigests(
  tx: Transaction,
  before: { readonly hourly: Date; readonly daily: Date },
  limit: number,
): Promise<DueDigest[]> {
  const { rows } = await tx.query<{
    organization_id: string;
    user_id: string;
    display_name: string;
    mode: NotificationMode;
  }>({
    name: "digest_entries.list_due",
    text: `
      select d.organization_id, d.user_id, u.display_name, coalesce(p.mode, '${DEFAULT_PREFERENCES.mode}') as mode
      from (
        select organization_id, user_id, min(created_at) as oldest from digest_entries group by organization_id, user_id
      ) as d
      join users u on u.id = d.user_id
      left join notification_preferences p on p.organization_id = d.organization_id and p.user_id = d.user_id
      where d.oldest < case p.mode when 'hourly' then $1::timestamptz when 'daily' then $2::timestamptz else 'infinity' end
      order by d.oldest limit $3`,
    values: [before.hourly, before.daily, limit],
  });
  return rows.map((row) => ({
    organizationId: row.organization_id,
    userId: row.user_id,
    name: row.display_name,
    mode: row.mode,
  }));
}

/** Removes what was gathered for a member, the oldest first. */
export async function takeDigestEntries(
  tx: Transaction,
  { organizationId, userId }: { readonly organizationId: string; readonly userId: string },
): Promise<AlertNotice[]> {
  const { rows } = await tx.query<{ notice: AlertNotice }>({
    name: "digest_entries.take",
    text: `
      with taken as (delete from digest_entries where organization_id = $1 and user_id = $2 returning id, notice)
      select notice from taken order by id`,
    values: [organizationId, userId],
  });
  return rows.map(({ notice }) => notice);
}
