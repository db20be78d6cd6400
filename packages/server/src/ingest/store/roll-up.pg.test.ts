import { randomUUID } from "node:crypto";
import { testDatabase } from "@mesher/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { OWN_KEYS_MAX, VALUES_PER_HOUR_MAX, VALUES_PER_ISSUE_MAX } from "../../dashboards/counted-tags.ts";
import { listUsers } from "../../dashboards/dashboards.queries.ts";
import { EXACT_USERS_MAX, hashUser } from "../../dashboards/user-sketch.ts";
import type { Database } from "../../db/database.ts";
import { withTransaction } from "../../db/transaction.ts";
import { setUserCounts } from "../../issues/issues.queries.ts";
import { type CountedEvent, rollUp } from "./roll-up.ts";

let db: Awaited<ReturnType<typeof testDatabase>>;
let database: Database;
beforeAll(async () => {
  db = await testDatabase();
  database = db.database;
});
afterAll(() => db[Symbol.asyncDispose]());

const HOUR_MS = Date.UTC(2026, 3, 1, 10);

function eventOf(projectId: string, issueId: string, more: Partial<CountedEvent> = {}): CountedEvent {
  return {
    projectId,
    issueId,
    receivedAtMs: HOUR_MS,
    level: "error",
    environment: undefined,
    release: undefined,
    tags: {},
    user: undefined,
    shareId: undefined,
    ...more,
  };
}

const store = (...events: CountedEvent[]) => withTransaction(database, (tx) => rollUp(tx, events));
const user = (id: number) => hashUser({ id: String(id) });

async function countsOf(table: "tag_counts" | "issue_tags", projectId: string, key: string) {
  const { rows } = await database.query<{ value: string; count: number }>({
    text: `select value, sum(count)::int as count from ${table} where project_id = $1 and key = $2 group by 1 order by 2 desc, 1`,
    values: [projectId, key],
  });
  return Object.fromEntries(rows.map(({ value, count }) => [value, count]));
}

test("[DASH-04] values of tags are counted by project and hour, and by issue", async () => {
  const [projectId, issueId] = [randomUUID(), randomUUID()];
  await store(
    eventOf(projectId, issueId, { environment: "production", tags: { browser: "Firefox", plan: "free" } }),
    eventOf(projectId, issueId, { environment: "production", tags: { plan: "team" } }),
  );
  await store(eventOf(projectId, randomUUID(), { environment: "staging", receivedAtMs: HOUR_MS + 3_600_000 }));
  expect(await countsOf("tag_counts", projectId, "environment")).toEqual({ production: 2, staging: 1 });
  expect(await countsOf("tag_counts", projectId, "plan")).toEqual({ free: 1, team: 1 });
  expect(await countsOf("issue_tags", projectId, "browser")).toEqual({ Firefox: 1 });
  const { rows } = await database.query({
    text: "select distinct hour from tag_counts where project_id = $1",
    values: [projectId],
  });
  expect(rows).toHaveLength(2);
});

test("values beyond the maximum of a key are counted together, and none is lost", async () => {
  const [projectId, issueId] = [randomUUID(), randomUUID()];
  const urls = VALUES_PER_HOUR_MAX + 20;
  const all = Array.from({ length: urls }, (_, index) => eventOf(projectId, issueId, { tags: { url: `/${index}` } }));
  await store(...all.slice(0, 40));
  await store(...all.slice(40));
  await store(...all);
  const byHour = await countsOf("tag_counts", projectId, "url");
  expect([Object.keys(byHour).length, byHour[""]]).toEqual([VALUES_PER_HOUR_MAX + 1, 40]);
  const ofIssue = await countsOf("issue_tags", projectId, "url");
  expect([Object.keys(ofIssue).length, ofIssue["/0"], ofIssue[""]]).toEqual([
    VALUES_PER_ISSUE_MAX + 1,
    2,
    2 * (urls - VALUES_PER_ISSUE_MAX),
  ]);
});

