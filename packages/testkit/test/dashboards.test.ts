/** Dashboards, through the front door. What they show of the past is counted by hand here. */
import type {
  ApiAccount,
  ApiBucket,
  ApiError,
  ApiEventSummary,
  ApiHealth,
  ApiIssue,
  ApiIssueTag,
  ApiLevelCount,
  ApiPage,
  ApiProjectOverview,
  ApiReleaseAdoption,
  ApiTagCount,
  ApiTopIssue,
  ApiUsersAffected,
  ApiVolumeBucket,
} from "@mesher/protocol";
import { newEventId, sendEvent, TEST_TOKEN, waitUntil } from "@mesher/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestServer, type TestServer } from "./test-server.ts";

let started: TestServer;
const DASHBOARD = "/api/v1/projects/default/dashboard";
const HOUR_MS = 3_600_000;
/** A day in Vienna on which clocks go forward: it has 23 hours, from 23:00 UTC of the day before. */
const SHORT_DAY_MS = Date.UTC(2026, 2, 28, 23);

const get = <T>(path: string, query: Record<string, string> = {}) =>
  started.server.get<T>(`${path}?${new URLSearchParams(query).toString()}`);
const dashboard = <T>(name: string, query: Record<string, string> = {}) => get<T>(`${DASHBOARD}/${name}`, query);

async function refusal(path: string, query: Record<string, string> = {}): Promise<ApiError & { status: number }> {
  const response = await fetch(`${started.server.url}${path}?${new URLSearchParams(query).toString()}`, {
    headers: { authorization: `Bearer ${TEST_TOKEN}` },
  });
  return { status: response.status, ...((await response.json()) as ApiError) };
}

const EVENTS = [
  ...Array.from({ length: 11 }, (_, index) => ({
    message: "Often",
    level: "error",
    release: `1.${index % 2}`,
    user: { id: index % 3 },
  })),
  ...Array.from({ length: 9 }, () => ({ message: "Less often", level: "warning", environment: "staging" })),
  { message: "Once", level: "fatal", tags: { plan: "free" } },
];
const iso = (ms: number) => new Date(ms).toISOString();

beforeAll(async () => {
  started = await startTestServer();
  for (const event of EVENTS) await sendEvent(started.server.dsn, { event_id: newEventId(), ...event });
  await waitUntil("all events", async () => {
    const { stored } = await dashboard<ApiAccount>("account");
    return stored === EVENTS.length;
  });
  const counts: [number, string, number][] = [
    [SHORT_DAY_MS, "error", 2],
    [SHORT_DAY_MS + 22 * HOUR_MS, "error", 10],
    [SHORT_DAY_MS + 22 * HOUR_MS, "info", 9],
    [SHORT_DAY_MS + 23 * HOUR_MS, "error", 100],
  ];
  for (const [ms, level, count] of counts) {
    await started.database.query({
      text: "insert into event_counts select id, $1, $2, $3 from projects where slug = 'default'",
      values: [new Date(ms), level, count],
    });
  }
});
afterAll(() => started[Symbol.asyncDispose]());

