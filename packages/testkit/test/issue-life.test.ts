import type { ApiActivity, ApiActivityPage, ApiBulkResult, ApiIssueDetail, ApiMergeResult } from "@mesher/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newEventId, sendEvent } from "../src/send.ts";
import type { ServerProcess } from "../src/server-process.ts";
import { waitUntil } from "../src/wait-until.ts";
import { countOutcome, listEventIds, readEvent, readIssue, startTestServer, type TestServer } from "./test-server.ts";

let running: TestServer;
let server: ServerProcess;
beforeAll(async () => {
  running = await startTestServer();
  server = running.server;
});
afterAll(() => running[Symbol.asyncDispose]());

let made = 0;

/** A new issue, by an event of its own. */
async function newIssue(more: object = {}): Promise<{ issue: ApiIssueDetail; message: string }> {
  made += 1;
  const message = `Life of ${String.fromCharCode(96 + made)}${"x".repeat(made)}`;
  const event_id = newEventId();
  await sendEvent(server.dsn, { event_id, message, ...more });
  return { issue: await readIssue(server, (await readEvent(server, event_id)).issue_id), message };
}

interface Answer<Body> {
  readonly status: number;
  readonly body: Body & { readonly code?: string; readonly error?: string; readonly affected?: number };
}

async function post<Body = object>(path: string, body?: unknown, token = server.token): Promise<Answer<Body>> {
  const response = await fetch(`${server.url}/api/v1${path}`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Answer<Body>["body"] };
}

const activityOf = (issueId: string) => server.get<ApiActivityPage>(`/api/v1/issues/${issueId}/activity`);

test("a short id of an issue that went into another one reads the other one, and changes nothing", async () => {
  const [{ issue: target }, { issue: source }] = [await newIssue(), await newIssue()];
  expect(await post(`/issues/${target.short_id}/merge`, { ids: [source.short_id] })).toMatchObject({ status: 200 });
  expect(await server.get(`/api/v1/issues/${source.short_id}`)).toMatchObject({ id: target.id });
  expect(await post(`/issues/${source.short_id}/delete`)).toMatchObject({ status: 404 });
  expect(await post(`/issues/${target.short_id}4711/delete`)).toMatchObject({ status: 404 });
  expect(await readIssue(server, target.id)).toMatchObject({ status: "unresolved" });
  expect(await post(`/issues/${target.short_id.toLowerCase()}/resolve`)).toMatchObject({ body: { affected: 1 } });
});

test("an id in capital letters is the same id: what is answered is what was done", async () => {
  const [{ issue }, { issue: other }] = [await newIssue(), await newIssue()];
  const id = issue.id.toUpperCase();
  expect(await post(`/issues/${id}/resolve`)).toMatchObject({ status: 200, body: { affected: 1 } });
  const bulk = await post<ApiBulkResult>("/projects/default/issues/bulk", { do: "unresolve", ids: [id, issue.id] });
  expect(bulk.body).toMatchObject({ results: [{ id: issue.id, result: "changed" }], affected: 1 });
  expect(await post(`/issues/${id}/merge`, { ids: [other.id.toUpperCase()] })).toMatchObject({ status: 200 });
});

test("[ISSUE-01] [C-100] an issue is resolved, archived, made unresolved, with and without a body; again changes nothing", async () => {
  const { issue } = await newIssue();
  for (const [action, status, body] of [
    ["resolve", "resolved", undefined],
    ["resolve", "resolved", {}],
    ["archive", "archived", undefined],
    ["archive", "archived", { mode: "until_escalating" }],
    ["unresolve", "unresolved", undefined],
    ["unresolve", "unresolved", {}],
  ] as const) {
    const before = (await readIssue(server, issue.id)).status;
    const answer = await post(`/issues/${issue.id}/${action}`, body);
    expect(answer).toEqual({ status: 200, body: { status: "ok", affected: before === status ? 0 : 1 } });
    expect((await readIssue(server, issue.id)).status).toBe(status);
  }
  const { data } = await activityOf(issue.id);
  expect(data.map(({ kind }) => kind)).toEqual(["unresolved", "archived", "resolved"]);
  expect(data[0]).toMatchObject({ actor: { kind: "token" }, details: {} });
});

