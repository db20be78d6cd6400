import type { AlertCondition, AlertFilters } from "@mesher/protocol";
import { testDatabase } from "@mesher/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { previewRule } from "../../alerts/preview.ts";
import { dayOf, ensurePartitions } from "../../events/partitions.ts";
import { changeIssues } from "../../issues/change-issues.ts";
import { SYSTEM } from "../../issues/issue-change.ts";
import { addRule, evaluate } from "./alerts-testing.ts";
import { createTestProject, eventOf, newFingerprint, store } from "./store-testing.ts";

const MINUTE_MS = 60_000;
const DAY = Date.UTC(2026, 3, 2);
const NOW = DAY + 15 * 3_600_000;

let db: Awaited<ReturnType<typeof testDatabase>>;
beforeAll(async () => {
  db = await testDatabase();
  await ensurePartitions(db.database, [DAY - 24 * 3_600_000, DAY, dayOf(Date.now() - 3_600_000), dayOf(Date.now())]);
});
afterAll(() => db[Symbol.asyncDispose]());

/** With two hours of events to store, some minutes with many, the same in every run. */
async function prepare() {
  const { database } = db;
  const project = await createTestProject(database);
  const { projectId } = project;
  const fingerprints = [newFingerprint(), newFingerprint()] as const;
  const events = Array.from({ length: 400 }, (_, index) => {
    const minute = (index * index * 7 + index) % 120;
    const level = index % 3 === 0 ? "fatal" : "error";
    return eventOf(projectId, fingerprints[index % 2 === 0 ? 0 : 1], {
      receivedAtMs: NOW - 120 * MINUTE_MS + minute * MINUTE_MS + ((index * 997) % MINUTE_MS),
      level,
      tagsJson: JSON.stringify({ region: index % 4 === 0 ? "eu" : "us", "user.id": `user-${index % 11}` }),
    });
  });
  const preview = (condition: AlertCondition, filters: AlertFilters = {}, minutes = 15) =>
    previewRule(
      database,
      { projectId, slug: "p", condition, filters, cooldown: { minutes, scope: "rule" } },
      NOW + 30 * MINUTE_MS,
    );
  return { ...project, database, events, preview };
}

const RULES: readonly (readonly [AlertCondition, AlertFilters])[] = [
  [{ condition_type: "threshold", threshold: 18, window_minutes: 3 }, {}],
  [{ condition_type: "threshold", threshold: 7, window_minutes: 5 }, { level: ["fatal"] }],
  [{ condition_type: "threshold", threshold: 6, window_minutes: 5 }, { tags: { region: "eu" } }],
  [{ condition_type: "percent_change", percent: 80, window_minutes: 10, direction: "increase", events_min: 10 }, {}],
  [
    { condition_type: "percent_change", percent: 40, window_minutes: 10, direction: "decrease", events_min: 10 },
    { query: "level:error" },
  ],
];

test.each(RULES)("a preview tells what evaluating every minute would have fired: %o %o", async (condition, filters) => {
  const { database, projectId, events, preview } = await prepare();
  await addRule(database, projectId, condition, { filters, cooldownMinutes: 15 });
  for (let atMs = NOW - 120 * MINUTE_MS; atMs <= NOW + 30 * MINUTE_MS; atMs += MINUTE_MS) {
    const received = events.filter(({ receivedAtMs: ms }) => ms >= atMs - MINUTE_MS && ms < atMs);
    if (received.length > 0) await store(database, ...received);
    await evaluate(database, atMs);
  }
  const { rows } = await database.query<{ triggered_at: Date }>({
    text: "select triggered_at from alerts where project_id = $1 order by triggered_at",
    values: [projectId],
  });
  const { firings, isComplete } = await preview(condition, filters);
  expect(isComplete).toBe(true);
  expect(rows.length).toBeGreaterThan(1);
  expect(firings.map(({ atMs }) => new Date(atMs))).toEqual(rows.map(({ triggered_at }) => triggered_at));
});

test("a preview of what one issue's events do tells the issue", async () => {
  const { database, events: received, preview } = await prepare();
  await store(database, ...received);
  const events = await preview({ condition_type: "issue_events", threshold: 8, window_minutes: 5 });
  expect(events.firings.length).toBeGreaterThan(1);
  for (const firing of events.firings) expect(firing).toMatchObject({ value: 9, issueId: expect.any(String) });
  const users = await preview({ condition_type: "issue_users", threshold: 5, window_minutes: 10 });
  expect(users.firings[0]).toMatchObject({ value: 6 });
});

test("a preview of new issues and regressions tells each, as far as its event is one of the filter's", async () => {
  const { database, projectId, organizationId, events } = await prepare();
  await store(database, ...events);
  const fingerprint = newFingerprint();
  const { stored } = await store(database, eventOf(projectId, fingerprint, { level: "fatal" }));
  const issueId = stored[0]?.issueId ?? "";
  await changeIssues(
    database,
    { organizationId, ids: [issueId], command: { do: "resolve", mode: "now" }, actor: SYSTEM },
    () => {},
  );
  await store(database, eventOf(projectId, fingerprint));
  const preview = (condition_type: "new_issue" | "regression", filters: AlertFilters) =>
    previewRule(
      database,
      { projectId, slug: "p", condition: { condition_type }, filters, cooldown: { minutes: 1, scope: "issue" } },
      Date.now() + MINUTE_MS,
    );
  expect((await preview("new_issue", { level: ["fatal"] })).firings).toMatchObject([{ issueId }]);
  expect((await preview("regression", { level: ["error"] })).firings).toMatchObject([{ issueId }]);
  expect((await preview("regression", { level: ["fatal"] })).firings).toEqual([]);
});