describe("volume", () => {
  test("[DASH-01] [C-109] of the last 24 hours has 24 hours, those without events too", async () => {
    const volume = await dashboard<ApiVolumeBucket[]>("volume");
    expect(volume).toHaveLength(24);
    expect(volume.reduce((sum, { count }) => sum + count, 0)).toBe(EVENTS.length);
    expect(volume.filter(({ count }) => count === 0).length).toBeGreaterThanOrEqual(22);
    for (const [index, { bucket }] of volume.entries())
      if (index > 0) expect(Date.parse(bucket) - Date.parse(volume[index - 1]?.bucket ?? "")).toBe(HOUR_MS);
  });

  test("[DASH-01] [C-109] of seven days has seven days, today the last", async () => {
    const volume = await dashboard<ApiVolumeBucket[]>("volume", { bucket: "day", period: "7d" });
    expect(volume).toHaveLength(7);
    expect(volume.at(-1)?.bucket).toBe(`${new Date().toISOString().slice(0, 10)}T00:00:00.000Z`);
    expect(volume.reduce((sum, { count }) => sum + count, 0)).toBe(EVENTS.length);
  });

  test("[DASH-01] [C-109] of days in a zone begins them at midnight there, also when clocks change", async () => {
    const range = { from: iso(SHORT_DAY_MS - 24 * HOUR_MS), to: iso(SHORT_DAY_MS + 24 * HOUR_MS), tz: "Europe/Vienna" };
    const volume = await dashboard<ApiVolumeBucket[]>("volume", { bucket: "day", ...range });
    expect(volume).toEqual([
      { bucket: iso(SHORT_DAY_MS - 24 * HOUR_MS), count: 0, levels: {} },
      { bucket: iso(SHORT_DAY_MS), count: 21, levels: { error: 12, info: 9 } },
      { bucket: iso(SHORT_DAY_MS + 23 * HOUR_MS), count: 100, levels: { error: 100 } },
    ]);
    const hours = await dashboard<ApiVolumeBucket[]>("volume", { bucket: "hour", ...range });
    expect(hours).toHaveLength(48);
    expect(hours.reduce((sum, { count }) => sum + count, 0)).toBe(121);
  });

  test("[DASH-01] of days in a zone that is not whole hours from UTC counts the hour of a midnight to the day that begins", async () => {
    // Midnight in Kathmandu is at 18:15.
    const midnightMs = SHORT_DAY_MS - 4.75 * HOUR_MS;
    await started.database.query({
      text: "insert into event_counts select id, $1, 'fatal', 7 from projects where slug = 'default'",
      values: [new Date(midnightMs - 0.25 * HOUR_MS)],
    });
    const range = { from: iso(midnightMs), to: iso(midnightMs + 3 * HOUR_MS) };
    for (const tz of ["Asia/Kathmandu", "+05:45"])
      expect([tz, await dashboard<ApiVolumeBucket[]>("volume", { bucket: "day", tz, ...range })]).toEqual([
        tz,
        [{ bucket: iso(midnightMs), count: 7, levels: { fatal: 7 } }],
      ]);
  });

  test.each([{ bucket: "minute" }, { tz: "Nowhere" }, { from: "soon" }, { bucket: "hour", period: "200d" }])(
    "with %j is refused",
    async (query) => {
      expect(await refusal(`${DASHBOARD}/volume`, query)).toMatchObject({ status: 400, code: "bad_request" });
    },
  );
});

test("[DASH-02] [C-108] levels are sorted by their counts as numbers", async () => {
  expect(await dashboard<ApiLevelCount[]>("levels")).toEqual([
    { level: "error", count: 11 },
    { level: "warning", count: 9 },
    { level: "fatal", count: 1 },
  ]);
});

test("[DASH-03] the issues with the most events are first, of all time and of a range", async () => {
  const top = await dashboard<ApiTopIssue[]>("top-issues");
  expect(top.map(({ title, event_count }) => [title, event_count])).toEqual([
    ["Often", 11],
    ["Less often", 9],
    ["Once", 1],
  ]);
  expect(top[0]).toMatchObject({ level: "error", status: "unresolved", user_count: 3 });
  expect(await dashboard<ApiTopIssue[]>("top-issues", { limit: "1", period: "2h" })).toEqual([top[0]]);
  expect(await dashboard<ApiTopIssue[]>("top-issues", { from: "2020-01-01", to: "2020-02-01" })).toEqual([]);
});

test("[DASH-04] [C-108] events are broken down by any tag that is counted, those without it too", async () => {
  expect(await dashboard<ApiTagCount[]>("tags", { key: "environment" })).toEqual([
    { value: null, count: 12, kind: "none" },
    { value: "staging", count: 9, kind: "value" },
  ]);
  expect(await dashboard<ApiTagCount[]>("tags", { key: "release", limit: "1" })).toEqual([
    { value: null, count: 10, kind: "none" },
    { value: "1.0", count: 6, kind: "value" },
    { value: null, count: 5, kind: "others" },
  ]);
  expect(await dashboard<ApiTagCount[]>("tags", { key: "plan" })).toContainEqual({
    value: "free",
    count: 1,
    kind: "value",
  });
  expect((await dashboard<ApiTagCount[]>("tags", { key: "level" }))[0]).toMatchObject({ value: "error", count: 11 });
  expect(await refusal(`${DASHBOARD}/tags`)).toMatchObject({ status: 400, error: "missing key parameter" });
  expect(await refusal(`${DASHBOARD}/tags`, { key: "nobody" })).toMatchObject({ status: 404, code: "tag_not_counted" });
});

test("[DASH-05] the timeline of an issue is its newest events, and its charts count them", async () => {
  const { data } = await get<ApiPage<ApiIssue>>("/api/v1/projects/default/issues", {
    query: "title:often level:error",
  });
  const path = `/api/v1/issues/${data[0]?.id}`;
  const timeline = await get<ApiEventSummary[]>(`${path}/timeline`);
  expect(timeline).toHaveLength(11);
  expect(timeline.map(({ received_at }) => received_at)).toEqual(
    timeline
      .map(({ received_at }) => received_at)
      .toSorted()
      .toReversed(),
  );
  expect(await get<ApiEventSummary[]>(`${path}/timeline`, { limit: "2" })).toEqual(timeline.slice(0, 2));
  expect(await refusal(`${path}/timeline`, { limit: "x" })).toMatchObject({ status: 400 });
  const volume = await get<ApiBucket[]>(`${path}/volume`, { period: "24h" });
  expect([volume.length, volume.reduce((sum, { count }) => sum + count, 0)]).toEqual([24, 11]);
  const tags = await get<ApiIssueTag[]>(`${path}/tags`);
  expect(tags.find(({ key }) => key === "release")).toEqual({
    key: "release",
    total: 11,
    values: [
      { value: "1.0", count: 6, kind: "value" },
      { value: "1.1", count: 5, kind: "value" },
    ],
  });
});

