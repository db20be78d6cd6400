import { randomUUID } from "node:crypto";
import type {
  ApiAlertRule,
  ApiAuditEntry,
  ApiIssue,
  ApiLogin,
  ApiMember,
  ApiNewInvitation,
  ApiNewToken,
  ApiPage,
  ApiPasskey,
  ApiProjectDetail,
  ApiProjectKey,
  ApiSavedSearch,
} from "@mesher/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newEventId, sendEvent } from "../src/send.ts";
import { waitUntil } from "../src/wait-until.ts";
import { type ApiClient, apiClient } from "./api-client.ts";
import { type Challenge, TestAuthenticator } from "./test-authenticator.ts";
import { TestPerson, tokenIn } from "./test-person.ts";
import { startTestServer, type TestServer } from "./test-server.ts";
import { codeOf } from "./totp.ts";

const EMAIL = "owner@example.com";
const PASSWORD = "correct horse battery";

let world: TestServer;
let operator: ApiClient;
let owner: TestPerson;
let member: TestPerson;
let totpUri = "";
/** Made on the way, for the steps behind. */
const made: Record<string, string> = {};

beforeAll(async () => {
  world = await startTestServer({ MESHER_ADMIN_EMAIL: EMAIL, MESHER_ADMIN_PASSWORD: PASSWORD });
  operator = apiClient(world.server);
  owner = new TestPerson(world.server.url);
  member = new TestPerson(world.server.url);
  await owner.signIn(EMAIL, PASSWORD);
  for (const message of ["one", "two", "three"]) await sendEvent(world.server.dsn, { event_id: newEventId(), message });
  const issues = await waitUntil("three issues", async () => {
    const { body } = await owner.get<ApiPage<ApiIssue>>("/api/v1/projects/default/issues");
    return body.data.length === 3 ? body.data : undefined;
  });
  for (const [n, { id }] of issues.entries()) made[`issue${n}`] = id;
});
afterAll(() => world[Symbol.asyncDispose]());

interface Answered {
  readonly status: number;
}

const keep = async <T>(name: string, answer: Promise<{ status: number; body: T }>, pick: (body: T) => string) => {
  const { status, body } = await answer;
  if (status < 300) made[name] = pick(body);
  return { status };
};
const issue = (n: number, path: string, body?: unknown) =>
  owner.post(`/api/v1/issues/${made[`issue${n}`]}/${path}`, body);
const onDefault = (path: string) => `/api/v1/projects/default/${path}`;
const DESTINATIONS = "/api/v1/orgs/default/destinations";
const memberId = async () => {
  const { body } = await owner.get<ApiMember[]>("/api/v1/orgs/default/members");
  return body.find(({ email }) => email === "member@example.com")?.id;
};

