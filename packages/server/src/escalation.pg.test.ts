/** From the clock's tick to the alert: the job that finds archived issues with many more events than usual. */
import { testDatabase } from "@mesher/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Database } from "./db/database.ts";
import { withTransaction } from "./db/transaction.ts";
import { ensurePartitions } from "./events/partitions.ts";
import { addRule, fire, listFired } from "./ingest/store/alerts-testing.ts";
import { createTestProject, eventOf, newFingerprint, store, type TestProject } from "./ingest/store/store-testing.ts";
import type { IssueChange } from "./issues/issue-change.ts";
import { spikesJob } from "./jobs/spikes-job.ts";

const MINUTE_MS = 60_000;
const NOW_MS = Date.UTC(2031, 4, 15, 12, 30);

let db: Awaited<ReturnType<typeof testDatabase>>;
let database: Database;
beforeAll(async () => {
  db = await testDatabase();
  database = db.database;
  await ensurePartitions(database, [NOW_MS]);
});
afterAll(() => db[Symbol.asyncDispose]());

/** An issue that was archived an hour ago and has had a burst of events since. */
async function escalatingIssue({ projectId }: TestProject): Promise<string> {
  const fingerprint = newFingerprint();
  const burst = Array.from({ length: 20 }, (_, index) =>
    eventOf(projectId, fingerprint, { receivedAtMs: NOW_MS - (index + 1) * MINUTE_MS }),
  );
  const { stored } = await store(database, ...burst);
  await database.query({
    text: `update issues set status = 'archived', archive_mode = 'until_escalating', status_changed_at = $2
      where project_id = $1`,
    values: [projectId, new Date(NOW_MS - 60 * MINUTE_MS)],
  });
  return stored[0]?.issueId ?? "";
}

/** The job's run, in a transaction that ends as `end` does. */
async function runJob(told: IssueChange[], end: () => void = () => undefined) {
  const job = spikesJob((changes) => told.push(...changes));
  const signal = new AbortController().signal;
  return withTransaction(database, async (tx) => {
    const done = await job.run(tx, { nowMs: NOW_MS, signal });
    end();
    return done;
  });
}

const statusOf = async (issueId: string) =>
  (await database.query<{ status: string }>({ text: "select status from issues where id = $1", values: [issueId] }))
    .rows[0]?.status;
const signalsOf = async ({ projectId }: TestProject) =>
  (
    await database.query<{ kind: string; issue_id: string }>({
      text: "select kind, issue_id from alert_signals where project_id = $1",
      values: [projectId],
    })
  ).rows;

test("an issue that the job finds escalating signals the rules that wait for it, once, and fires them", async () => {
  const [watched, unwatched] = [await createTestProject(database), await createTestProject(database)];
  await addRule(database, watched.projectId, { condition_type: "escalation" });
  await addRule(database, unwatched.projectId, { condition_type: "regression" });
  const [issueId, other] = [await escalatingIssue(watched), await escalatingIssue(unwatched)];
  const told: IssueChange[] = [];

  const { result, tell } = await runJob(told);
  expect(result).toEqual({ escalated: 2 });
  expect(told).toEqual([]);
  tell?.();
  expect(told.map((change) => `${change.issueId} ${change.action}`).sort()).toEqual(
    [issueId, other].map((id) => `${id} escalated`).sort(),
  );
  expect(await signalsOf(watched)).toEqual([{ kind: "escalation", issue_id: issueId }]);
  expect(await signalsOf(unwatched)).toEqual([]);
  expect((await runJob(told)).result).toEqual({ escalated: 0 });

  await fire(database);
  expect(await listFired(database, watched.projectId)).toMatchObject([{ issue_id: issueId, status: "active" }]);
  expect(await listFired(database, unwatched.projectId)).toEqual([]);
  expect(await signalsOf(watched)).toEqual([]);
});

test("of a run that fails nothing is left: neither a signal nor an issue that is awake", async () => {
  const project = await createTestProject(database);
  await addRule(database, project.projectId, { condition_type: "escalation" });
  const issueId = await escalatingIssue(project);
  const told: IssueChange[] = [];
  const fails = () => {
    throw new Error("the node is killed");
  };
  await expect(runJob(told, fails)).rejects.toThrow("the node is killed");
  expect([await statusOf(issueId), await signalsOf(project), told]).toEqual(["archived", [], []]);
  await runJob(told);
  expect([await statusOf(issueId), await signalsOf(project)]).toMatchObject(["unresolved", [{ issue_id: issueId }]]);
});
