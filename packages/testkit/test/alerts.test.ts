/** Alert rules and alerts, as people and programs use them. */
import type {
  ApiAlert,
  ApiAlertDetail,
  ApiAlertPreview,
  ApiAlertRule,
  ApiAlertTest,
  ApiAuditEntry,
  ApiError,
  ApiIssue,
  ApiJob,
  ApiNewDestination,
  ApiPage,
  ApiProject,
} from "@mesher/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newEventId, sendEvent } from "../src/send.ts";
import { StreamClient } from "../src/stream-client.ts";
import { waitUntil } from "../src/wait-until.ts";
import { type ApiClient, apiClient, insertToken } from "./api-client.ts";
import { startTestServer, type TestServer } from "./test-server.ts";

const MEMBER_TOKEN = "mshr_a_member_of_the_organization_000000";
const FOREIGN_TOKEN = "mshr_an_owner_of_another_organization_0";
const NEW_ISSUE = { condition_type: "new_issue" };

let testServer: TestServer;
let owner: ApiClient;
let member: ApiClient;
let foreigner: ApiClient;

beforeAll(async () => {
  testServer = await startTestServer();
  const { server, database } = testServer;
  await insertToken(database, { token: MEMBER_TOKEN, organization: "default", role: "member" });
  await insertToken(database, { token: FOREIGN_TOKEN, organization: "foreign", role: "owner" });
  owner = apiClient(server);
  member = apiClient(server, MEMBER_TOKEN);
  foreigner = apiClient(server, FOREIGN_TOKEN);
});
afterAll(() => testServer[Symbol.asyncDispose]());

/** A project of its own, since cooldowns and storms are those of projects. */
async function createProject(name: string) {
  const { body: project } = await owner<ApiProject>("POST", "projects", { name });
  const path = `projects/${project.id}`;
  return {
    project,
    path,
    addRule: async (rule: Record<string, unknown>) => {
      const { status, body } = await owner<ApiAlertRule>("POST", `${path}/alert-rules`, rule);
      expect(status).toBe(201);
      return body;
    },
    send: async (event: Record<string, unknown>) => {
      const response = await sendEvent(project.dsn, { event_id: newEventId(), ...event });
      expect(response.status).toBe(200);
    },
    alerts: async (query = "") => (await owner<ApiAlert[]>("GET", `${path}/alerts${query}`)).body,
    listen: () =>
      StreamClient.open(`${testServer.server.socketUrl}/stream/projects/${project.id}`, {
        authorization: `Bearer ${testServer.server.token}`,
      }),
  };
}