/** Each does once what the route is for. In this order: later ones need what earlier ones made. */
const STEPS: Readonly<Record<string, () => Promise<Answered>>> = {
  "PATCH /api/v1/me": () => owner.patch("/api/v1/me", { display_name: "Olga Owner" }),
  "POST /api/v1/auth/passkey/verify-registration": async () => {
    const { body } = await owner.get<Challenge>("/api/v1/auth/passkey/generate-register-options");
    const response = new TestAuthenticator(owner.origin ?? "").register(body);
    return owner.post("/api/v1/auth/passkey/verify-registration", { name: "laptop", response });
  },
  "PATCH /api/v1/me/passkeys/{passkey}": async () => {
    const { body } = await owner.get<ApiPasskey[]>("/api/v1/me/passkeys");
    made["passkey"] = body[0]?.id ?? "";
    return owner.patch(`/api/v1/me/passkeys/${made["passkey"]}`, { name: "key ring" });
  },
  "POST /api/v1/me/passkeys/{passkey}/remove": () => owner.post(`/api/v1/me/passkeys/${made["passkey"]}/remove`),
  "POST /api/v1/me/tokens": () =>
    keep(
      "own token",
      owner.post<ApiNewToken>("/api/v1/me/tokens", { label: "mine", scopes: ["event:read"] }),
      (b) => b.id,
    ),
  "POST /api/v1/me/tokens/{token}/revoke": () => owner.post(`/api/v1/me/tokens/${made["own token"]}/revoke`),
  "POST /api/v1/orgs/{org}/tokens": () =>
    keep(
      "token",
      owner.post<ApiNewToken>("/api/v1/orgs/default/tokens", { label: "ours", scopes: ["event:read"] }),
      (b) => b.id,
    ),
  "POST /api/v1/orgs/{org}/tokens/{token}/revoke": () =>
    owner.post(`/api/v1/orgs/default/tokens/${made["token"]}/revoke`),
  "POST /api/v1/orgs/{org}/rename": () => owner.post("/api/v1/orgs/default/rename", { name: "Ours" }),
  "POST /api/v1/orgs/{org}/invitations": () =>
    keep(
      "invitation",
      owner.post<ApiNewInvitation>("/api/v1/orgs/default/invitations", { email: "late@example.com" }),
      (b) => b.id,
    ),
  "POST /api/v1/orgs/{org}/invitations/{invitation}/revoke": () =>
    owner.post(`/api/v1/orgs/default/invitations/${made["invitation"]}/revoke`),
  "POST /api/v1/invitations/accept": async () => {
    const { body } = await owner.post<ApiNewInvitation>("/api/v1/orgs/default/invitations", {
      email: "member@example.com",
    });
    const token = tokenIn(body.link);
    return member.post("/api/v1/invitations/accept", { token, display_name: "Member", password: PASSWORD });
  },
  "POST /api/v1/orgs/{org}/members/{membership}/role": async () =>
    owner.post(`/api/v1/orgs/default/members/${await memberId()}/role`, { role: "admin" }),
  "POST /api/v1/orgs/{org}/members/{membership}/reset-link": async () =>
    keep(
      "reset link",
      owner.post<{ link: string }>(`/api/v1/orgs/default/members/${await memberId()}/reset-link`),
      (b) => b.link,
    ),
  "POST /api/v1/password-resets/use": () =>
    member.post("/api/v1/password-resets/use", { token: tokenIn(made["reset link"] ?? ""), password: PASSWORD }),
  "POST /api/v1/users/reset-link": () => operator("POST", "users/reset-link", { email: "member@example.com" }),
  "POST /api/v1/me/logins/{login}/end": async () => {
    await member.signIn("member@example.com", PASSWORD);
    const { body } = await member.get<ApiLogin[]>("/api/v1/me/logins");
    return member.post(`/api/v1/me/logins/${body[0]?.id}/end`);
  },
  "POST /api/v1/me/logins/end": async () => {
    await member.signIn("member@example.com", PASSWORD);
    return member.post("/api/v1/me/logins/end");
  },
  "POST /api/v1/orgs/{org}/members/{membership}/remove": async () =>
    owner.post(`/api/v1/orgs/default/members/${await memberId()}/remove`),
  "POST /api/v1/users": () =>
    keep(
      "user",
      operator<{ id: string; membership_id: string }>("POST", "users", {
        email: "made@example.com",
        display_name: "Made",
        password: PASSWORD,
      }),
      (b) => {
        made["made membership"] = b.membership_id;
        return b.id;
      },
    ),
  "POST /api/v1/orgs/{org}/members": async () => {
    await owner.post(`/api/v1/orgs/default/members/${made["made membership"]}/remove`);
    return operator("POST", "orgs/default/members", { user_id: made["user"] });
  },
  "POST /api/v1/teams": () => owner.post("/api/v1/teams", { name: "Back end" }),
  "PATCH /api/v1/teams/{team}": () => owner.patch("/api/v1/teams/back-end", { name: "The back end" }),
  "POST /api/v1/teams/{team}/members": () => owner.post("/api/v1/teams/back-end/members", { user_id: made["user"] }),
  "POST /api/v1/teams/{team}/members/{user}/remove": () =>
    owner.post(`/api/v1/teams/back-end/members/${made["user"]}/remove`),
  "POST /api/v1/teams/{team}/projects": () => owner.post("/api/v1/teams/back-end/projects", { project: "default" }),
  "POST /api/v1/teams/{team}/projects/{project}/remove": () =>
    owner.post("/api/v1/teams/back-end/projects/default/remove"),
  "POST /api/v1/teams/{team}/delete": () => owner.post("/api/v1/teams/back-end/delete"),
  "POST /api/v1/projects": () =>
    keep("project", owner.post<ApiProjectDetail>("/api/v1/projects", { name: "Shop" }), (b) => b.slug),
  "PATCH /api/v1/projects/{project}": () => owner.patch("/api/v1/projects/shop", { platform: "node" }),
  "POST /api/v1/projects/{project}/delete": () => owner.post("/api/v1/projects/shop/delete", { slug: "shop" }),
  "POST /api/v1/projects/{project}/api-keys": () =>
    keep("key", owner.post<ApiProjectKey>(onDefault("api-keys"), { label: "second" }), (b) => b.id),
  "PATCH /api/v1/api-keys/{key}": () => owner.patch(`/api/v1/api-keys/${made["key"]}`, { rate_limit_events: 5 }),
  "POST /api/v1/api-keys/{key}/revoke": () => owner.post(`/api/v1/api-keys/${made["key"]}/revoke`),
  "PATCH /api/v1/projects/{project}/settings": () =>
    owner.patch(onDefault("settings"), { filters: { localhost: true }, scrubbing: { fields: ["pin code"] } }),
  "POST /api/v1/projects/{project}/settings": () => owner.post(onDefault("settings"), { retention_days: 30 }),
  "POST /api/v1/projects/{project}/quarantine/retry": () => owner.post(onDefault("quarantine/retry")),
  "POST /api/v1/issues/{issue}/silence-alerts": () => issue(0, "silence-alerts", { minutes: 5 }),
  "POST /api/v1/issues/{issue}/discard": () => issue(0, "discard"),
  "POST /api/v1/issues/{issue}/undiscard": () => issue(0, "undiscard"),
  "POST /api/v1/projects/{project}/issues/bulk": () =>
    owner.post(onDefault("issues/bulk"), { do: "resolve", ids: [made["issue0"], made["issue1"]] }),
  "POST /api/v1/issues/{issue}/merge": () => issue(0, "merge", { ids: [made["issue1"]] }),
  "POST /api/v1/issues/{issue}/unmerge": async () => {
    const { rows } = await world.database.query<{ fingerprint: string }>({
      text: "select replace(fingerprint::text, '-', '') as fingerprint from issue_fingerprints where merged_from = $1",
      values: [made["issue1"]],
    });
    return issue(0, "unmerge", { fingerprints: [rows[0]?.fingerprint] });
  },
  "POST /api/v1/issues/{issue}/delete": () => issue(2, "delete"),
  "POST /api/v1/saved-searches": () =>
    keep(
      "search",
      owner.post<ApiSavedSearch>("/api/v1/saved-searches", {
        name: "All",
        query: "is:unresolved",
        visibility: "organization",
      }),
      (b) => b.id,
    ),
  "POST /api/v1/saved-searches/{search}": () =>
    owner.post(`/api/v1/saved-searches/${made["search"]}`, { name: "All of them" }),
  "POST /api/v1/saved-searches/{search}/delete": () => owner.post(`/api/v1/saved-searches/${made["search"]}/delete`),
  "POST /api/v1/projects/{project}/alert-rules": () =>
    keep(
      "rule",
      owner.post<ApiAlertRule>(onDefault("alert-rules"), { condition: { condition_type: "new_issue" } }),
      (b) => b.id,
    ),
  "PATCH /api/v1/alert-rules/{rule}": () => owner.patch(`/api/v1/alert-rules/${made["rule"]}`, { name: "New ones" }),
  "POST /api/v1/alert-rules/{rule}": () => owner.post(`/api/v1/alert-rules/${made["rule"]}`, { cooldown_minutes: 5 }),
  "POST /api/v1/alert-rules/{rule}/toggle": () =>
    owner.post(`/api/v1/alert-rules/${made["rule"]}/toggle`, { enabled: false }),
  "POST /api/v1/alert-rules/{rule}/silence": () =>
    owner.post(`/api/v1/alert-rules/${made["rule"]}/silence`, { minutes: 5 }),
  "POST /api/v1/alert-rules/{rule}/test": () => owner.post(`/api/v1/alert-rules/${made["rule"]}/test`),
  "POST /api/v1/alert-rules/{rule}/delete": () => owner.post(`/api/v1/alert-rules/${made["rule"]}/delete`),
  "POST /api/v1/orgs/{org}/destinations": () =>
    keep(
      "destination",
      owner.post<{ id: string }>(DESTINATIONS, {
        kind: "webhook",
        name: "Hook",
        config: { url: "https://hooks.example.com/x" },
      }),
      (b) => b.id,
    ),
  "PATCH /api/v1/orgs/{org}/destinations/{destination}": () =>
    owner.patch(`${DESTINATIONS}/${made["destination"]}`, { name: "The hook", is_enabled: false }),
  "POST /api/v1/orgs/{org}/destinations/{destination}/rotate-secret": () =>
    owner.post(`${DESTINATIONS}/${made["destination"]}/rotate-secret`),
  "POST /api/v1/orgs/{org}/destinations/{destination}/test": () =>
    keep(
      "delivery",
      owner.post<{ delivery_id: string }>(`${DESTINATIONS}/${made["destination"]}/test`),
      (b) => b.delivery_id,
    ),
  "POST /api/v1/orgs/{org}/deliveries/{delivery}/resend": async () => {
    // Given up, as it is after a day of trying.
    await world.database.query({
      text: "update deliveries set status = 'dead', lease_until = null, finished_at = now() where id = $1",
      values: [made["delivery"]],
    });
    return owner.post(`/api/v1/orgs/default/deliveries/${made["delivery"]}/resend`);
  },
  "POST /api/v1/orgs/{org}/destinations/{destination}/delete": () =>
    owner.post(`${DESTINATIONS}/${made["destination"]}/delete`),
  "POST /api/v1/auth/two-factor/verify-totp": async () => {
    const { body } = await owner.post<{ totpURI: string }>("/api/v1/auth/two-factor/enable", { password: PASSWORD });
    totpUri = body.totpURI;
    return owner.post("/api/v1/auth/two-factor/verify-totp", { code: codeOf(totpUri) });
  },
  "POST /api/v1/auth/two-factor/generate-backup-codes": () =>
    owner.post("/api/v1/auth/two-factor/generate-backup-codes", { password: PASSWORD }),
  "POST /api/v1/auth/two-factor/disable": () => owner.post("/api/v1/auth/two-factor/disable", { password: PASSWORD }),
  "POST /api/v1/auth/change-password": () =>
    owner.post("/api/v1/auth/change-password", { currentPassword: PASSWORD, newPassword: "another horse battery" }),
  "POST /api/v1/orgs": () => owner.post("/api/v1/orgs", { name: "Other", slug: "other" }),
};