test("of a project's own keys the first are counted", async () => {
  const projectId = randomUUID();
  const tags = Object.fromEntries(Array.from({ length: OWN_KEYS_MAX + 5 }, (_, index) => [`key${index}`, "x"]));
  await store(eventOf(projectId, randomUUID(), { tags: { ...tags, "user.email": "a@b.c" } }));
  await store(eventOf(projectId, randomUUID(), { tags: { late: "x", os: "Linux" } }));
  const { rows } = await database.query<{ key: string }>({
    text: "select distinct key from tag_counts where project_id = $1",
    values: [projectId],
  });
  expect(rows).toHaveLength(OWN_KEYS_MAX + 1);
  expect(rows).toContainEqual({ key: "os" });
  expect(rows).not.toContainEqual({ key: "late" });
});

test("users are counted once, for an issue in all its life and for a project in any range", async () => {
  const [projectId, one, two] = [randomUUID(), randomUUID(), randomUUID()];
  const first = await store(
    eventOf(projectId, one, { user: user(1) }),
    eventOf(projectId, one, { user: user(2) }),
    eventOf(projectId, two, { user: user(1) }),
  );
  const second = await store(
    eventOf(projectId, one, { user: user(1), receivedAtMs: HOUR_MS + 3_600_000 }),
    eventOf(projectId, two, { user: user(3), receivedAtMs: HOUR_MS + 3_600_000 }),
  );
  expect(first).toContainEqual({ projectId, issueId: one, users: 2 });
  expect(first).toContainEqual({ projectId, issueId: two, users: 1 });
  expect(second).toEqual([{ projectId, issueId: two, users: 2 }]);
  const users = await listUsers(database, projectId, {
    unit: "hour",
    fromMs: HOUR_MS,
    toMs: HOUR_MS + 2 * 3_600_000,
    zone: "UTC",
  });
  expect([users.count, users.buckets.map(({ count }) => count)]).toEqual([3, [2, 2]]);
});

test("an issue has no more users than events, whatever their sketch estimates", async () => {
  const [projectId, issueId] = [randomUUID(), randomUUID()];
  const ofIssue = [projectId, issueId];
  await database.query({
    text: "insert into issue_counters (project_id, issue_id, event_count, first_seen, last_seen) values ($1, $2, 1009, now(), now())",
    values: ofIssue,
  });
  for (const mayFall of [false, true]) {
    await withTransaction(database, (tx) => setUserCounts(tx, [{ projectId, issueId, users: 1037 }], { mayFall }));
    const { rows } = await database.query({
      text: "select user_count from issue_counters where project_id = $1 and issue_id = $2",
      values: ofIssue,
    });
    expect(rows).toEqual([{ user_count: 1009 }]);
  }
});

test("batches that bring users and tags of the same issues at the same moment lose none", async () => {
  const [projectId, one, two] = [randomUUID(), randomUUID(), randomUUID()];
  const batches = Array.from({ length: 8 }, (_each, batch) =>
    Array.from({ length: 10 }, (_, index) =>
      eventOf(projectId, index % 2 === 0 ? one : two, {
        user: user(batch * 10 + index),
        environment: "production",
        tags: { shared: String((batch + index) % 7), [`own${batch}`]: "x" },
      }),
    ),
  );
  // In opposite orders, which would let two of them wait for each other.
  await Promise.all(batches.map((events, batch) => store(...(batch % 2 === 0 ? events : events.toReversed()))));
  expect(await countsOf("tag_counts", projectId, "environment")).toEqual({ production: 80 });
  expect(Object.values(await countsOf("issue_tags", projectId, "shared")).reduce((sum, count) => sum + count, 0)).toBe(
    80,
  );
  expect(await countsOf("issue_tags", projectId, "own7")).toEqual({ x: 10 });
  const hour = { unit: "hour", fromMs: HOUR_MS, toMs: HOUR_MS + 3_600_000, zone: "UTC" } as const;
  expect((await listUsers(database, projectId, hour)).count).toBe(80);
  expect(80).toBeLessThanOrEqual(EXACT_USERS_MAX);
});