describe("[ALERT-01] rules", () => {
  test("are made with what is given and defaults for the rest, read, changed, switched and removed", async () => {
    const { path, project, addRule } = await createProject("Rules");
    const made = await addRule({ condition: { condition_type: "threshold", threshold: 100, window_minutes: 5 } });
    expect(made).toEqual({
      id: expect.any(String),
      project_id: project.id,
      name: "Unnamed Rule",
      condition: { condition_type: "threshold", threshold: 100, window_minutes: 5 },
      filters: {},
      action: { type: "websocket" },
      enabled: true,
      cooldown_minutes: 60,
      cooldown_scope: "rule",
      last_fired_at: null,
      silenced_until: null,
      open_alerts: 0,
      created_at: expect.any(String),
      updated_at: expect.any(String),
    });
    const off = await addRule({ name: "Off", condition: NEW_ISSUE, enabled: false, action: [{ type: "websocket" }] });
    expect(off.enabled).toBe(false);
    expect((await owner<ApiAlertRule[]>("GET", `${path}/alert-rules`)).body.map(({ id }) => id)).toEqual([
      made.id,
      off.id,
    ]);

    const filters = { level: ["fatal"], tags: { region: "eu" }, query: "checkout" };
    const changed = await owner<ApiAlertRule>("PATCH", `alert-rules/${made.id}`, { name: "Many", filters });
    expect(changed.body).toMatchObject({ name: "Many", filters, condition: made.condition, cooldown_minutes: 60 });
    expect(await owner("POST", `alert-rules/${made.id}`, { cooldown_minutes: 5 })).toMatchObject({
      status: 200,
      body: { status: "ok", affected: 1 },
    });
    const toggle = async (body: object) => (await owner("POST", `alert-rules/${off.id}/toggle`, body)).body;
    expect([await toggle({}), await toggle({ enabled: true }), await toggle({ enabled: false })]).toMatchObject([
      { affected: 1 },
      { affected: 0 },
      { affected: 1 },
    ]);
    expect((await owner<ApiAlertRule>("GET", `alert-rules/${made.id}`)).body).toMatchObject({ cooldown_minutes: 5 });
    expect((await owner("POST", `alert-rules/${off.id}/delete`)).body).toEqual({ status: "ok", affected: 1 });
    expect((await owner("GET", `alert-rules/${off.id}`)).status).toBe(404);

    const { body: audit } = await owner<ApiPage<ApiAuditEntry>>("GET", "audit?limit=100");
    const actions = audit.data.filter(({ target }) => target.id === off.id).map(({ action }) => action);
    expect(actions.toReversed()).toEqual([
      "alert_rule.created",
      "alert_rule.changed",
      "alert_rule.changed",
      "alert_rule.deleted",
    ]);
  });

  test.each([
    ["no condition", {}, "condition"],
    ["an unknown condition", { condition: { condition_type: "moon" } }, "condition"],
    ["no window", { condition: { condition_type: "threshold", threshold: 1 } }, "condition"],
    [
      "a window of no minute",
      { condition: { condition_type: "threshold", threshold: 1, window_minutes: 0 } },
      "condition.window_minutes",
    ],
    ["a search that is none", { condition: NEW_ISSUE, filters: { query: "(" } }, "filters.query"],
    ["an unknown level", { condition: NEW_ISSUE, filters: { level: ["loud"] } }, "filters.level.0"],
    ["an unknown action", { condition: NEW_ISSUE, action: { type: "webhook", url: "" } }, "action"],
    ["a cooldown of no minute", { condition: NEW_ISSUE, cooldown_minutes: 0 }, "cooldown_minutes"],
    [
      "a cooldown by issue without one",
      { condition: { condition_type: "threshold", threshold: 1, window_minutes: 1 }, cooldown_scope: "issue" },
      "cooldown_scope",
    ],
    [
      "somebody who is no member",
      { condition: NEW_ISSUE, action: { type: "people", who: { user_id: "2f6d9a0e-0000-4000-8000-000000000001" } } },
      "action",
    ],
    [
      "a destination that is none",
      {
        condition: NEW_ISSUE,
        action: [{ type: "destination", destination_id: "2f6d9a0e-0000-4000-8000-000000000001" }],
      },
      "action",
    ],
  ])("with %s are refused, and the field is named", async (_name, rule, path) => {
    const { status, body } = await owner<ApiError>("POST", "projects/default/alert-rules", rule);
    expect([status, body.code, body.details]).toEqual([400, "bad_request", [{ path, reason: expect.any(String) }]]);
  });

  test("that name somebody who has left, or a deleted destination, are changed all the same; nobody gone is named anew", async () => {
    const { addRule } = await createProject("Left behind");
    const person = { email: "leaver@example.com", display_name: "Lea", password: "correct horse battery" };
    const { body: made } = await owner<{ id: string; membership_id: string }>("POST", "users", person);
    const { body: destination } = await owner<ApiNewDestination>("POST", "orgs/default/destinations", {
      kind: "email",
      name: "Left behind",
      config: { to: ["ops@example.com"] },
    });
    const toDestination = { type: "destination", destination_id: destination.id };
    const toPerson = { type: "people", who: { user_id: made.id } };
    const rule = await addRule({ condition: NEW_ISSUE, action: [toDestination, toPerson] });
    const change = (more: object) => owner<ApiAlertRule & ApiError>("PATCH", `alert-rules/${rule.id}`, more);
    for (const path of [`members/${made.membership_id}/remove`, `destinations/${destination.id}/delete`])
      expect([path, (await owner("POST", `orgs/default/${path}`)).status]).toEqual([path, 200]);

    expect(await change({ name: "renamed" })).toMatchObject({ status: 200, body: { name: "renamed" } });
    expect(await change({ enabled: false })).toMatchObject({ status: 200, body: { enabled: false } });
    // As a form sends it, which knows the whole rule.
    const { name, condition, action } = rule;
    expect(await change({ name, condition, action })).toMatchObject({ status: 200, body: { name, action } });

    expect(await change({ action: toPerson })).toMatchObject({ status: 200, body: { action: toPerson } });
    expect(await change({ action: toDestination })).toMatchObject({
      status: 400,
      body: { details: [{ path: "action", reason: "names a destination that the organization does not have" }] },
    });
    expect((await change({ action: [] })).status).toBe(200);
    expect(await change({ action: toPerson })).toMatchObject({
      status: 400,
      body: { details: [{ path: "action", reason: "names somebody who is no member of the organization" }] },
    });
  });

  test("[C-131] of others do not exist, and members may only read, try out and silence them", async () => {
    const { path, addRule } = await createProject("Foreign to some");
    const rule = await addRule({ condition: NEW_ISSUE });
    const own = `alert-rules/${rule.id}`;
    for (const [method, to] of [
      ["GET", own],
      ["PATCH", own],
      ["POST", own],
      ["POST", `${own}/toggle`],
      ["POST", `${own}/delete`],
      ["POST", `${own}/test`],
      ["POST", `${own}/silence`],
    ] as const)
      expect([to, (await foreigner(method, to, method === "GET" ? undefined : { minutes: 1 })).status]).toEqual([
        to,
        404,
      ]);
    expect((await member("POST", `${path}/alert-rules`, { condition: NEW_ISSUE })).status).toBe(403);
    expect((await member("POST", `${own}/toggle`, {})).status).toBe(403);
    expect((await member("POST", `${path}/alert-rules/preview`, { condition: NEW_ISSUE })).status).toBe(200);
    expect((await member("POST", `${own}/silence`, { minutes: 5 })).body).toEqual({
      silenced_until: expect.any(String),
    });
    expect((await member("POST", `${own}/silence`, { minutes: 0 })).body).toEqual({ silenced_until: null });
  });
});

