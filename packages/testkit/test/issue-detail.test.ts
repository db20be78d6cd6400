import type { ApiIssueDetail } from "@mesher/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newEventId, sendEvent } from "../src/send.ts";
import type { ServerProcess } from "../src/server-process.ts";
import { readEvent, readEventDetail, readIssue, startTestServer, type TestServer } from "./test-server.ts";

let running: TestServer;
let server: ServerProcess;
beforeAll(async () => {
  running = await startTestServer();
  server = running.server;
});
afterAll(() => running[Symbol.asyncDispose]());

/** A crash as an SDK tells it, with all that people look for. */
const CRASH = {
  level: "fatal",
  platform: "javascript",
  release: "shop@1.2.0",
  environment: "production",
  exception: {
    values: [
      {
        type: "TypeError",
        value: "Cannot read properties of undefined (reading 'price')",
        stacktrace: {
          frames: [
            { function: "run", filename: "vendor.js", lineno: 7, in_app: false },
            {
              function: "total",
              filename: "src/cart.js",
              lineno: 12,
              colno: 31,
              in_app: true,
              pre_context: ["function total(items) {"],
              context_line: "  return items.map((item) => item.price);",
              post_context: ["}"],
            },
          ],
        },
      },
    ],
  },
  breadcrumbs: {
    values: [
      { timestamp: "2026-01-01T00:00:02Z", category: "ui.click", level: "info", message: "Pay" },
      { timestamp: "2026-01-01T00:00:01Z", category: "http", level: "warning", data: { status_code: 500 } },
    ],
  },
  tags: { browser: "Firefox 140", tier: "gold" },
  user: { id: "7", email: "ann@example.com", ip_address: "192.0.2.7", username: "ann" },
  request: { url: "https://shop.example/pay", method: "POST", headers: { Authorization: "Bearer hunter2" } },
};

async function sendCrash(more: object = {}): Promise<string> {
  const event_id = newEventId();
  await sendEvent(server.dsn, { event_id, ...CRASH, ...more });
  await readEvent(server, event_id);
  return event_id;
}

const get = (path: string) =>
  fetch(`${server.url}/api/v1${path}`, { headers: { authorization: `Bearer ${server.token}` } });
