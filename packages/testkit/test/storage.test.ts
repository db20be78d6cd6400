import type { ApiProjectDetail, ApiProjectStorage, ApiStorage } from "@mesher/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newEventId, sendEvent } from "../src/send.ts";
import { waitUntil } from "../src/wait-until.ts";
import { type ApiClient, apiClient, insertToken } from "./api-client.ts";
import { startTestServer, type TestServer } from "./test-server.ts";

let started: TestServer;
let api: ApiClient;
beforeAll(async () => {
  started = await startTestServer();
  api = apiClient(started.server);
});
afterAll(() => started[Symbol.asyncDispose]());

/** Resolves when all are stored. */
async function sendEvents(dsn: string, slug: string, count: number): Promise<ApiProjectStorage> {
  for (let sent = 0; sent < count; sent += 1) {
    await sendEvent(dsn, { event_id: newEventId(), message: "x".repeat(100) });
  }
  return waitUntil(`${count} events of ${slug}`, async () => {
    const { body } = await api<ApiProjectStorage>("GET", `projects/${slug}/storage`);
    return body.event_count === count && body;
  });
}

test("[RETAIN-03] a project's storage is its share of the tables, by its events and issues", async () => {
  const { body: small } = await api<ApiProjectDetail>("POST", "projects", { name: "Small" });
  const { body: large } = await api<ApiProjectDetail>("POST", "projects", { name: "Large" });
  await sendEvents(small.dsn, "small", 10);
  const ofLarge = await sendEvents(large.dsn, "large", 30);
  const { body: ofSmall } = await api<ApiProjectStorage>("GET", "projects/small/storage");

  const { body: all } = await api<ApiStorage>("GET", "storage");
  const today = all.database.days.find(({ day }) => day === ofLarge.days[0]?.day);
  expect([ofSmall.event_count, ofLarge.event_count]).toEqual([10, 30]);
  expect(ofLarge.days).toHaveLength(1);
  expect(ofLarge.parts.events).toBe(Math.round(((today?.bytes ?? 0) * 30) / 40));
  expect(ofSmall.parts.issues).toBe(ofLarge.parts.issues);
  expect(ofSmall.parts.issues).toBeGreaterThan(0);
  for (const { parts, estimated_bytes } of [ofSmall, ofLarge])
    expect(estimated_bytes).toBe(parts.events + parts.issues + parts.counts);
  expect((await api("GET", "projects/large/settings/storage")).body).toEqual(
    (await api("GET", "projects/large/storage")).body,
  );
});

test("a project without events takes no room; one that does not exist, or is another's, has none", async () => {
  await api("POST", "projects", { name: "Empty" });
  expect((await api("GET", "projects/empty/storage")).body).toMatchObject({
    event_count: 0,
    estimated_bytes: 0,
    retention_days: 90,
    days: [],
  });
  const token = "mshr_token_of_another_organization_0";
  await insertToken(started.database, { token, organization: "other", role: "owner" });
  expect((await apiClient(started.server, token)("GET", "projects/empty/storage")).status).toBe(404);
  expect((await api("GET", "projects/nowhere/storage")).status).toBe(404);
});

test("the installation's storage tells tables, days, the journal, the disk, and what retention did last", async () => {
  const storage = await waitUntil("the first run of retention", async () => {
    const { body } = await api<ApiStorage>("GET", "storage");
    return body.last_retention !== null && body;
  });
  expect(storage.last_retention).toMatchObject({ outcome: "succeeded", partitions_dropped: [], bytes_freed: 0 });
  const { bytes, tables, days } = storage.database;
  const events = tables.find(({ name }) => name === "events");
  expect(days).toHaveLength(7);
  expect(events?.bytes).toBe(days.reduce((sum, day) => sum + day.bytes, 0));
  expect(tables.reduce((sum, table) => sum + table.bytes, 0)).toBeLessThan(bytes);
  expect(tables.map(({ name }) => name)).toContain("issue_counts");
  expect(storage.journal.bytes_max).toBeGreaterThan(0);
  expect(storage.disk.free_bytes).toBeGreaterThan(0);
  expect(storage.disk.total_bytes).toBeGreaterThanOrEqual(storage.disk.free_bytes);
});