test("[ALERT-02] [C-06] [C-114] a threshold fires by itself within half a minute, and the job says so", async () => {
  const { addRule, send, alerts, path } = await createProject("Threshold");
  const rule = await addRule({
    name: "More than two",
    condition: { condition_type: "threshold", threshold: 2, window_minutes: 5 },
    filters: { level: ["fatal"] },
  });
  for (const level of ["fatal", "fatal", "fatal", "error"]) await send({ message: "Too often", level });
  const [alert] = await waitUntil("the alert", async () => {
    const fired = await alerts("?status=active");
    return fired.length > 0 && fired;
  });
  expect(alert).toMatchObject({
    rule_id: rule.id,
    rule_name: "More than two",
    status: "active",
    message: "Event count exceeded 2 in 5 minutes",
    condition_snapshot: { condition_type: "threshold", rule_name: "More than two", count: 3 },
    issue: null,
  });
  const { body: jobs } = await owner<{ data: ApiJob[] }>("GET", "jobs");
  expect(jobs.data.find(({ name }) => name === "alert-rules")).toMatchObject({
    every_seconds: 30,
    outcome: "succeeded",
    result: { rules: expect.any(Number), fired: expect.any(Number), blocked: expect.any(Number) },
  });
  const { body: preview } = await owner<ApiAlertPreview>("POST", `${path}/alert-rules/preview`, {
    condition: { condition_type: "issue_events", threshold: 2, window_minutes: 5 },
  });
  expect(preview).toMatchObject({ fired: 1, firings: [{ value: 3 }], is_complete: true });
});

