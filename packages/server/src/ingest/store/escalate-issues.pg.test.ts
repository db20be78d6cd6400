import { randomUUID } from "node:crypto";
import { testDatabase } from "@mesher/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Database } from "../../db/database.ts";
import { withTransaction } from "../../db/transaction.ts";
import { DAY_MS, daysAhead, ensurePartitions } from "../../events/partitions.ts";
import { escalateIssues } from "../../issues/escalate-issues.ts";
import { type IssueChange, SYSTEM } from "../../issues/issue-change.ts";
import { mergeIssues } from "../../issues/merge-issues.ts";
import { createTestProject, eventOf, newFingerprint, store } from "./store-testing.ts";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** In the middle of an hour, so that the hour judged lies in two of the roll-ups'. */
const NOW_MS = Date.UTC(2031, 4, 15, 12, 30);

let db: Awaited<ReturnType<typeof testDatabase>>;
let database: Database;
beforeAll(async () => {
  db = await testDatabase();
  database = db.database;
  await ensurePartitions(database, daysAhead(NOW_MS - 10 * DAY_MS));
  await ensurePartitions(database, daysAhead(NOW_MS - 3 * DAY_MS));
});
afterAll(() => db[Symbol.asyncDispose]());

interface Past {
  /** Moments before now. */
  readonly eventsAgoMs: readonly number[];
  readonly archivedAgoMs?: number;
  readonly mode?: "until_escalating" | "for_ever" | "until_time";
}

/** `count` moments from `fromAgoMs` on, one every `everyMs`, towards now. */
const steadily = (fromAgoMs: number, everyMs: number, count: number) =>
  Array.from({ length: count }, (_, index) => fromAgoMs - index * everyMs);

async function archivedIssue({ eventsAgoMs, archivedAgoMs = HOUR_MS, mode = "until_escalating" }: Past) {
  const projectId = randomUUID();
  const fingerprint = newFingerprint();
  const { stored } = await store(
    database,
    ...eventsAgoMs.map((agoMs) => eventOf(projectId, fingerprint, { receivedAtMs: NOW_MS - agoMs })),
  );
  await database.query({
    text: `update issues set status = 'archived', archive_mode = $2, status_changed_at = $3,
      archived_until = case $2 when 'until_time' then timestamptz '2040-01-01' end where project_id = $1`,
    values: [projectId, mode, new Date(NOW_MS - archivedAgoMs)],
  });
  return { projectId, issueId: stored[0]?.issueId ?? "" };
}

const escalate = (nowMs = NOW_MS) => withTransaction(database, (tx) => escalateIssues(tx, nowMs));
const escalatedIn = (changes: readonly IssueChange[], { issueId }: { issueId: string }) =>
  changes.find((change) => change.issueId === issueId);

test("[ISSUE-03] a burst makes an archived issue unresolved, which its activity and its finder's caller hear of once", async () => {
  const issue = await archivedIssue({ eventsAgoMs: [2 * DAY_MS, ...steadily(50 * MINUTE_MS, MINUTE_MS, 11)] });
  const changes = await escalate();
  expect(escalatedIn(changes, issue)).toMatchObject({
    action: "escalated",
    details: { events: 11, hourly_average: 0 },
  });
  const { rows } = await database.query({
    text: `select status, archive_mode, (select kind from issue_activity a where a.issue_id = i.id) as activity
      from issues i where id = $1`,
    values: [issue.issueId],
  });
  expect(rows).toEqual([{ status: "unresolved", archive_mode: null, activity: "escalated" }]);
  expect(escalatedIn(await escalate(), issue)).toBeUndefined();
});

test("[ISSUE-03] ten events in the hour are no burst, and events older than an hour are not of it", async () => {
  const issue = await archivedIssue({
    eventsAgoMs: [...steadily(90 * MINUTE_MS, MINUTE_MS, 20), ...steadily(50 * MINUTE_MS, MINUTE_MS, 10)],
    archivedAgoMs: DAY_MS,
  });
  expect(escalatedIn(await escalate(), issue)).toBeUndefined();
});

test("an issue made and archived a moment ago escalates when more than ten events follow", async () => {
  const issue = await archivedIssue({
    eventsAgoMs: [5 * MINUTE_MS, ...steadily(3 * MINUTE_MS, 1_000, 11)],
    archivedAgoMs: 4 * MINUTE_MS,
  });
  expect(escalatedIn(await escalate(), issue)).toMatchObject({ details: { events: 11, hourly_average: 1 } });
});