const post = (path: string, body: object) =>
  fetch(`${server.url}/api/v1${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${server.token}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });

test("[DETAIL-02] frames show file, line, column, function, context and whether they are one's own", async () => {
  const { normalized } = await readEvent(server, await sendCrash());
  const frames = normalized.exception?.values[0]?.stacktrace?.frames;
  expect(frames?.at(-1)).toMatchObject({ ...CRASH.exception.values[0]?.stacktrace.frames.at(-1) });
  expect(frames?.map(({ in_app }) => in_app)).toEqual([false, true]);
});

test("[DETAIL-03] [DETAIL-04] [DETAIL-06] breadcrumbs are in order of time, tags are pairs, the user is shown whole", async () => {
  const { normalized, tags, user_context } = await readEvent(server, await sendCrash());
  expect(normalized.breadcrumbs?.values).toMatchObject([
    { category: "http", level: "warning", data: { status_code: 500 } },
    { category: "ui.click", level: "info", message: "Pay" },
  ]);
  expect(tags).toMatchObject(CRASH.tags);
  expect(user_context).toMatchObject(CRASH.user);
});

test("an issue tells its terms, priority, releases, fingerprints and activity, and is found by its short id", async () => {
  const eventId = await sendCrash({ fingerprint: ["detail"] });
  await sendCrash({ fingerprint: ["detail"], release: "shop@1.3.0" });
  const { issue_id } = await readEvent(server, eventId);
  const before = await readIssue(server, issue_id);
  expect(before).toMatchObject({
    priority: "high",
    is_priority_set: false,
    first_release: "shop@1.2.0",
    last_release: "shop@1.3.0",
    status_details: null,
    activity: [],
    fingerprints: [{ fingerprint: before.grouping.fingerprint, merged_from: null, event_count: null }],
  });
  await post(`/issues/${issue_id}/resolve`, { mode: "in_next_release" });
  await post(`/issues/${issue_id}/priority`, { priority: "low" });
  const after = await server.get<ApiIssueDetail>(`/api/v1/issues/by-short-id/${before.short_id.toLowerCase()}`);
  expect(after).toMatchObject({
    id: issue_id,
    status: "resolved",
    status_details: { mode: "in_next_release", after: "shop@1.3.0" },
    status_changed_at: expect.any(String),
    priority: "low",
    is_priority_set: true,
    activity: [{ kind: "priority_set" }, { kind: "resolved", details: { after: "shop@1.3.0" } }],
  });
  expect(await server.get<ApiIssueDetail>(`/api/v1/issues/${before.short_id}`)).toEqual(after);
  for (const shortId of ["DEFAULT-0", "DEFAULT-999999", "NOBODY-1", "DEFAULT", "-1"]) {
    expect([shortId, (await get(`/issues/by-short-id/${shortId}`)).status]).toEqual([shortId, 404]);
    expect([shortId, (await get(`/issues/${shortId}`)).status]).toEqual([shortId, 404]);
  }
});

test("issues of the same type with nearly the same words are told as similar, those of other projects never", async () => {
  const value = "Cannot read properties of null (reading 'total')";
  const crash = (type: string, text: string) => ({ exception: { values: [{ type, value: text }] } });
  const issueOf = async (eventId: string) => (await readEvent(server, eventId)).issue_id;
  const one = await issueOf(await sendCrash(crash("LookupError", value)));
  const like = await issueOf(await sendCrash(crash("LookupError", "Cannot read properties of null (reading 'name')")));
  await sendCrash(crash("TimeoutError", "the provider did not answer"));
  const { similar_issues } = await readIssue(server, one);
  expect(similar_issues.map(({ id }) => id)).toContain(like);
  expect(similar_issues.every(({ id, likeness }) => id !== one && likeness >= 0.4)).toBe(true);
  expect(similar_issues.some(({ title }) => title.startsWith("TimeoutError"))).toBe(false);
});

test("of merged issues the detail tells the share of each fingerprint, and what it came with", async () => {
  const ids = [await sendCrash({ fingerprint: ["share-a"] }), await sendCrash({ fingerprint: ["share-b"] })];
  const [a, b] = await Promise.all(ids.map(async (id) => readIssue(server, (await readEvent(server, id)).issue_id)));
  await post(`/issues/${a?.id}/merge`, { ids: [b?.id] });
  expect((await readIssue(server, a?.id ?? "")).fingerprints).toEqual([
    { fingerprint: a?.grouping.fingerprint, merged_from: null, event_count: 1 },
    {
      fingerprint: b?.grouping.fingerprint,
      merged_from: { id: b?.id, short_id: b?.short_id, title: b?.title },
      event_count: 1,
    },
  ]);
  const found = await server.get<ApiIssueDetail>(`/api/v1/issues/by-short-id/${b?.short_id}`);
  expect(found.id).toBe(a?.id);
});

test("[DETAIL-05] the first event has none before it, the latest none after it", async () => {
  const ids = [];
  for (let n = 0; n < 3; n += 1) ids.push(await sendCrash({ fingerprint: ["walk"] }));
  const navigations = await Promise.all(ids.map(async (id) => (await readEventDetail(server, id)).navigation));
  const [first, , latest] = ids;
  expect(navigations.map(({ prev_id, next_id }) => [prev_id, next_id])).toEqual([
    [null, ids[1]],
    [first, latest],
    [ids[1], null],
  ]);
  expect(navigations.every(({ first_id, latest_id }) => first_id === first && latest_id === latest)).toBe(true);
});

test("an event is saved as a file, as it is kept, and copied as Markdown without credentials", async () => {
  const eventId = await sendCrash();
  const file = await get(`/events/${eventId}/json`);
  expect(file.headers.get("content-disposition")).toBe(`attachment; filename="${eventId}.json"`);
  const { request: _, ...unscrubbed } = CRASH;
  const saved = await file.text();
  expect(JSON.parse(saved)).toMatchObject({ event_id: eventId, ...unscrubbed });
  expect(saved).toBe(await (await get(`/events/${eventId}/payload`)).text());
  expect(saved).not.toContain("hunter2");
  const markdown = await get(`/events/${eventId}/markdown`);
  expect(markdown.headers.get("content-type")).toBe("text/markdown; charset=utf-8");
  const text = await markdown.text();
  expect(text).toContain("  > 12 |   return items.map((item) => item.price);");
  expect(text).toContain("curl 'https://shop.example/pay'");
  expect(text).not.toContain("hunter2");
  for (const kind of ["json", "markdown"]) expect((await get(`/events/${newEventId()}/${kind}`)).status).toBe(404);
});