test("[ALERT-03] [ALERT-04] [C-101] new issues, regressions and issues seen often fire as soon as their event is stored, and are heard once", async () => {
  const { path, addRule, send, alerts, listen } = await createProject("Happenings");
  const rules = new Map<string, string>();
  for (const condition of [
    NEW_ISSUE,
    { condition_type: "regression" },
    { condition_type: "issue_events", threshold: 2, window_minutes: 10 },
  ])
    rules.set(condition.condition_type, (await addRule({ name: condition.condition_type, condition })).id);
  await using client = await listen();
  const told = (condition: string) => client.next("alert", (alert) => alert.condition === condition);

  await send({ message: "Once" });
  const first = await told("new_issue");
  expect(first).toMatchObject({ rule_id: rules.get("new_issue"), rule_name: "new_issue" });
  const [issue] = (await owner<ApiPage<ApiIssue>>("GET", `${path}/issues`)).body.data;
  expect(first.message).toBe(`new_issue detected for issue ${issue?.id}`);

  await owner("POST", `issues/${issue?.id}/resolve`, {});
  await send({ message: "Once" });
  await told("regression");
  await send({ message: "Once" });
  await told("issue_events");
  await send({ message: "Once" });
  const history = await alerts();
  expect(history.map(({ rule_name, issue: about }) => [rule_name, about?.short_id])).toEqual(
    ["issue_events", "regression", "new_issue"].map((name) => [name, issue?.short_id]),
  );
  expect(client.all("alert")).toHaveLength(3);
  expect(await testServer.server.metric("mesher_alert_rules_evaluated_total")).toBeGreaterThanOrEqual(0);
});

test("[ALERT-05] a rule tells of one issue in its cooldown; a rule by issue of each, and silence of none", async () => {
  const { addRule, send, alerts, listen } = await createProject("Cooldowns");
  await addRule({ name: "by rule", condition: NEW_ISSUE });
  await addRule({
    name: "by issue",
    condition: NEW_ISSUE,
    cooldown_scope: "issue",
    filters: { environment: ["here"] },
  });
  const quiet = await addRule({ name: "silent", condition: NEW_ISSUE });
  await member("POST", `alert-rules/${quiet.id}/silence`, { minutes: 10 });
  await using client = await listen();
  for (const name of ["One", "Two", "Three"])
    await send({ exception: { values: [{ type: name, value: name }] }, environment: "here" });
  const namesOf = (fired: readonly { readonly rule_name: string }[]) => fired.map(({ rule_name }) => rule_name).sort();
  await waitUntil("all alerts", async () => (await alerts()).length >= 5);
  expect(namesOf(await alerts())).toEqual(["by issue", "by issue", "by issue", "by rule", "silent"]);
  await client.next("alert", ({ rule_name }) => rule_name === "by rule");
  await waitUntil("the stream", async () => client.all("alert").length >= 4);
  expect(namesOf(client.all("alert"))).toEqual(["by issue", "by issue", "by issue", "by rule"]);
  expect((await alerts()).find(({ silenced }) => silenced)).toMatchObject({ rule_name: "silent" });
});