test("whatever the description says is audited has its line, with who did it and to what", async () => {
  const { body } = await owner.get<{ paths: Record<string, Record<string, { "x-audit"?: string }>> }>(
    "/api/openapi.json",
  );
  const { paths } = body;
  const audited = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) =>
      operation["x-audit"] === undefined ? [] : [[`${method.toUpperCase()} ${path}`, operation["x-audit"]] as const],
    ),
  );
  expect(Object.keys(STEPS).toSorted()).toEqual(audited.map(([name]) => name).toSorted());
  const actions = new Map<string, string>(audited);

  for (const [name, run] of Object.entries(STEPS)) {
    const before = new Set((await newestEntries()).map(({ id }) => id));
    const { status } = await run();
    expect([name, status < 300 ? "done" : status]).toEqual([name, "done"]);
    const fresh = (await newestEntries()).filter(({ id }) => !before.has(id));
    const line = fresh.find(({ action }) => action === actions.get(name));
    expect([name, fresh.map(({ action }) => action), line]).toEqual([
      name,
      expect.anything(),
      expect.objectContaining({ target: { kind: expect.any(String), id: expect.any(String) } }),
    ]);
    expect([name, line?.actor.kind, (line?.actor.name ?? "") !== ""]).toEqual([
      name,
      name.includes("/users") || name === "POST /api/v1/orgs/{org}/members" ? "token" : "person",
      true,
    ]);
    for (const secret of [PASSWORD, "another horse battery"])
      expect([name, JSON.stringify(fresh).includes(secret)]).toEqual([name, false]);
  }
});

