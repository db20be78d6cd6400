/** Mails that are made by the clock: digests, and reports of the week. */
import { testDatabase } from "@mesher/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Queryable } from "../db/database.ts";
import { PartedRun } from "../db/parted-run.ts";
import { withTransaction } from "../db/transaction.ts";
import {
  createTestMember,
  createTestOrganization,
  insertRow,
  noticeOf,
  queue,
  type TestOrganization,
} from "./deliveries-testing.ts";
import type { DeliveryMessage } from "./delivery.ts";
import { digestsDueBefore, sendDueDigests } from "./digests.ts";
import { savePreferences } from "./preferences.queries.ts";
import { reportedWeek, sendWeeklyReports } from "./weekly-reports.ts";

const HOUR_MS = 3_600_000;

let db: Awaited<ReturnType<typeof testDatabase>>;
let organization: TestOrganization;
let organizationId: string;
let projectId: string;

beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db[Symbol.asyncDispose]());

beforeEach(async () => {
  // Reports are made of weeks that it has seen.
  organization = await createTestOrganization(db.database, new Date("2020-01-01"));
  ({ organizationId, projectId } = organization);
});

describe("digests", () => {
  test("are due at the full hour, and at 8 o'clock UTC", () => {
    const due = digestsDueBefore(Date.UTC(2026, 10, 21, 7, 59));
    expect(due).toEqual({
      hourly: new Date(Date.UTC(2026, 10, 21, 7)),
      daily: new Date(Date.UTC(2026, 10, 20, 8)),
    });
    expect(digestsDueBefore(Date.UTC(2026, 10, 21, 8)).daily).toEqual(new Date(Date.UTC(2026, 10, 21, 8)));
  });

  test("gather alerts and send them as one mail, once", async () => {
    const userId = await member("hourly");
    // What is due now, and in two hours, is the same although an hour may end while they are gathered.
    const beforeMs = Date.now();
    const afterMs = beforeMs + 2 * HOUR_MS;
    for (let index = 0; index < 60; index += 1) await alert();
    expect(await deliveries()).toEqual([]);
    expect(await run(beforeMs)).toBe(0);
    expect(await run(afterMs)).toBe(1);
    expect(await run(afterMs)).toBe(0);
    const [delivery] = await deliveries();
    expect(delivery).toMatchObject({ user_id: userId, message: { purpose: "digest", mode: "hourly", more: 10 } });
    expect(delivery?.message.purpose === "digest" && delivery.message.notices.length).toBe(50);
  });

  test("follow what their reader wants by now", async () => {
    const muted = await member("daily");
    const instant = await member("daily");
    await alert();
    await savePreferences(db.database, { organizationId, userId: muted }, { mode: "mute" });
    await savePreferences(db.database, { organizationId, userId: instant }, { mode: "instant" });
    expect(await run(Date.now())).toBe(1);
    expect((await deliveries()).map((each) => each.user_id)).toEqual([instant]);
    expect(await run(Date.now() + 48 * HOUR_MS)).toBe(0);
  });
});