describe("[ALERT-06] an alert", () => {
  test("is acknowledged, then resolved; what is illegal is 409, what is unknown 404, and the timeline says who did it", async () => {
    const { addRule, send, alerts } = await createProject("Lives");
    await addRule({ condition: NEW_ISSUE });
    await send({ message: "Alive" });
    const alert = await waitUntil("the alert", async () => (await alerts())[0]);
    const act = async (client: ApiClient, what: string, id = alert.id) => {
      const { status, body } = await client<{ affected?: number; code?: string }>("POST", `alerts/${id}/${what}`);
      return [status, body.code ?? body.affected];
    };
    expect(await act(foreigner, "acknowledge")).toEqual([404, "not_found"]);
    expect(await act(owner, "acknowledge", "2f6d9a0e-0000-4000-8000-000000000000")).toEqual([404, "not_found"]);
    expect(await act(owner, "resolve", "nonsense")).toEqual([404, "not_found"]);
    expect(await act(member, "acknowledge")).toEqual([200, 1]);
    expect(await act(owner, "acknowledge")).toEqual([409, "illegal_transition"]);
    expect(await act(owner, "resolve")).toEqual([200, 1]);
    for (const again of ["acknowledge", "resolve"])
      expect(await act(owner, again)).toEqual([409, "illegal_transition"]);

    const { body } = await owner<ApiAlertDetail>("GET", `alerts/${alert.id}`);
    expect(body).toMatchObject({
      status: "resolved",
      acknowledged_at: expect.any(String),
      resolved_at: expect.any(String),
      timeline: [
        { kind: "fired", actor: { kind: "system" } },
        { kind: "acknowledged", actor: { kind: "token", name: "test" } },
        { kind: "resolved", actor: { kind: "token" } },
      ],
    });
  });

  test("resolved by two at once is resolved by one of them", async () => {
    const { addRule, send, alerts } = await createProject("Two at once");
    await addRule({ condition: NEW_ISSUE });
    await send({ message: "Alive" });
    const alert = await waitUntil("the alert", async () => (await alerts())[0]);
    const answers = await Promise.all([owner, member].map((client) => client("POST", `alerts/${alert.id}/resolve`)));
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 409]);
  });
});

test("a rule that is tried tells at once, and changes neither its cooldown nor what is open", async () => {
  const { addRule, listen, alerts } = await createProject("Trials");
  const rule = await addRule({ name: "Tried", condition: NEW_ISSUE });
  await using client = await listen();
  const { body } = await owner<ApiAlertTest>("POST", `alert-rules/${rule.id}/test`);
  expect(await client.next("alert")).toMatchObject({
    alert_id: body.alert_id,
    message: expect.stringContaining("Test of Tried"),
  });
  expect(await alerts()).toMatchObject([{ id: body.alert_id, kind: "test", status: "resolved" }]);
  expect((await owner<ApiAlertRule>("GET", `alert-rules/${rule.id}`)).body).toMatchObject({
    last_fired_at: null,
    open_alerts: 0,
  });
});

test("the history comes in pages without gap or repetition, by status, rule and issue", async () => {
  const { path, addRule, send, alerts } = await createProject("History");
  const one = await addRule({ name: "one", condition: NEW_ISSUE, cooldown_scope: "issue" });
  const two = await addRule({ name: "two", condition: NEW_ISSUE, cooldown_scope: "issue" });
  for (const name of ["A", "B", "C"]) await send({ exception: { values: [{ type: name, value: name }] } });
  const all = await waitUntil("six alerts", async () => {
    const fired = await alerts();
    return fired.length === 6 && fired;
  });

  const seen: string[] = [];
  let query = "limit=4";
  for (;;) {
    const { body } = await owner<ApiPage<ApiAlert>>("GET", `${path}/alerts/history?${query}`);
    seen.push(...body.data.map(({ id }) => id));
    if (!body.has_more) break;
    const { next_cursor: cursor = "", next_cursor_id: cursorId = "" } = body;
    query = new URLSearchParams({ limit: "4", cursor, cursor_id: cursorId }).toString();
  }
  expect(seen).toEqual(all.map(({ id }) => id));

  await owner("POST", `alerts/${all[0]?.id}/resolve`);
  const count = async (filter: string) =>
    (await owner<ApiPage<ApiAlert>>("GET", `${path}/alerts/history?${filter}`)).body.data.length;
  expect([
    await count("status=resolved"),
    await count("status=active"),
    await count(`rule=${one.id}`),
    await count(`rule=${two.id}&issue=${all[0]?.issue?.id}`),
  ]).toEqual([1, 5, 3, 1]);
});