test("[ISSUE-01] [C-100] what is unknown is 404, what is illegal 409, what cannot be understood 400", async () => {
  const { issue } = await newIssue();
  const actions = ["resolve", "unresolve", "archive", "discard", "undiscard", "delete"];
  for (const action of actions) {
    for (const id of ["2f6d9a0e-0000-4000-8000-000000000000", "no-id"]) {
      expect([action, await post(`/issues/${id}/${action}`)]).toEqual([
        action,
        { status: 404, body: { error: "issue not found", code: "not_found" } },
      ]);
    }
  }
  await post(`/issues/${issue.id}/discard`);
  for (const action of ["resolve", "unresolve", "archive"]) {
    const { status, body } = await post(`/issues/${issue.id}/${action}`);
    expect([action, status, body.code]).toEqual([action, 409, "illegal_transition"]);
  }
  for (const [action, body] of [
    ["resolve", { mode: "soon" }],
    ["resolve", { mode: "in_release" }],
    ["resolve", { mode: "in_release", release: "x".repeat(251) }],
    ["archive", { mode: "for_days" }],
    ["archive", { mode: "for_days", days: 0 }],
    ["archive", { mode: "for_events", events: -1 }],
    ["priority", { priority: "huge" }],
    ["assign", {}],
    ["resolve", []],
  ] as const) {
    expect([action, body, (await post(`/issues/${issue.id}/${action}`, body)).status]).toEqual([action, body, 400]);
  }
});

test("[ISSUE-04] a member is assigned and unassigned, and the activity says by whom", async () => {
  const { issue } = await newIssue();
  const { rows } = await running.database.query<{ user_id: string }>({
    text: `
      with made as (insert into users (email, display_name) values ('ann@example.com', 'Ann') returning id)
      insert into organization_members (organization_id, user_id, role)
      select o.id, made.id, 'member' from organizations o, made where o.slug = 'default' returning user_id`,
  });
  const user_id = rows[0]?.user_id;
  for (const affected of [1, 0]) {
    expect((await post(`/issues/${issue.id}/assign`, { user_id })).body).toEqual({ status: "ok", affected });
  }
  expect(await readIssue(server, issue.id)).toMatchObject({ assigned_to: user_id });
  expect((await post(`/issues/${issue.id}/assign`, { user_id: "" })).body).toEqual({ status: "ok", affected: 1 });
  expect(await readIssue(server, issue.id)).toMatchObject({ assigned_to: null });
  expect((await activityOf(issue.id)).data).toMatchObject([
    { kind: "assigned", details: { user_id: null, before: user_id }, actor: { kind: "token" } },
    { kind: "assigned", details: { user_id, before: null } },
  ]);
});

test("[ISSUE-04] nobody who is not a member can be assigned", async () => {
  const { issue } = await newIssue();
  for (const user_id of ["2f6d9a0e-0000-4000-8000-000000000000", "somebody"]) {
    expect((await post(`/issues/${issue.id}/assign`, { user_id })).body.code).toBe("not_a_member");
  }
  expect(await post(`/issues/${issue.id}/assign`, { user_id: "" })).toEqual({
    status: 200,
    body: { status: "ok", affected: 0 },
  });
});

test("[ISSUE-05] events of a discarded issue are answered and dropped; after undiscarding they are stored", async () => {
  const { issue, message } = await newIssue();
  await post(`/issues/${issue.id}/discard`);
  const before = await countOutcome(server, "discarded");
  expect((await sendEvent(server.dsn, { event_id: newEventId(), message })).status).toBe(200);
  await waitUntil("the event to be dropped", async () => (await countOutcome(server, "discarded")) === before + 1);
  expect(await readIssue(server, issue.id)).toMatchObject({ status: "discarded", event_count: 1 });
  expect((await post(`/issues/${issue.id}/undiscard`)).body).toEqual({ status: "ok", affected: 1 });
  await sendEvent(server.dsn, { event_id: newEventId(), message });
  await waitUntil("the event to be stored", async () => (await readIssue(server, issue.id)).event_count === 2);
});