describe("weekly reports", () => {
  /** A Monday at noon, in a week of its own for each test. */
  const noon = (weeks: number) => Date.UTC(2026, 0, 5, 12) + weeks * 7 * 86_400_000;

  test("are due from Monday 8 o'clock UTC, for two days", () => {
    const monday = Date.UTC(2026, 10, 16);
    expect(reportedWeek(monday + 7 * 3_600_000)).toBeUndefined();
    expect(reportedWeek(monday + 8 * 3_600_000)).toEqual({
      from: new Date(Date.UTC(2026, 10, 9)),
      until: new Date(monday),
      monday: "2026-11-09",
    });
    expect(reportedWeek(monday + 55 * 3_600_000)?.monday).toBe("2026-11-09");
    expect(reportedWeek(monday + 56 * 3_600_000)).toBeUndefined();
  });

  test("compare the week with the one before, and name the busiest issues: once, however many nodes make them", async () => {
    const userId = await member("instant");
    await member("instant", false);
    const nowMs = noon(1);
    const week = reportedWeek(nowMs);
    if (week === undefined) throw new Error("no week is due");
    const [busy, calm] = [await issue("Busy", week.from), await issue("Calm", new Date(0))];
    await count(week.from, 30, busy, 20);
    await count(week.from, 0, calm, 10);
    await count(new Date(week.from.getTime() - 86_400_000), 10, calm, 10);
    await count(week.until, 1_000, calm, 1_000);

    const sent = await Promise.all([1, 2, 3].map(() => report(nowMs)));
    expect(sent.reduce((sum, each) => sum + each, 0)).toBe(1);
    expect(await deliveries()).toMatchObject([
      {
        user_id: userId,
        message: {
          purpose: "weekly_report",
          report: {
            organizationName: "Org",
            from: week.monday,
            events: 30,
            eventsWeekBefore: 10,
            newIssues: 1,
            busiest: [
              { title: "Busy", events: 20, projectName: "Shop" },
              { title: "Calm", events: 10 },
            ],
          },
        },
      },
    ]);
    expect(await report(nowMs)).toBe(0);
  });

  test("are not sent where nothing has happened", async () => {
    await member("instant");
    expect(await report(noon(5))).toBe(0);
    expect(await deliveries()).toEqual([]);
  });

  test("of one organization are not kept back by another's that fails", async () => {
    const nowMs = noon(9);
    const week = reportedWeek(nowMs);
    if (week === undefined) throw new Error("no week is due");
    const spoilt = organization;
    organization = await createTestOrganization(db.database, new Date("2020-01-01"));
    const both = [spoilt, organization].sort((one, other) => (one.organizationId < other.organizationId ? -1 : 1));
    for (const each of both) {
      ({ organizationId, projectId } = organization = each);
      await member("instant");
      await count(week.from, 1, await issue("Any", week.from), 1);
    }
    const first = both[0]?.organizationId;
    const failing: Queryable = {
      query: (statement) =>
        statement.values?.includes(first) && statement.name === "weekly_reports.count"
          ? Promise.reject(new Error("counting failed"))
          : db.database.query(statement),
    };
    const parts = partsAt(nowMs);
    expect(await sendWeeklyReports(failing, parts)).toBe(1);
    expect(parts.faults).toMatchObject([{ message: "counting failed" }]);
    expect(await deliveries()).toHaveLength(1);
    expect(await report(nowMs)).toBe(1);
  });
});

function partsAt(nowMs: number): PartedRun {
  const write = <T>(work: Parameters<typeof withTransaction<T>>[1]) => withTransaction(db.database, work);
  return new PartedRun({ write, nowMs, signal: new AbortController().signal });
}

const report = (nowMs: number) => sendWeeklyReports(db.database, partsAt(nowMs));

function run(nowMs: number): Promise<number> {
  return withTransaction(db.database, (tx) => sendDueDigests(tx, nowMs));
}

const alert = () => queue(db.database, noticeOf(organization), [{ type: "people", who: "members" }]);

async function member(mode: "instant" | "hourly" | "daily", weeklyReport = true): Promise<string> {
  const { userId } = await createTestMember(db.database, organization);
  await savePreferences(db.database, { organizationId, userId }, { mode, weeklyReport });
  return userId;
}

async function issue(title: string, createdAt: Date): Promise<string> {
  const id = await insert(
    `insert into issues (project_id, id, title, culprit, level, platform, grouping, created_at)
     values ($1, gen_random_uuid(), $2, 'checkout', 'error', 'node', '{}', $3) returning id`,
    [projectId, title, createdAt],
  );
  await db.database.query({
    text: `insert into issue_counters (project_id, issue_id, event_count, first_seen, last_seen)
           values ($1, $2, 2000, $3, now())`,
    values: [projectId, id, createdAt],
  });
  return id;
}

async function count(hour: Date, events: number, issueId: string, ofIssue: number): Promise<void> {
  if (events > 0) {
    await db.database.query({
      text: "insert into event_counts (project_id, hour, level, count) values ($1, $2, 'error', $3)",
      values: [projectId, hour, events],
    });
  }
  await db.database.query({
    text: "insert into issue_counts (project_id, issue_id, hour, count) values ($1, $2, $3, $4)",
    values: [projectId, issueId, hour, ofIssue],
  });
}

async function deliveries(): Promise<{ user_id: string; message: DeliveryMessage }[]> {
  const { rows } = await db.database.query<{ user_id: string; message: DeliveryMessage }>({
    text: "select user_id, message from deliveries where organization_id = $1",
    values: [organizationId],
  });
  return rows;
}

const insert = (text: string, values: readonly unknown[]) => insertRow(db.database, text, values);