test("a line says what a setting was and is; what changes nothing has none", async () => {
  const settings = (await entriesOf("project.settings_changed")).find(({ details }) => "filters.localhost" in details);
  expect(settings?.details).toEqual({
    "filters.localhost": { from: false, to: true },
    "scrubbing.fields": { from: [], to: ["pin code"] },
  });
  const before = (await newestEntries()).length;
  expect((await owner.patch(onDefault("settings"), { retention_days: 30 })).status).toBe(200);
  expect((await owner.patch("/api/v1/projects/default", { name: "Default" })).status).toBe(200);
  expect((await newestEntries()).length).toBe(before);
});

test("the log is asked by who, what, what for, project and time, and all pages of an answer keep to it", async () => {
  const all = await listed("");
  const { body: projects } = await owner.get<ApiProjectDetail[]>("/api/v1/projects");
  const { id: projectId } = projects.find(({ slug }) => slug === "default") as ApiProjectDetail;
  const middle = all[Math.floor(all.length / 2)] as ApiAuditEntry;
  const key = all.find(({ action }) => action === "project_key.created") as ApiAuditEntry;

  const filters: readonly [string, (entry: ApiAuditEntry) => boolean][] = [
    ["actor=OWNER%40", ({ actor }) => actor.name.includes("owner@")],
    [`actor=${key.actor.id}`, ({ actor }) => actor.id === key.actor.id],
    ["action=project.", ({ action }) => action.startsWith("project.")],
    ["action=project_key.created", ({ action }) => action === "project_key.created"],
    ["target_kind=issue", ({ target }) => target.kind === "issue"],
    [`target_kind=project_key&target_id=${key.target.id}`, ({ target }) => target.id === key.target.id],
    ["project=default", ({ project_id }) => project_id === projectId],
    [
      `project=${projectId}&action=alert_rule.`,
      (e) => e.project_id === projectId && e.action.startsWith("alert_rule."),
    ],
    [`from=${middle.created_at}`, ({ created_at }) => created_at >= middle.created_at],
    [`to=${middle.created_at}`, ({ created_at }) => created_at < middle.created_at],
  ];
  for (const [query, matches] of filters) {
    const expected = all.filter(matches).map(({ id }) => id);
    expect([query, expected.length > 0 && expected.length < all.length]).toEqual([query, true]);
    expect([query, (await listed(`&${query}`)).map(({ id }) => id)]).toEqual([query, expected]);
  }
  // Of a project that is gone, by its id: its end is told, too.
  const gone = all.find(({ action }) => action === "project.deleted");
  expect((await listed(`&project=${gone?.target.id}`)).map(({ action }) => action)).toContain("project.deleted");
  expect(await listed(`&project=${randomUUID()}`)).toEqual([]);
  for (const query of ["action=%25", "project=nobody", "from=yesterday", "from=2031-01-02&to=2031-01-01"])
    expect([query, [400, 404].includes((await owner.get(`/api/v1/audit?${query}`)).status)]).toEqual([query, true]);
});