test("[ISSUE-05] a deleted issue and its events are gone; a later event makes a new issue", async () => {
  const { issue, message } = await newIssue();
  const eventId = issue.latest_event_id;
  expect((await post(`/issues/${issue.id}/delete`)).body).toEqual({ status: "ok", affected: 1 });
  for (const path of [`issues/${issue.id}`, `issues/${issue.id}/activity`, `events/${eventId}`]) {
    const response = await fetch(`${server.url}/api/v1/${path}`, {
      headers: { authorization: `Bearer ${server.token}` },
    });
    expect([path, response.status]).toEqual([path, 404]);
  }
  const event_id = newEventId();
  await sendEvent(server.dsn, { event_id, message });
  expect((await readEvent(server, event_id)).issue_id).not.toBe(issue.id);
});

test("[ISSUE-02] an event of a resolved issue makes it unresolved, and the activity says by which event", async () => {
  const { issue, message } = await newIssue();
  await post(`/issues/${issue.id}/resolve`);
  const event_id = newEventId();
  await sendEvent(server.dsn, { event_id, message });
  await readEvent(server, event_id);
  expect(await readIssue(server, issue.id)).toMatchObject({ status: "unresolved", regressed_at: expect.any(String) });
  const { data } = await activityOf(issue.id);
  expect(data[0]).toMatchObject({ kind: "regressed", actor: { kind: "system" }, details: { event_id } });
});

test("many issues are changed by ids or by query, each with a result of its own", async () => {
  const issues = [
    await newIssue({ level: "debug" }),
    await newIssue({ level: "debug" }),
    await newIssue({ level: "fatal" }),
  ];
  const ids = issues.map(({ issue }) => issue.id);
  const unknown = "2f6d9a0e-0000-4000-8000-000000000000";
  const byIds = await post<ApiBulkResult>("/projects/default/issues/bulk", {
    do: "archive",
    mode: "for_events",
    events: 10,
    ids: [ids[0], unknown, "no-id", ids[2]],
  });
  expect(byIds.body).toEqual({
    results: [
      { id: ids[0], result: "changed" },
      { id: unknown, result: "not_found" },
      { id: "no-id", result: "not_found" },
      { id: ids[2], result: "changed" },
    ],
    affected: 2,
    has_more: false,
  });
  const byQuery = await post<ApiBulkResult>("/projects/default/issues/bulk", {
    do: "resolve",
    query: { level: "debug" },
  });
  expect(byQuery.body).toMatchObject({ affected: 2, has_more: false });
  expect(await Promise.all(ids.map(async (id) => (await readIssue(server, id)).status))).toEqual([
    "resolved",
    "resolved",
    "archived",
  ]);
  // By query, a time of the past finds none, and a cursor only what is older than what it names.
  const older = (body: object) => post<ApiBulkResult>("/projects/default/issues/bulk", { do: "unresolve", ...body });
  const query = { level: "debug" };
  expect((await older({ query: { ...query, from: "2020-01-01", to: "2020-01-02" } })).body.results).toEqual([]);
  const [first, second] = issues.map(({ issue }) => issue);
  const behind = { cursor: second?.first_seen, cursor_id: second?.id };
  expect((await older({ query: { ...query, period: "1h" }, ...behind })).body.results).toEqual([
    { id: first?.id, result: "changed" },
  ]);
  for (const body of [
    { do: "resolve" },
    { do: "resolve", query: {}, cursor: "2020-01-01" },
    { do: "resolve", ids: [], query: {} },
    { do: "explode", ids },
    { do: "resolve", ids: Array(1_001).fill(unknown) },
    { do: "resolve", query: { status: "open" } },
    // What is no filter would leave all issues.
    { do: "delete", query: { environment: "staging" } },
  ]) {
    expect([body.do, (await post("/projects/default/issues/bulk", body)).status]).toEqual([body.do, 400]);
  }
});