test("[DASH-06] health counts what is unresolved, new and of the last day; an unknown project is 404", async () => {
  expect(await dashboard<ApiHealth>("health")).toEqual({
    unresolved_count: 3,
    events_24h: EVENTS.length,
    new_today: 3,
  });
  expect(await refusal("/api/v1/projects/nobody/dashboard/health")).toMatchObject({
    status: 404,
    error: "project not found",
  });
});

test("users are counted once in the range, and in each bucket", async () => {
  const users = await dashboard<ApiUsersAffected>("users", { period: "3h" });
  expect([users.count, users.buckets.length]).toEqual([3, 3]);
  expect(Math.max(...users.buckets.map(({ count }) => count))).toBe(3);
});

test("releases have their share of all events", async () => {
  const releases = await dashboard<ApiReleaseAdoption[]>("releases");
  expect(releases.map(({ release, count, share }) => [release, count, share])).toEqual([
    ["1.0", 6, 6 / EVENTS.length],
    ["1.1", 5, 5 / EVENTS.length],
  ]);
  expect(releases[0]?.first_seen).toMatch(/^\d{4}-/);
});

test("the account names every outcome, and accepted is their sum", async () => {
  const { outcomes, accepted, stored, refused } = await dashboard<ApiAccount>("account");
  expect([accepted, stored, refused]).toEqual([EVENTS.length, EVENTS.length, 0]);
  expect(outcomes).toEqual([
    { outcome: "stored", category: "error", reason: "", side: "accepted", count: EVENTS.length },
  ]);
});

test("dashboards of another organization's project do not exist", async () => {
  await started.database.query({
    text: "with o as (insert into organizations (slug, name) values ('other', 'Other') returning id) insert into projects (organization_id, slug, name) select id, 'theirs', 'theirs' from o",
  });
  for (const name of ["volume", "levels", "top-issues", "health", "users", "releases", "account"])
    expect([name, (await refusal(`/api/v1/projects/theirs/dashboard/${name}`)).status]).toEqual([name, 404]);
});

describe("the overview", () => {
  test("[UI-01] shows every project with its last 24 hours, its issues and its newest event", async () => {
    const { server } = started;
    const made = await fetch(`${server.url}/api/v1/projects`, {
      method: "POST",
      headers: { authorization: `Bearer ${TEST_TOKEN}`, "content-type": "application/json" },
      body: JSON.stringify({ name: "Silent", platform: "go" }),
    });
    expect(made.status).toBe(201);
    const [busy, silent] = await get<ApiProjectOverview[]>("/api/v1/overview", { tz: "Pacific/Kiritimati" });

    expect(busy).toMatchObject({ slug: "default", unresolved_count: 3 });
    expect(busy?.events).toHaveLength(24);
    expect(busy?.events.reduce((sum, count) => sum + count, 0)).toBe(EVENTS.length);
    const newest = await get<ApiPage<{ received_at: string }>>("/api/v1/projects/default/events", { limit: "1" });
    expect(busy?.last_event_at).toBe(newest.data[0]?.received_at);

    expect(silent).toMatchObject({ slug: "silent", platform: "go", unresolved_count: 0, last_event_at: null });
    expect(silent?.events).toEqual(Array(24).fill(0));
  });

  test("names the tags that can be broken down, the project's own among them", async () => {
    const keys = await dashboard<string[]>("tag-keys");
    expect(keys).toEqual(expect.arrayContaining(["level", "environment", "release", "plan"]));
    for (const key of keys) await dashboard<ApiTagCount[]>("tags", { key });
  });

  test("knows issues of today by the midnight of the reader", async () => {
    const [utc] = await get<ApiProjectOverview[]>("/api/v1/overview", { tz: "UTC" });
    const { new_today } = await dashboard<ApiHealth>("health", { tz: "UTC" });
    expect(utc?.new_today).toBe(new_today);
    expect(await refusal("/api/v1/overview", { tz: "Mars/Olympus" })).toMatchObject({ status: 400 });
  });
});