test("the log is downloaded whole or filtered, as CSV and as NDJSON, and by nobody who may not read it", async () => {
  const all = await listed("");
  const ndjson = await download("format=ndjson");
  expect(ndjson.headers.get("content-disposition")).toBe('attachment; filename="mesher-audit-log.ndjson"');
  const lines = (await ndjson.text()).trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(all);

  const csv = await (await download("action=project.")).text();
  const [header, ...rows] = csv.trimEnd().split("\r\n");
  expect(header).toMatch(/^created_at,actor_kind,actor_name,/);
  expect(rows).toHaveLength(all.filter(({ action }) => action.startsWith("project.")).length);

  expect((await download("format=xlsx")).status).toBe(400);
  expect((await fetch(`${world.server.url}/api/v1/audit/download`)).status).toBe(401);
});

function download(query: string): Promise<Response> {
  const headers = { authorization: `Bearer ${world.server.token}` };
  return fetch(`${world.server.url}/api/v1/audit/download?${query}`, { headers });
}

/** Through pages of a few. */
async function listed(query: string): Promise<ApiAuditEntry[]> {
  const entries: ApiAuditEntry[] = [];
  for (let cursor = ""; ; ) {
    const { status, body } = await operator<ApiPage<ApiAuditEntry>>("GET", `audit?limit=20${query}${cursor}`);
    expect([query, status]).toEqual([query, 200]);
    entries.push(...body.data);
    if (!body.has_more) return entries;
    cursor = `&cursor=${encodeURIComponent(body.next_cursor ?? "")}&cursor_id=${body.next_cursor_id}`;
  }
}

/** All of them, of every organization: the test's own make fewer than this. */
const ENTRIES_MAX = 1_000;

async function newestEntries(): Promise<ApiAuditEntry[]> {
  const { rows } = await world.database.query<ApiAuditEntry & { actor_kind: "person"; actor_name: string }>({
    text: `
      select id, action, json_build_object('kind', actor_kind, 'id', actor_id, 'name', actor_name) as actor,
        json_build_object('kind', target_kind, 'id', target_id) as target, details
      from audit_log order by created_at desc limit ${ENTRIES_MAX}`,
  });
  return rows;
}

async function entriesOf(action: string): Promise<ApiAuditEntry[]> {
  const { body } = await operator<ApiPage<ApiAuditEntry>>("GET", "audit?limit=100");
  return body.data.filter((entry) => entry.action === action);
}
