import type { ApiProject, ApiProjectDetail, ApiProjectKey } from "@mesher/protocol";
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

const create = async (name: string, more: object = {}) =>
  (await api<ApiProjectDetail>("POST", "projects", { name, ...more })).body;
const send = async (dsn: string) => (await sendEvent(dsn, { event_id: newEventId(), message: "x" })).status;

test("[ORG-02] a project is made with a name, gets a slug of its own, and is listed with its platform", async () => {
  const { status, body } = await api<ApiProjectDetail>("POST", "projects", {
    name: "  Web shop ",
    platform: "javascript-react",
  });
  expect(status).toBe(201);
  expect(body).toMatchObject({ name: "Web shop", slug: "web-shop", platform: "javascript-react", former_slugs: [] });
  expect((await create("Web  Shop!")).slug).toBe("web-shop-2");
  expect((await create("Web-Shop")).slug).toBe("web-shop-3");

  const { body: projects } = await api<ApiProject[]>("GET", "projects");
  expect(projects.map(({ slug }) => slug)).toEqual(
    expect.arrayContaining(["default", "web-shop", "web-shop-2", "web-shop-3"]),
  );
  for (const given of [body.id, body.slug, String(body.number)]) {
    expect((await api("GET", `projects/${given}`)).body).toEqual(body);
  }
  expect(await send(body.dsn)).toBe(200);
});

test("[ORG-02] many projects of one name made at once all get slugs of their own", async () => {
  const made = await Promise.all(Array.from({ length: 8 }, () => create("Crowd")));
  expect(new Set(made.map(({ slug }) => slug)).size).toBe(8);
});

test("[ORG-02] a project that gets another slug is still found by its old one, and nobody else can take that", async () => {
  const project = await create("Moving");
  await send(project.dsn);
  const { body: moved } = await api<ApiProjectDetail>("PATCH", "projects/moving", { slug: "moved", name: "Moved" });
  expect(moved).toMatchObject({ id: project.id, slug: "moved", name: "Moved", former_slugs: ["moving"] });
  expect((await api("GET", "projects/moving")).body).toEqual(moved);
  expect((await api("GET", "projects/moving/issues")).status).toBe(200);
  expect(await send(project.dsn)).toBe(200);

  expect(await api("POST", "projects", { name: "x", slug: "moving" })).toMatchObject({
    status: 409,
    body: { code: "slug_taken" },
  });
  expect((await create("Moving")).slug).toBe("moving-2");
  expect((await api("PATCH", "projects/moving-2", { slug: "moving" })).status).toBe(409);

  const { body: back } = await api<ApiProjectDetail>("PATCH", "projects/moved", { slug: "moving" });
  expect(back).toMatchObject({ slug: "moving", former_slugs: ["moved"] });
  expect((await api<ApiProjectDetail>("PATCH", "projects/moved", { platform: null })).body.platform).toBeNull();
});