test("[C-104] a young issue that goes on as it was does not escalate: it is judged by the hours it has existed", async () => {
  const twoDays = await archivedIssue({
    // Twenty an hour for a day and a half: over a whole week the average would be four times too low.
    eventsAgoMs: steadily(36 * HOUR_MS, 3 * MINUTE_MS, 720),
  });
  const twentyMinutes = await archivedIssue({
    eventsAgoMs: steadily(20 * MINUTE_MS, 2_000, 600),
    archivedAgoMs: 10 * MINUTE_MS,
  });
  const changes = await escalate();
  expect([escalatedIn(changes, twoDays), escalatedIn(changes, twentyMinutes)]).toEqual([undefined, undefined]);
});

test("[C-104] the average holds its fractions, and leaves the hour judged out", async () => {
  // 252 events in the 168 hours before: 1.5 an hour, so more than 15 are a burst. With the burst itself it were 1.6.
  const before = steadily(7 * DAY_MS + 29 * MINUTE_MS, (167 * HOUR_MS) / 252, 252);
  const calm = await archivedIssue({
    eventsAgoMs: [8 * DAY_MS, ...before, ...steadily(59 * MINUTE_MS, MINUTE_MS, 15)],
  });
  const burst = await archivedIssue({
    eventsAgoMs: [8 * DAY_MS, ...before, ...steadily(59 * MINUTE_MS, MINUTE_MS, 16)],
  });
  const changes = await escalate();
  expect(escalatedIn(changes, calm)).toBeUndefined();
  expect(escalatedIn(changes, burst)).toMatchObject({ details: { events: 16, hourly_average: 1.5 } });
});

test("events that a merge brings are no burst, and those that follow are", async () => {
  const { organizationId, projectId } = await createTestProject(database);
  // Merging is done at the real time, so it is this hour that is judged.
  const nowMs = Date.now();
  await ensurePartitions(database, daysAhead(nowMs - DAY_MS));
  const [quiet, noisy] = [newFingerprint(), newFingerprint()];
  const burst = (fingerprint: string, agoMs: number) =>
    steadily(agoMs, 1, 30).map((ms) => eventOf(projectId, fingerprint, { receivedAtMs: nowMs - ms }));
  const { stored } = await store(database, eventOf(projectId, quiet, { receivedAtMs: nowMs - DAY_MS }));
  const issueId = stored[0]?.issueId ?? "";
  await database.query({
    text: "update issues set status = 'archived', archive_mode = 'until_escalating', status_changed_at = now() - interval '1 day' where id = $1",
    values: [issueId],
  });
  const source = await store(database, ...burst(noisy, 10 * MINUTE_MS));
  const sourceIds = [source.stored[0]?.issueId ?? ""];
  await mergeIssues(database, { organizationId, issueId, sourceIds, actor: SYSTEM }, () => {});
  expect(escalatedIn(await escalate(nowMs + MINUTE_MS), { issueId })).toBeUndefined();

  await store(database, ...burst(noisy, -MINUTE_MS));
  expect(escalatedIn(await escalate(nowMs + 2 * MINUTE_MS), { issueId })).toMatchObject({ details: { events: 30 } });
});

test("issues archived for ever or until a day do not escalate", async () => {
  const eventsAgoMs = [2 * DAY_MS, ...steadily(50 * MINUTE_MS, MINUTE_MS, 30)];
  const forEver = await archivedIssue({ eventsAgoMs, mode: "for_ever" });
  const untilTime = await archivedIssue({ eventsAgoMs, mode: "until_time" });
  const changes = await escalate();
  expect([escalatedIn(changes, forEver), escalatedIn(changes, untilTime)]).toEqual([undefined, undefined]);
});

test("two that look at once find each burst once", async () => {
  const issue = await archivedIssue({ eventsAgoMs: [2 * DAY_MS, ...steadily(50 * MINUTE_MS, MINUTE_MS, 30)] });
  const found = (await Promise.all([escalate(), escalate(), escalate()])).flat();
  expect(found.filter(({ issueId }) => issueId === issue.issueId)).toHaveLength(1);
});
