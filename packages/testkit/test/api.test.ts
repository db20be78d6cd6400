import type { ApiEventDetail, ApiEventSummary, ApiIssue, ApiIssueDetail, ApiPage, ApiProject } from "@mesher/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { endpointOf, newEventId, sendEvent } from "../src/send.ts";
import { ServerProcess } from "../src/server-process.ts";
import { waitUntil } from "../src/wait-until.ts";
import { startTestServer, type TestServer } from "./test-server.ts";

let started: TestServer;
let server: ServerProcess;
const ISSUES = 30;
const nameOf = (n: number) =>
  `Problem ${String.fromCharCode(97 + (n % 26))}${String.fromCharCode(97 + Math.floor(n / 26))}`;

beforeAll(async () => {
  started = await startTestServer();
  server = started.server;
  for (let n = 0; n < ISSUES; n += 1) {
    await sendEvent(server.dsn, {
      event_id: newEventId(),
      message: nameOf(n),
      level: n % 3 === 0 ? "fatal" : "warning",
    });
  }
  await waitUntil("all issues", async () => (await list()).data.length === ISSUES);
});
afterAll(() => started[Symbol.asyncDispose]());

const list = (query = "limit=100") => server.get<ApiPage<ApiIssue>>(`/api/v1/projects/default/issues?${query}`);
const raw = (path: string, headers: Record<string, string> = { authorization: `Bearer ${server.token}` }) =>
  fetch(`${server.url}${path}`, { headers });

test("every route but health and metrics wants a token, and a wrong one is as good as none", async () => {
  const paths = [
    "/api/v1/projects",
    "/api/v1/projects/default/issues",
    "/api/v1/projects/default/outcomes",
    "/api/v1/projects/default/quarantine",
    "/api/v1/issues/2f6d9a0e-0000-4000-8000-000000000000",
    "/api/v1/issues/2f6d9a0e-0000-4000-8000-000000000000/events",
    "/api/v1/events/00000000000000000000000000000001",
    "/api/v1/events/00000000000000000000000000000001/payload",
  ];
  for (const path of paths) {
    for (const headers of [
      { authorization: "" },
      { authorization: "Bearer mshr_wrong" },
      { authorization: `Basic ${server.token}` },
    ]) {
      const response = await raw(path, headers);
      expect([path, response.status]).toEqual([path, 401]);
      expect(await response.json()).toMatchObject({ code: "unauthorized", error: expect.any(String) });
    }
  }
  for (const path of ["/healthz", "/readyz", "/metrics"]) expect((await raw(path, {})).status).toBe(200);
});

test("a body that is too long, or of a type that is not read, is refused with a code of its own", async () => {
  const post = (type: string, body: string) =>
    fetch(`${server.url}/api/v1/saved-searches`, {
      method: "POST",
      headers: { authorization: `Bearer ${server.token}`, "content-type": type },
      body,
    });
  const tooLong = await post("application/json", JSON.stringify({ name: "x".repeat(2 * 1024 ** 2) }));
  expect([tooLong.status, await tooLong.json()]).toEqual([413, expect.objectContaining({ code: "too_large" })]);
  const unread = await post("application/xml", "<name/>");
  expect([unread.status, await unread.json()]).toEqual([
    415,
    expect.objectContaining({ code: "unsupported_media_type" }),
  ]);
});

test("a project is found by slug, id and number, and shows the DSN that SDKs use", async () => {
  const [project] = await server.get<ApiProject[]>("/api/v1/projects");
  expect(project).toMatchObject({ slug: "default", name: "Default", dsn: server.dsn });
  expect(project?.dsn).toMatch(/^http:\/\/mshr_[0-9a-f]{48}@localhost:\d+\/\d+$/);
  for (const key of [project?.id, project?.slug, project?.number]) {
    expect((await server.get<ApiPage<ApiIssue>>(`/api/v1/projects/${key}/issues`)).data).toHaveLength(25);
  }
});

test("a method that an address does not take is 405, and the answer names those that it takes", async () => {
  for (const [method, path, allow] of [
    ["DELETE", "/api/v1/projects/default", "GET, HEAD, PATCH"],
    ["PUT", "/api/v1/projects?x=1", "GET, HEAD, POST"],
    ["GET", "/api/v1/projects/default/delete", "POST"],
    ["POST", "/healthz", "GET, HEAD"],
  ] as const) {
    const response = await fetch(`${server.url}${path}`, { method });
    expect([path, response.status, response.headers.get("allow")]).toEqual([path, 405, allow]);
    expect(await response.json()).toMatchObject({ code: "method_not_allowed" });
  }
  expect((await fetch(`${server.url}/api/v1/nothing`, { method: "DELETE" })).status).toBe(404);
});