test("what several people change of a project or a key at the same time all counts", async () => {
  const { id } = await create("Busy");
  const { body: key } = await api<ApiProjectKey>("POST", `projects/${id}/api-keys`, { label: "shared" });
  for (const round of ["a", "b", "c", "d", "e"]) {
    const wishes = [
      { name: `Busy ${round}` },
      { platform: `x-${round}` },
      { slug: `one-${round}` },
      { slug: `two-${round}` },
    ];
    const changed = await Promise.all(wishes.map((wish) => api("PATCH", `projects/${id}`, wish)));
    expect(changed.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const { body: project } = await api<ApiProjectDetail>("GET", `projects/${id}`);
    expect(project).toMatchObject({ name: `Busy ${round}`, platform: `x-${round}` });
    expect([project.slug, ...project.former_slugs]).toEqual(
      expect.arrayContaining([`one-${round}`, `two-${round}`, "busy"]),
    );

    await Promise.all([
      api("PATCH", `api-keys/${key.id}`, { label: round }),
      api("PATCH", `api-keys/${key.id}`, { rate_limit_events: round.charCodeAt(0) }),
    ]);
    const { body: keys } = await api<ApiProjectKey[]>("GET", `projects/${id}/api-keys`);
    expect(keys.at(-1)).toMatchObject({ label: round, rate_limit_events: round.charCodeAt(0) });
  }
});

test.each([
  [{}, "name"],
  [{ name: "" }, "name"],
  [{ name: "a\nb" }, "name"],
  [{ name: "x".repeat(101) }, "name"],
  [{ name: "x", slug: "42" }, "slug"],
  [{ name: "x", slug: "Big" }, "slug"],
  [{ name: "x", slug: null }, "slug"],
  [{ name: "x", platform: "a b" }, "platform"],
  [{ name: "x", colour: "red" }, "colour"],
])("[C-106] a project cannot be made of %j, and the reason names %s", async (body, path) => {
  expect(await api("POST", "projects", body)).toMatchObject({
    status: 400,
    body: {
      code: "bad_request",
      error: expect.stringContaining(path),
      details: [{ path, reason: expect.any(String) }],
    },
  });
});

test("[C-133] a name of quotes, line ends of other scripts and emoji comes back as it was sent", async () => {
  const name = `"><script>'|||\\ ${"é".normalize("NFD")} 日本 🦊`;
  const { id } = await create(name);
  expect((await api<ApiProject>("GET", `projects/${id}`)).body.name).toBe(name);
});

test("[ORG-03] a project has several keys, each with a DSN that works until it is revoked", async () => {
  const project = await create("Keys");
  const made = await api<ApiProjectKey>("POST", "projects/keys/api-keys", { label: "mobile" });
  expect(made).toMatchObject({ status: 201, body: { label: "mobile", revoked_at: null, rate_limit_events: null } });
  expect(made.body.key_value).toMatch(/^mshr_[0-9a-f]{48}$/);
  expect(made.body.dsn).toBe(project.dsn.replace(/mshr_\w+/, made.body.key_value));
  const { body: keys } = await api<ApiProjectKey[]>("GET", "projects/keys/api-keys");
  expect(keys.map(({ label }) => label)).toEqual(["default", "mobile"]);
  for (const key of keys) expect(await send(key.dsn)).toBe(200);

  const bearer = await fetch(`${started.server.url}/api/v1/events`, {
    method: "POST",
    headers: { authorization: `Bearer ${made.body.key_value}` },
    body: '{"message":"the same key, without an SDK"}',
  });
  expect(bearer.status).toBe(202);

  expect((await api("POST", `api-keys/${made.body.id}/revoke`)).body).toEqual({ status: "ok", affected: 1 });
  expect(await send(made.body.dsn)).toBe(403);
  expect(await send(project.dsn)).toBe(200);
  expect((await api("POST", `api-keys/${made.body.id}/revoke`)).body).toEqual({ status: "ok", affected: 0 });
  const { body: after } = await api<ApiProjectKey[]>("GET", "projects/keys/api-keys");
  expect(after.map(({ revoked_at }) => revoked_at === null)).toEqual([true, false]);
});

test("a project without a valid key has no DSN until it is given another", async () => {
  const { id } = await create("Locked");
  const { body: keys } = await api<ApiProjectKey[]>("GET", `projects/${id}/api-keys`);
  for (const key of keys) expect((await api("POST", `api-keys/${key.id}/revoke`)).status).toBe(200);
  expect((await api<ApiProjectDetail>("GET", `projects/${id}`)).body.dsn).toBe("");
  const { body: key } = await api<ApiProjectKey>("POST", `projects/${id}/api-keys`, {});
  expect((await api<ApiProjectDetail>("GET", `projects/${id}`)).body.dsn).toBe(key.dsn);
});

test("[ORG-03] a key is renamed and limited, at once and alone", async () => {
  const project = await create("Limits");
  const { body: key } = await api<ApiProjectKey>("POST", "projects/limits/api-keys", { rate_limit_events: 2 });
  expect([await send(key.dsn), await send(key.dsn), await send(key.dsn)]).toEqual([200, 200, 429]);
  expect(await send(project.dsn)).toBe(200);
  const { body: changed } = await api<ApiProjectKey>("PATCH", `api-keys/${key.id}`, {
    label: "wider",
    rate_limit_events: 100,
  });
  expect(changed).toEqual({ ...key, label: "wider", rate_limit_events: 100 });
  expect(await send(key.dsn)).toBe(200);
  expect((await api("PATCH", `api-keys/${key.id}`, { rate_limit_events: 0 })).status).toBe(400);
});

test("a project ends only with its slug to confirm; then its keys are refused at once and its data goes", async () => {
  const project = await create("Short lived");
  await send(project.dsn);
  await waitUntil("the event's issue", async () => {
    const { body } = await api<{ data: unknown[] }>("GET", "projects/short-lived/issues");
    return body.data.length === 1;
  });
  expect((await api("POST", "projects/short-lived/delete")).status).toBe(400);
  expect((await api("POST", "projects/short-lived/delete", { slug: "default" })).status).toBe(400);
  expect((await api("POST", "projects/short-lived/delete", { slug: "short-lived" })).status).toBe(200);

  expect(await send(project.dsn)).toBe(403);
  expect((await api("GET", `projects/${project.id}`)).status).toBe(404);
  expect((await api("POST", `projects/${project.id}/delete`, { slug: "short-lived" })).status).toBe(404);
  await waitUntil("the events to be removed", async () => {
    const { rows } = await started.database.query<{ rows: number }>({
      text: "select (select count(*) from events where project_id = $1) + (select count(*) from issues where project_id = $1) as rows",
      values: [project.id],
    });
    return rows[0]?.rows === 0;
  });
  expect((await create("Short lived")).slug).toBe("short-lived");
});

test("[F.4-12] members may look but not change, and another organization's projects and keys do not exist", async () => {
  const project = await create("Guarded");
  const { body: keys } = await api<ApiProjectKey[]>("GET", "projects/guarded/api-keys");
  await insertToken(started.database, { token: "mshr_token_of_a_member", organization: "default", role: "member" });
  await insertToken(started.database, { token: "mshr_token_of_strangers", organization: "strangers", role: "owner" });
  const member = apiClient(started.server, "mshr_token_of_a_member");
  const stranger = apiClient(started.server, "mshr_token_of_strangers");
  const changes = [
    ["PATCH", `projects/${project.id}`, { name: "Taken over" }],
    ["POST", `projects/${project.id}/delete`, { slug: "guarded" }],
    ["POST", `projects/${project.id}/api-keys`, {}],
    ["PATCH", `api-keys/${keys[0]?.id}`, { label: "mine" }],
    ["POST", `api-keys/${keys[0]?.id}/revoke`, {}],
  ] as const;
  for (const [method, path, body] of changes) {
    expect([path, (await member(method, path, body)).status]).toEqual([path, 403]);
    expect([path, (await stranger(method, path, body)).status]).toEqual([path, 404]);
  }
  for (const path of [`projects/${project.id}`, "projects/guarded/api-keys"]) {
    expect((await member("GET", path)).status).toBe(200);
    expect((await stranger("GET", path)).status).toBe(404);
  }
  expect((await stranger<ApiProjectDetail>("POST", "projects", { name: "Guarded" })).body.slug).toBe("guarded");
  expect((await api("GET", "projects/guarded")).body).toEqual(project);
  expect((await api("PATCH", "api-keys/nothing", {})).status).toBe(404);
});