test("two issues become one, events of both are found there, and one goes out again", async () => {
  const [one, other] = [await newIssue(), await newIssue()];
  const merged = await post<ApiMergeResult>(`/issues/${one.issue.id}/merge`, { ids: [other.issue.id] });
  expect(merged).toEqual({ status: 200, body: { status: "ok", affected: 1, ids: [other.issue.id] } });
  const event_id = newEventId();
  await sendEvent(server.dsn, { event_id, message: other.message });
  expect((await readEvent(server, event_id)).issue_id).toBe(one.issue.id);
  expect(await readIssue(server, one.issue.id)).toMatchObject({ event_count: 3 });
  expect(new Set(await listEventIds(server, one.issue.id))).toEqual(
    new Set([one.issue.latest_event_id, other.issue.latest_event_id, event_id]),
  );
  expect((await readIssue(server, other.issue.id)).id).toBe(one.issue.id);

  const { fingerprint } = other.issue.grouping;
  const parted = await post<ApiMergeResult>(`/issues/${one.issue.id}/unmerge`, { fingerprints: [fingerprint] });
  expect(parted.body).toEqual({ status: "ok", affected: 1, ids: [other.issue.id] });
  expect(await readIssue(server, other.issue.id)).toMatchObject({ event_count: 2, short_id: other.issue.short_id });
  expect(new Set(await listEventIds(server, other.issue.id))).toEqual(new Set([other.issue.latest_event_id, event_id]));

  const own = await post(`/issues/${one.issue.id}/unmerge`, { fingerprints: [one.issue.grouping.fingerprint] });
  expect([own.status, own.body.code]).toEqual([409, "not_merged"]);
  for (const body of [{}, { ids: [] }, { ids: Array(101).fill(one.issue.id) }]) {
    expect((await post(`/issues/${one.issue.id}/merge`, body)).status).toBe(400);
  }
  expect((await post(`/issues/${one.issue.id}/merge`, { ids: ["no-id"] })).status).toBe(404);
});

test("comments are written, changed and deleted by their author, and stand in the activity", async () => {
  const { issue } = await newIssue();
  const created = await post<ApiActivity>(`/issues/${issue.id}/comments`, { text: 'It is "the" cache\n|||' });
  expect(created).toMatchObject({
    status: 201,
    body: { kind: "comment", comment: 'It is "the" cache\n|||', edited_at: null },
  });
  const path = `/issues/${issue.id}/comments/${created.body.id}`;
  const edited = await post<ApiActivity>(path, { text: "It was the cache" });
  expect(edited.body).toMatchObject({ comment: "It was the cache", edited_at: expect.any(String) });
  expect((await activityOf(issue.id)).data).toEqual([edited.body]);
  for (const text of ["", "  ", "x".repeat(10_001)])
    expect((await post(`/issues/${issue.id}/comments`, { text })).status).toBe(400);
  expect((await post(`/issues/${issue.id}/comments/no-id/delete`)).status).toBe(404);
  expect((await post(`${path}/delete`)).body).toEqual({ status: "ok", affected: 1 });
  expect((await post(path, { text: "again" })).status).toBe(404);
  expect((await activityOf(issue.id)).data).toEqual([]);
});

test("the activity is paged, newest first", async () => {
  const { issue } = await newIssue();
  for (const n of [1, 2, 3]) await post(`/issues/${issue.id}/comments`, { text: `comment ${n}` });
  const first = await server.get<ApiActivityPage>(`/api/v1/issues/${issue.id}/activity?limit=2`);
  expect(first.data.map(({ comment }) => comment)).toEqual(["comment 3", "comment 2"]);
  const cursor = new URLSearchParams({ cursor: first.next_cursor ?? "", cursor_id: first.next_cursor_id ?? "" });
  const second = await server.get<ApiActivityPage>(`/api/v1/issues/${issue.id}/activity?limit=2&${cursor.toString()}`);
  expect([second.data.map(({ comment }) => comment), second.has_more]).toEqual([["comment 1"], false]);
});
