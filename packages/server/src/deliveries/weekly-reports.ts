/** The report of a week: made once in the cluster, and sent to the members of its organization who want it. */
import type { Queryable } from "../db/database.ts";
import type { PartedRun } from "../db/parted-run.ts";
import type { Transaction } from "../db/transaction.ts";
import { listTopIssuesOfHours } from "../issues/top-issues.queries.ts";
import { insertDeliveries } from "./deliveries.queries.ts";
import { listMailedMembers } from "./preferences.queries.ts";
import type { WeeklyReport } from "./weekly-report.ts";
import {
  claimReport,
  countWeek,
  forgetReports,
  listReportedProjects,
  listUnreported,
  type ReportedOrganization,
} from "./weekly-reports.queries.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;
/** The first Monday of the clock: the 5th of January 1970. */
const MONDAY_MS = 4 * DAY_MS;

/** Reports go out on Monday at 8 o'clock UTC. Whoever was not running then catches up for two days, and no longer. */
const SENT_AFTER_MS = 8 * HOUR_MS;
const CAUGHT_UP_MS = 2 * DAY_MS;

const ORGANIZATIONS_AT_ONCE_MAX = 50;
const BUSIEST_MAX = 5;
const REMEMBERED_MS = 90 * DAY_MS;

export interface Week {
  readonly from: Date;
  readonly until: Date;
  /** Its Monday: `2026-11-16`. */
  readonly monday: string;
}

/** The week whose reports are due; `undefined`: none is at this hour. */
export function reportedWeek(nowMs: number): Week | undefined {
  const untilMs = Math.floor((nowMs - MONDAY_MS) / WEEK_MS) * WEEK_MS + MONDAY_MS;
  const sinceMs = nowMs - untilMs - SENT_AFTER_MS;
  if (sinceMs < 0 || sinceMs >= CAUGHT_UP_MS) return undefined;
  const from = new Date(untilMs - WEEK_MS);
  return { from, until: new Date(untilMs), monday: dayOf(from) };
}

const dayOf = (date: Date) => date.toISOString().slice(0, 10);

/** Queues the reports that are due; how many mails. Of each organization by itself. */
export async function sendWeeklyReports(database: Queryable, run: PartedRun): Promise<number> {
  const week = reportedWeek(run.nowMs);
  if (week === undefined) return 0;
  await run.attempt((tx) => forgetReports(tx, new Date(run.nowMs - REMEMBERED_MS)));
  let mails = 0;
  for (const organization of await listUnreported(database, week.monday, ORGANIZATIONS_AT_ONCE_MAX)) {
    const report = await run.attemptToRead(() => makeReport(database, organization, week));
    if (report === undefined) continue;
    mails += (await run.attempt((tx) => queueReport(tx, organization, week, report))) ?? 0;
  }
  return mails;
}

async function makeReport(database: Queryable, { organizationId, name }: ReportedOrganization, week: Week) {
  const counts = await countWeek(database, organizationId, week);
  const busiest: WeeklyReport["busiest"][number][] = [];
  for (const project of await listReportedProjects(database, organizationId)) {
    const hours = { fromMs: week.from.getTime(), toMs: week.until.getTime() };
    for (const { id, title, events } of await listTopIssuesOfHours(database, project.id, BUSIEST_MAX, hours))
      busiest.push({ projectId: project.id, projectName: project.name, issueId: id, title, events });
  }
  const report: WeeklyReport = {
    organizationName: name,
    from: week.monday,
    until: dayOf(week.until),
    ...counts,
    busiest: busiest.sort((one, other) => other.events - one.events).slice(0, BUSIEST_MAX),
  };
  return report;
}

/** Where nothing has happened in two weeks, nobody is told so. */
async function queueReport(
  tx: Transaction,
  { organizationId, name }: ReportedOrganization,
  { monday }: Week,
  report: WeeklyReport,
): Promise<number> {
  if (!(await claimReport(tx, organizationId, monday))) return 0;
  if (report.events === 0 && report.eventsWeekBefore === 0 && report.newIssues === 0) return 0;
  const members = await listMailedMembers(tx, organizationId, "all");
  const wanting = members.filter(({ weeklyReport }) => weeklyReport);
  const ids = await insertDeliveries(tx, {
    organizationId,
    projectId: null,
    alertId: null,
    title: `The week of ${name} from ${monday}`,
    message: { purpose: "weekly_report", report },
    receivers: wanting.map((member) => ({
      destinationId: null,
      userId: member.userId,
      kind: "email",
      receiver: member.name,
    })),
  });
  return ids.length;
}