test("[C-135] what does not exist, or is no id at all, is 404 and never 500", async () => {
  const paths = [
    "/api/v1/projects/nobody/issues",
    "/api/v1/projects/'%20or%201=1/issues",
    "/api/v1/issues/1",
    "/api/v1/issues/2f6d9a0e-0000-4000-8000-000000000000",
    "/api/v1/issues/2f6d9a0e-0000-4000-8000-000000000000/events",
    "/api/v1/events/nothing",
    "/api/v1/events/00000000000000000000000000000001",
    "/api/v1/nothing",
  ];
  for (const path of paths) {
    const response = await raw(path);
    expect([path, response.status]).toEqual([path, 404]);
    expect(await response.json()).toMatchObject({ code: "not_found" });
  }
});

test("bad parameters are 400 with a sentence; a limit over the greatest is the greatest", async () => {
  for (const query of [
    "limit=x",
    "limit=0",
    "limit=-1",
    "status=gone",
    "level=loud",
    "cursor=2020-01-01",
    "cursor=x&cursor_id=y",
    "cursor_id=1",
  ]) {
    const response = await raw(`/api/v1/projects/default/issues?${query}`);
    expect([query, response.status]).toEqual([query, 400]);
    expect(await response.json()).toMatchObject({ code: "bad_request", error: expect.stringMatching(/\w+ /) });
  }
  expect((await list("limit=100000")).data).toHaveLength(ISSUES);
});

test("pages follow each other without gap or repetition, and the last one says so", async () => {
  const seen: string[] = [];
  let cursor = "";
  for (;;) {
    const page = await list(`limit=10${cursor}`);
    seen.push(...page.data.map(({ id }) => id));
    if (!page.has_more) {
      expect(page).not.toHaveProperty("next_cursor");
      break;
    }
    cursor = `&cursor=${encodeURIComponent(page.next_cursor ?? "")}&cursor_id=${page.next_cursor_id}`;
  }
  expect(seen).toHaveLength(ISSUES);
  expect(new Set(seen).size).toBe(ISSUES);
  expect((await list(`limit=${ISSUES}`)).has_more).toBe(false);
});

test("issues are filtered by level and status", async () => {
  const fatal = await list("level=fatal&limit=100");
  expect(fatal.data.map(({ level }) => level)).toEqual(Array.from({ length: 10 }, () => "fatal"));
  expect((await list("status=resolved")).data).toEqual([]);
});

test("an issue counts its events and shows the last 24 hours; its events lead to each other", async () => {
  const ids = [newEventId(), newEventId(), newEventId()];
  for (const event_id of ids) {
    const response = await sendEvent(server.dsn, {
      event_id,
      message: "Walk through the neighbours",
      tags: { step: event_id },
    });
    expect(await response.json()).toEqual({ id: event_id });
  }
  const issue = await waitUntil("three events in the issue", async () =>
    (await list()).data.find(({ title, event_count }) => title === "Walk through the neighbours" && event_count === 3),
  );
  expect(issue.short_id).toMatch(/^DEFAULT-\d+$/);

  const detail = await server.get<ApiIssueDetail>(`/api/v1/issues/${issue.id}`);
  expect(detail.volume).toHaveLength(24);
  // An hour may have ended between them.
  expect(detail.volume.slice(-2).reduce((sum, { count }) => sum + count, 0)).toBe(3);
  expect(detail.grouping).toMatchObject({ version: 1, strategy: "message" });

  const page = await server.get<ApiPage<ApiEventSummary>>(`/api/v1/issues/${issue.id}/events?limit=2`);
  expect(page.has_more).toBe(true);
  expect(detail.latest_event_id).toBe(page.data[0]?.id);

  const walk: string[] = [];
  for (let id: string | null = detail.latest_event_id; id !== null; ) {
    const found: ApiEventDetail = await server.get<ApiEventDetail>(`/api/v1/events/${id}`);
    expect(found.navigation).toMatchObject({ latest_id: detail.latest_event_id });
    walk.push(found.event.id);
    id = found.navigation.prev_id;
    if (id === null) expect(found.navigation.first_id).toBe(found.event.id);
  }
  expect(walk).toHaveLength(3);
  expect(new Set(walk)).toEqual(new Set(ids));
});

