/** Statements on weekly reports: of which weeks they were made, and what is in them. */
import type { Queryable } from "../db/database.ts";
import type { Transaction } from "../db/transaction.ts";

export interface ReportedOrganization {
  readonly organizationId: string;
  readonly name: string;
}

/** Organizations that were there in the week (its Monday, as `2026-11-16`), and have no report of it yet. */
export async function listUnreported(
  database: Queryable,
  week: string,
  limit: number,
): Promise<ReportedOrganization[]> {
  const { rows } = await database.query<{ id: string; name: string }>({
    name: "weekly_reports.list_unreported",
    text: `
      select o.id, o.name from organizations o
      where o.created_at < $1::date + 7
        and not exists (select from weekly_reports w where w.organization_id = o.id and w.week = $1::date)
      order by o.id limit $2`,
    values: [week, limit],
  });
  return rows.map(({ id, name }) => ({ organizationId: id, name }));
}

/** Takes the right to send the report of a week. Of all that try, one gets it. */
export async function claimReport(tx: Transaction, organizationId: string, week: string): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: "weekly_reports.claim",
    text: "insert into weekly_reports (organization_id, week) values ($1, $2) on conflict do nothing",
    values: [organizationId, week],
  });
  return rowCount === 1;
}

export async function forgetReports(tx: Transaction, before: Date): Promise<void> {
  await tx.query({
    name: "weekly_reports.forget",
    text: "delete from weekly_reports where week < $1",
    values: [before],
  });
}

export interface WeekCounts {
  readonly events: number;
  readonly eventsWeekBefore: number;
  readonly newIssues: number;
}

export async function countWeek(
  database: Queryable,
  organizationId: string,
  { from, until }: { readonly from: Date; readonly until: Date },
): Promise<WeekCounts> {
  const { rows } = await database.query<{ events: number; events_before: number; new_issues: number }>({
    name: "weekly_reports.count",
    text: `
      select coalesce(sum(c.count) filter (where c.hour >= $2), 0) as events,
        coalesce(sum(c.count) filter (where c.hour < $2), 0) as events_before,
        (select count(*) from issues i join projects p on p.id = i.project_id
          where p.organization_id = $1 and i.created_at >= $2 and i.created_at < $3) as new_issues
      from event_counts c join projects p on p.id = c.project_id
      where p.organization_id = $1 and c.hour >= $2 - interval '7 days' and c.hour < $3`,
    values: [organizationId, from, until],
  });
  const [row] = rows;
  return { events: row?.events ?? 0, eventsWeekBefore: row?.events_before ?? 0, newIssues: row?.new_issues ?? 0 };
}

/** Projects whose issues one report compares. */
const PROJECTS_MAX = 100;

export async function listReportedProjects(
  database: Queryable,
  organizationId: string,
): Promise<{ readonly id: string; readonly name: string }[]> {
  const { rows } = await database.query<{ id: string; name: string }>({
    name: "weekly_reports.list_projects",
    text: `select id, name from projects where organization_id = $1 order by created_at, id limit ${PROJECTS_MAX}`,
    values: [organizationId],
  });
  return rows;
}