test("[C-113] an event of another project of the organization is found, and one of another organization does not exist", async () => {
  const event_id = newEventId();
  await sendEvent(server.dsn, { event_id, message: nameOf(0) });
  await waitUntil("the event", async () => (await raw(`/api/v1/events/${event_id}`)).ok);
  const { rows } = await started.database.query<{ id: string }>({
    text: "insert into organizations (slug, name) values ('other', 'Other') returning id",
  });
  await started.database.query({
    text: "insert into api_tokens (organization_id, token_sha256, label, role) values ($1, sha256('mshr_token_of_the_others'), 'x', 'owner')",
    values: [rows[0]?.id],
  });
  const others = { authorization: "Bearer mshr_token_of_the_others" };
  expect(await (await raw("/api/v1/projects", others)).json()).toEqual([]);
  const issueId = (await list()).data[0]?.id;
  for (const path of [
    `/api/v1/events/${event_id}`,
    `/api/v1/issues/${issueId}`,
    `/api/v1/issues/${issueId}/events`,
    "/api/v1/projects/default/issues",
  ]) {
    expect([path, (await raw(path, others)).status]).toEqual([path, 404]);
  }
});

test("a revoked token stops working at once, a revoked key within seconds", async () => {
  await started.database.query({
    text: `insert into api_tokens (organization_id, token_sha256, label, role)
      select id, sha256('mshr_token_to_be_revoked'), 'x', 'member' from organizations where slug = 'default'`,
  });
  const headers = { authorization: "Bearer mshr_token_to_be_revoked" };
  expect((await raw("/api/v1/projects", headers)).status).toBe(200);
  await started.database.query({
    text: "update api_tokens set revoked_at = now() where token_sha256 = sha256('mshr_token_to_be_revoked')",
  });
  expect((await raw("/api/v1/projects", headers)).status).toBe(401);

  await started.database.query({
    text: "insert into project_keys (public_key, project_id) select 'mshr_second', id from projects where slug = 'default'",
  });
  const dsn = server.dsn.replace(/mshr_[0-9a-f]+/, "mshr_second");
  expect((await sendEvent(dsn, { event_id: newEventId(), message: nameOf(1) })).status).toBe(200);
  await started.database.query({ text: "update project_keys set revoked_at = now() where public_key = 'mshr_second'" });
  await waitUntil("the revoked key to be refused", async () => {
    const { status } = await sendEvent(dsn, { event_id: newEventId(), message: nameOf(1) });
    return status === 403;
  });
});

test("the loss account names what was stored and what was refused", async () => {
  await fetch(`${server.url}/api/1/envelope/`, {
    method: "POST",
    headers: { "x-sentry-auth": "Sentry sentry_key=mshr_unknown" },
    body: "{}",
  });
  await waitUntil("the account", async () => {
    const { data } = await server.get<{ data: { outcome: string; count: number }[] }>(
      "/api/v1/projects/default/outcomes",
    );
    return data.some(({ outcome, count }) => outcome === "stored" && count >= ISSUES);
  });
  const metrics = await (await raw("/metrics", {})).text();
  expect(metrics).toMatch(/mesher_ingest_items_total\{outcome="stored",category="error"\} \d+/);
  expect(metrics).toMatch(/mesher_ingest_items_total\{outcome="unknown_key",category="\w+"\} \d+/);
});

test("a browser's report is of the same category where it is accepted, where it is stored, and in the account", async () => {
  const report = { "csp-report": { "document-uri": "https://a.example/", "violated-directive": "img-src" } };
  const { envelopeUrl, publicKey } = endpointOf(server.dsn);
  const response = await fetch(`${envelopeUrl.replace("envelope", "security")}?sentry_key=${publicKey}`, {
    method: "POST",
    body: JSON.stringify(report),
  });
  expect(response.status).toBe(200);
  expect(await server.metric("mesher_ingest_accepted_total", { category: "security" })).toBe(1);
  const stored = () => server.metric("mesher_ingest_items_total", { outcome: "stored", category: "security" });
  expect(await waitUntil("the report to be stored", stored)).toBe(1);
  const { data } = await server.get<{ data: object[] }>("/api/v1/projects/default/outcomes");
  expect(data).toContainEqual({ outcome: "stored", category: "security", reason: "", count: 1 });
});

test("[SD-10] a wrong setting stops the start with one line that names it", async () => {
  await expect(ServerProcess.start({ env: { MESHER_HTTP_PORT: "99999" } })).rejects.toThrow(
    /MESHER_HTTP_PORT is "99999": must be a port/,
  );
});

test("a database that cannot be reached is told in one sentence", async () => {
  const starting = ServerProcess.start({
    databaseUrl: "postgresql://nobody:wrong@127.0.0.1:1/none",
    env: { MESHER_DATABASE_WAIT_SECONDS: "1" },
  });
  await expect(starting).rejects.toThrow(/Mesher cannot start: The database did not answer within 1 s/);
});
