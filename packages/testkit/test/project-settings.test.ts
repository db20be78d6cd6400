import { gzipSync } from "node:zlib";
import {
  type ApiFilterPreview,
  type ApiProject,
  type ApiProjectKey,
  type ApiProjectSettings,
  type ApiScrubbingPreview,
  serializeEnvelope,
} from "@mesher/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { endpointOf, newEventId, sendEvent } from "../src/send.ts";
import { waitUntil } from "../src/wait-until.ts";
import { type ApiClient, apiClient, insertToken } from "./api-client.ts";
import { readEvent, startTestServer, type TestServer } from "./test-server.ts";

let started: TestServer;
let api: ApiClient;
beforeAll(async () => {
  started = await startTestServer();
  api = apiClient(started.server);
});
afterAll(() => started[Symbol.asyncDispose]());

const DEFAULTS: ApiProjectSettings = {
  retention_days: 90,
  sample_rate: 1,
  rate_limit_events: null,
  allowed_domains: ["*"],
  default_environment: null,
  filters: {
    browser_extensions: false,
    localhost: false,
    web_crawlers: false,
    legacy_browsers: false,
    messages: [],
    releases: [],
    ip_addresses: [],
  },
  scrubbing: { enabled: true, ip_addresses: false, fields: [], safe_fields: [] },
};

/** A project with these settings, which no other test uses. */
async function projectWith(name: string, settings: object = {}): Promise<ApiProject> {
  const { body } = await api<ApiProject>("POST", "projects", { name });
  expect((await api("PATCH", `projects/${body.slug}/settings`, settings)).status).toBe(200);
  return body;
}

const send = (dsn: string, event: object = { message: "x" }, event_id = newEventId()) =>
  sendEvent(dsn, { event_id, ...event });

/** The project's account: what ended how. */
async function accountOf({ slug }: ApiProject): Promise<Record<string, number>> {
  const { body } = await api<{ data: { outcome: string; reason: string; count: number }[] }>(
    "GET",
    `projects/${slug}/outcomes`,
  );
  return Object.fromEntries(
    body.data.map(({ outcome, reason, count }) => [reason === "" ? outcome : `${outcome} ${reason}`, count]),
  );
}

test("[RETAIN-01] settings have defaults and are changed one by one, by PATCH and by POST", async () => {
  const { slug } = await projectWith("Settings");
  const path = `projects/${slug}/settings`;
  expect((await api("GET", path)).body).toEqual(DEFAULTS);
  expect((await api("POST", path, { retention_days: 30, sample_rate: 0.1 })).body).toEqual({
    status: "ok",
    affected: 1,
  });
  const { body } = await api<ApiProjectSettings>("PATCH", path, {
    filters: { localhost: true },
    scrubbing: { fields: ["kennitala"] },
  });
  expect(body).toEqual({
    ...DEFAULTS,
    retention_days: 30,
    sample_rate: 0.1,
    filters: { ...DEFAULTS.filters, localhost: true },
    scrubbing: { ...DEFAULTS.scrubbing, fields: ["kennitala"] },
  });
  const more = { filters: { messages: ["*a*", "*a*"] }, default_environment: "staging", rate_limit_events: 5 };
  expect((await api("PATCH", path, more)).body).toEqual({
    ...body,
    default_environment: "staging",
    rate_limit_events: 5,
    filters: { ...body.filters, messages: ["*a*"] },
  });
});

test("changes of different settings at once all count", async () => {
  const { slug } = await projectWith("At once");
  const path = `projects/${slug}/settings`;
  const changes = [
    { retention_days: 7 },
    { sample_rate: 0.5 },
    { filters: { localhost: true } },
    { filters: { releases: ["a"] } },
    { scrubbing: { ip_addresses: true } },
  ];
  await Promise.all(changes.map((change) => api("PATCH", path, change)));
  expect((await api("GET", path)).body).toEqual({
    ...DEFAULTS,
    retention_days: 7,
    sample_rate: 0.5,
    filters: { ...DEFAULTS.filters, localhost: true, releases: ["a"] },
    scrubbing: { ...DEFAULTS.scrubbing, ip_addresses: true },
  });
});

test.each([
  [{ retention_days: -5 }, "retention_days"],
  [{ retention_days: 0 }, "retention_days"],
  [{ retention_days: 366 }, "retention_days"],
  [{ retention_days: 30.5 }, "retention_days"],
  [{ retention_days: "30" }, "retention_days"],
  [{ retention_days: null }, "retention_days"],
  [{ sample_rate: -0.1 }, "sample_rate"],
  [{ sample_rate: 1.01 }, "sample_rate"],
  [{ sample_rate: "1" }, "sample_rate"],
  [{ rate_limit_events: 0 }, "rate_limit_events"],
  [{ allowed_domains: [] }, "allowed_domains"],
  [{ allowed_domains: ["ok.example", "not ok"] }, "allowed_domains.1"],
  [{ default_environment: "" }, "default_environment"],
  [{ filters: { ip_addresses: ["1.2.3.4/99"] } }, "filters.ip_addresses.0"],
  [{ filters: { messages: Array.from({ length: 101 }, (_, n) => `m${n}`) } }, "filters.messages"],
  [{ filters: { messages: ["x".repeat(201)] } }, "filters.messages.0"],
  [{ filters: { colour: true } }, "filters.colour"],
  [{ filters: [] }, "filters"],
  [{ scrubbing: { enabled: 1 } }, "scrubbing.enabled"],
  [{ scrubbing: { fields: ["-"] } }, "scrubbing.fields.0"],
  [{ retention: 30 }, "retention"],
])("[C-106] %j is refused with the reason and changes nothing", async (change, path) => {
  const { status, body } = await api<{ error: string; details: { path: string }[] }>(
    "PATCH",
    "projects/default/settings",
    { ...change, ...("retention_days" in change ? {} : { retention_days: 45 }) },
  );
  expect(status).toBe(400);
  expect(body).toMatchObject({ code: "bad_request", details: [{ path, reason: expect.stringMatching(/\w+ \w+/) }] });
  expect((await api("GET", "projects/default/settings")).body).toEqual(DEFAULTS);
});

test("[C-106] all that is wrong is told at once", async () => {
  const { body } = await api("POST", "projects/default/settings", { retention_days: 0, sample_rate: 2 });
  expect(body).toMatchObject({ details: [{ path: "retention_days" }, { path: "sample_rate" }] });
  for (const wrong of [[], "text", 5])
    expect((await api("PATCH", "projects/default/settings", wrong)).status).toBe(400);
});

test("[RETAIN-04] [C-80] a sample rate holds from the answer on; 0 and 1 are exact, and what was left out is counted", async () => {
  const project = await projectWith("Sampled", { sample_rate: 0 });
  for (let n = 0; n < 5; n += 1) expect((await send(project.dsn)).status).toBe(200);
  await api("PATCH", "projects/sampled/settings", { sample_rate: 1 });
  for (let n = 0; n < 5; n += 1) await send(project.dsn);
  await waitUntil("the account", async () => {
    const account = await accountOf(project);
    return account.stored === 5 && account.sampled === 5;
  });
  await api("PATCH", "projects/sampled/settings", { sample_rate: 1e-300 });
  expect((await api<ApiProjectSettings>("GET", "projects/sampled/settings")).body.sample_rate).toBe(1e-300);
});

test("a project's rate limit is that of its keys, unless one has its own", async () => {
  const project = await projectWith("Limited", { rate_limit_events: 1 });
  const { body: wide } = await api<ApiProjectKey>("POST", "projects/limited/api-keys", { rate_limit_events: 3 });
  expect([(await send(project.dsn)).status, (await send(project.dsn)).status]).toEqual([200, 429]);
  expect([(await send(wide.dsn)).status, (await send(wide.dsn)).status]).toEqual([200, 200]);
});

test("only allowed pages may send, and clients that name none; refusals are counted", async () => {
  const project = await projectWith("Pages", { allowed_domains: ["*.shop.example"] });
  const { envelopeUrl, publicKey } = endpointOf(project.dsn);
  const post = async (headers: Record<string, string>) =>
    (await fetch(`${envelopeUrl}?sentry_key=${publicKey}`, { method: "POST", headers, body: "{}" })).status;
  expect(await post({ origin: "https://www.shop.example" })).toBe(200);
  expect(await post({ referer: "https://www.shop.example/cart?x" })).toBe(200);
  expect(await post({})).toBe(200);
  expect(await post({ origin: "https://evil.example" })).toBe(403);
  expect(await post({ origin: "null" })).toBe(403);
  expect(await post({ referer: "https://evil.example/www.shop.example" })).toBe(403);
  await waitUntil("the account", async () => (await accountOf(project)).forbidden_page === 3);
});

test("an event that names no environment gets the project's, also where it is read back", async () => {
  const project = await projectWith("Environments", { default_environment: "staging" });
  const [without, own] = [newEventId(), newEventId()];
  await send(project.dsn, { message: "x" }, without);
  await send(project.dsn, { message: "x", environment: "production" }, own);
  expect((await readEvent(started.server, without)).normalized.environment).toBe("staging");
  expect((await readEvent(started.server, own)).normalized.environment).toBe("production");
  const { rows } = await started.database.query<{ environment: string }>({
    text: "select environment from events where event_id = any($1::uuid[]) order by 1",
    values: [[without, own]],
  });
  expect(rows.map(({ environment }) => environment)).toEqual(["production", "staging"]);
});

test("inbound filters drop events, each with its reason, and the account balances", async () => {
  const project = await projectWith("Filtered", {
    filters: {
      localhost: true,
      web_crawlers: true,
      legacy_browsers: true,
      browser_extensions: true,
      messages: ["*ResizeObserver*"],
      releases: ["shop@0.*"],
    },
  });
  const browsedWith = (agent: string) => ({ request: { headers: { "User-Agent": agent } } });
  const events = [
    { request: { url: "http://localhost:3000/" } },
    browsedWith("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
    browsedWith("Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.0; Trident/4.0)"),
    { exception: { values: [{ type: "Error", value: "Extension context invalidated." }] } },
    { message: "ResizeObserver loop limit exceeded" },
    { release: "shop@0.9.1" },
    { message: "wanted", release: "shop@1.0.0", request: { url: "https://shop.example/" } },
  ];
  for (const event of events) expect((await send(project.dsn, event)).status).toBe(200);
  const native = await fetch(`${started.server.url}/api/v1/events/bulk`, {
    method: "POST",
    headers: { authorization: `Bearer ${endpointOf(project.dsn).publicKey}` },
    body: JSON.stringify([{ message: "a ResizeObserver again" }, { message: "wanted too" }]),
  });
  expect(native.status).toBe(202);
  const account = await waitUntil("the account", async () => {
    const found = await accountOf(project);
    return Object.values(found).reduce((sum, count) => sum + count, 0) === 9 && found;
  });
  expect(account).toEqual({
    stored: 2,
    "filtered localhost": 1,
    "filtered web_crawlers": 1,
    "filtered legacy_browsers": 1,
    "filtered browser_extensions": 1,
    "filtered messages": 2,
    "filtered releases": 1,
  });
  // A worker tells its outcomes after it has stored them.
  const counted = await waitUntil("the metrics", async () => {
    const metrics = await (await fetch(`${started.server.url}/metrics`)).text();
    const filtered = Number(
      /mesher_ingest_items_total\{outcome="filtered",category="error"\} (\d+)/.exec(metrics)?.[1],
    );
    return filtered >= 7 && filtered;
  });
  expect(counted).toBe(7);

  await api("PATCH", "projects/filtered/settings", { filters: { ip_addresses: ["127.0.0.0/8", "::1"] } });
  await send(project.dsn);
  await waitUntil("the address to be filtered", async () => (await accountOf(project))["filtered ip_addresses"] === 1);
});

const SECRETS = {
  message: "login of https://ann:hunter2@shop.example failed",
  extra: { password: "hunter2", order: 7, big: "as a text", card: "4111 1111 1111 1111" },
  request: { headers: { Cookie: "sid=hunter2", Accept: "*/*" }, data: '{"token":"hunter2","page":2}' },
  user: { id: "7", ip_address: "198.51.100.7" },
  tags: { session: "hunter2" },
};
/** The card's number whole: four digits of it are in many an id. */
const SECRET_TEXTS = /hunter2|4111 ?1111/;

test.each(["identity", "gzip"] as const)(
  "what is secret is taken out before anything is stored, told in the cuts, and the rest is as it was sent (%s)",
  async (encoding) => {
    const project = await projectWith(`Scrubbed ${encoding}`);
    const event_id = newEventId();
    const json = JSON.stringify({ event_id, ...SECRETS }).replace('"order":7', '"order":12345678901234567890');
    const payload = new TextEncoder().encode(json);
    const body = serializeEnvelope({ header: { event_id }, items: [{ header: { type: "event" }, payload }] });
    const { envelopeUrl, publicKey } = endpointOf(project.dsn);
    await fetch(`${envelopeUrl}?sentry_key=${publicKey}`, {
      method: "POST",
      headers: encoding === "gzip" ? { "content-encoding": "gzip" } : {},
      body: new Uint8Array(encoding === "gzip" ? gzipSync(body) : body),
    });
    const event = await readEvent(started.server, event_id);
    expect(JSON.stringify(event)).not.toMatch(SECRET_TEXTS);
    expect(event.cuts).toEqual([
      { path: "message", reason: "scrubbed", rule: "url_password" },
      { path: "extra.password", reason: "scrubbed", rule: "secret_field" },
      { path: "extra.card", reason: "scrubbed", rule: "card_number" },
      { path: "request.headers.Cookie", reason: "scrubbed", rule: "secret_field" },
      { path: "request.data.token", reason: "scrubbed", rule: "secret_field" },
      { path: "tags.session", reason: "scrubbed", rule: "secret_field" },
    ]);
    const stored = await fetch(`${started.server.url}/api/v1/events/${event_id}/payload`, {
      headers: { authorization: `Bearer ${started.server.token}` },
    });
    expect(await stored.text()).toBe(
      json
        .replace("ann:hunter2@", "ann:[Filtered]@")
        .replace('"password":"hunter2"', '"password":"[Filtered]"')
        .replace("4111 1111 1111 1111", "[Filtered]")
        .replace('"sid=hunter2"', '"[Filtered]"')
        .replace('\\"token\\":\\"hunter2\\"', '\\"token\\":\\"[Filtered]\\"')
        .replace('"session":"hunter2"', '"session":"[Filtered]"'),
    );
    // Nothing of it lies anywhere else in the row, not even in what it is found and grouped by.
    const { rows } = await started.database.query<{ row: string }>({
      text: "select (to_jsonb(e) - 'payload')::text as row from events e where event_id = $1",
      values: [event_id],
    });
    expect(rows[0]?.row).toContain("[Filtered]");
    expect(rows[0]?.row).not.toMatch(SECRET_TEXTS);
  },
);

test("an event without secrets is kept byte for byte, and what else came in its envelope is not kept", async () => {
  const project = await projectWith("Untouched");
  const event_id = newEventId();
  const json = `{ "event_id":"${event_id}", "message":"${"all is well ".repeat(50)}", "extra":{"n":1.50,"id":12345678901234567890} }`;
  const text = (value: string) => new TextEncoder().encode(value);
  const body = serializeEnvelope({
    header: { event_id },
    items: [
      { header: { type: "event" }, payload: text(json) },
      { header: { type: "attachment", filename: "a.txt" }, payload: text("password=hunter2") },
    ],
  });
  const { envelopeUrl, publicKey } = endpointOf(project.dsn);
  await fetch(`${envelopeUrl}?sentry_key=${publicKey}`, {
    method: "POST",
    headers: { "content-encoding": "gzip" },
    body: new Uint8Array(gzipSync(body)),
  });
  expect((await readEvent(started.server, event_id)).cuts).toEqual([]);
  const stored = await fetch(`${started.server.url}/api/v1/events/${event_id}/payload`, {
    headers: { authorization: `Bearer ${started.server.token}` },
  });
  expect(await stored.text()).toBe(json);
  const { rows } = await started.database.query<{ payload_offset: number }>({
    text: "select payload_offset from events where event_id = $1",
    values: [event_id],
  });
  expect(rows[0]?.payload_offset).toBe(0);
});

test("with addresses scrubbed, none is stored: not the payload's, not the connection's", async () => {
  const project = await projectWith("No addresses", { scrubbing: { ip_addresses: true } });
  const event_id = newEventId();
  await send(project.dsn, { ...SECRETS, platform: "javascript", sdk: { settings: { infer_ip: "auto" } } }, event_id);
  const { normalized } = await readEvent(started.server, event_id);
  expect(normalized.user).toEqual({ id: "7", ip_address: "[Filtered]" });
  const { rows } = await started.database.query<{ receipt: object }>({
    text: "select receipt from events where event_id = $1",
    values: [event_id],
  });
  expect(JSON.stringify(rows[0])).not.toContain("127.0.0.1");
});

test("scrubbing switched off, or told of safe fields, leaves things alone", async () => {
  const off = await projectWith("Off", { scrubbing: { enabled: false } });
  const safe = await projectWith("Safe", { scrubbing: { safe_fields: ["session", "extra"] } });
  const [first, second] = [newEventId(), newEventId()];
  await send(off.dsn, SECRETS, first);
  await send(safe.dsn, SECRETS, second);
  expect(await readEvent(started.server, first)).toMatchObject({ cuts: [], payload: SECRETS });
  const { payload } = await readEvent(started.server, second);
  expect(payload).toMatchObject({ extra: SECRETS.extra, tags: SECRETS.tags });
});

test("what would be scrubbed is shown for a given event, by the settings or by others, and nothing is stored", async () => {
  await projectWith("Preview");
  const path = "projects/preview/settings/scrubbing/preview";
  const event = { extra: { password: "x", kennitala: "1" } };
  const { status, body } = await api<ApiScrubbingPreview>("POST", path, { event });
  expect(status).toBe(200);
  expect(body.event).toEqual({ extra: { password: "[Filtered]", kennitala: "1" } });
  expect(body.removed).toEqual([{ path: "extra.password", rule: "secret_field" }]);
  expect(Object.keys(body.rules)).toContain("card_number");
  const { body: other } = await api<ApiScrubbingPreview>("POST", path, {
    event,
    scrubbing: { fields: ["Kenni-tala"] },
  });
  expect(other.removed).toEqual([
    { path: "extra.password", rule: "secret_field" },
    { path: "extra.kennitala", rule: "named_field" },
  ]);
  expect((await api("POST", path, {})).status).toBe(400);
  expect((await api("POST", path, { event, scrubbing: { fields: "x" } })).status).toBe(400);
  expect((await api<{ data: unknown[] }>("GET", "projects/preview/issues")).body.data).toEqual([]);
});

test("an event that waited while its project was removed is dropped, and counted for no project", async () => {
  const project = await projectWith("Gone");
  await started.database.query({
    text: `with gone as (delete from projects where id = $1 returning id, organization_id, slug)
      insert into removed_projects (project_id, organization_id, slug) select id, organization_id, slug from gone`,
    values: [project.id],
  });
  // The door knows the key for some seconds more, as on a node that is out of contact.
  expect((await send(project.dsn)).status).toBe(200);
  await waitUntil("the outcome", async () => {
    const { rows } = await started.database.query<{ count: number }>({
      text: "select count from outcome_counts where outcome = 'discarded' and reason = 'project_removed'",
    });
    return rows[0]?.count === 1;
  });
  const { rows } = await started.database.query<{ count: number }>({
    text: "select count(*) as count from events where project_id = $1",
    values: [project.id],
  });
  expect(rows[0]?.count).toBe(0);
});

test("[F.4-12] members may read settings but not change them, and those of others do not exist", async () => {
  await projectWith("Private settings");
  await insertToken(started.database, { token: "mshr_settings_of_a_member", organization: "default", role: "member" });
  await insertToken(started.database, { token: "mshr_settings_of_others", organization: "others", role: "owner" });
  const member = apiClient(started.server, "mshr_settings_of_a_member");
  const stranger = apiClient(started.server, "mshr_settings_of_others");
  const path = "projects/private-settings/settings";
  expect((await member("GET", path)).status).toBe(200);
  for (const method of ["PATCH", "POST"] as const) {
    expect((await member(method, path, { retention_days: 1 })).status).toBe(403);
    expect((await stranger(method, path, { retention_days: 1 })).status).toBe(404);
  }
  expect((await stranger("GET", path)).status).toBe(404);
  expect((await stranger("POST", `${path}/scrubbing/preview`, { event: {} })).status).toBe(404);
});

test("whoever asks again with an ETag is told when nothing changed, and a change of what somebody else has changed is refused", async () => {
  await projectWith("Tagged");
  const { url, token } = started.server;
  const ask = (path: string, { headers = {}, body }: { headers?: Record<string, string>; body?: object } = {}) =>
    fetch(`${url}/api/v1/${path}`, {
      method: body === undefined ? "GET" : "PATCH",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  for (const path of ["projects", "projects/tagged", "projects/tagged/settings", "projects/tagged/dashboard/levels"]) {
    const tag = (await ask(path)).headers.get("etag") ?? "";
    const again = await ask(path, { headers: { "if-none-match": `"other", W/${tag}` } });
    expect([path, again.status, await again.text()]).toEqual([path, 304, ""]);
    expect([path, (await ask(path, { headers: { "if-none-match": '"other"' } })).status]).toEqual([path, 200]);
  }
  expect((await ask("projects/nothing", { headers: { "if-none-match": "*" } })).status).toBe(404);

  const path = "projects/tagged/settings";
  const seen = (await ask(path)).headers.get("etag") ?? "";
  const both = await Promise.all(
    [30, 60].map((retention_days) => ask(path, { headers: { "if-match": seen }, body: { retention_days } })),
  );
  expect(new Set(both.map(({ status }) => status))).toEqual(new Set([200, 412]));
  const late = await ask(path, { headers: { "if-match": seen }, body: { sample_rate: 0 } });
  expect([late.status, await late.json()]).toEqual([412, expect.objectContaining({ code: "changed_meanwhile" })]);
  const now = (await ask(path)).headers.get("etag") ?? "";
  expect((await ask(path, { headers: { "if-match": now }, body: { sample_rate: 0.5 } })).status).toBe(200);
  expect((await ask(path, { body: { sample_rate: 1 } })).status).toBe(200);

  const condition = { condition_type: "new_issue" };
  const rule = await api<{ id: string }>("POST", "projects/tagged/alert-rules", { condition });
  const rulePath = `alert-rules/${rule.body.id}`;
  const ruleTag = (await ask(rulePath)).headers.get("etag") ?? "";
  expect((await ask(rulePath, { headers: { "if-match": ruleTag }, body: { name: "Mine" } })).status).toBe(200);
  expect((await ask(rulePath, { headers: { "if-match": ruleTag }, body: { name: "Theirs" } })).status).toBe(412);
});

test("what filters would have dropped of the newest events is told before they are saved, and drops nothing", async () => {
  const { dsn, slug } = await projectWith("Filter preview", { filters: { releases: ["old@*"] } });
  await send(dsn, { message: "stays", release: "new@1" });
  await send(dsn, { message: "noise of a kind", release: "new@1" });
  await send(dsn, { message: "noise of a kind", release: "new@1" });
  const page = { platform: "javascript", request: { url: "http://localhost:3000/" } };
  const id = newEventId();
  await send(dsn, { message: "at home", release: "new@2", ...page }, id);
  await readEvent(started.server, id);
  const path = `projects/${slug}/settings/filters/preview`;
  await waitUntil("all four", async () => (await api<ApiFilterPreview>("POST", path, {})).body.events === 4);

  expect((await api("POST", path, {})).body).toEqual({ events: 4, passed: 4, filtered: [], examples: [] });
  const filters = { localhost: true, messages: ["noise*"], releases: [] };
  const { body } = await api<ApiFilterPreview>("POST", path, { filters });
  expect(body).toMatchObject({
    events: 4,
    passed: 1,
    filtered: [
      { filter: "messages", count: 2 },
      { filter: "localhost", count: 1 },
    ],
  });
  expect(body.examples.find(({ filter }) => filter === "localhost")).toMatchObject({ event_id: id, title: "at home" });
  const { body: fewer } = await api<ApiFilterPreview>("POST", path, { filters: { releases: ["new@*"] }, events: 2 });
  expect(fewer).toMatchObject({ events: 2, passed: 0, filtered: [{ filter: "releases", count: 2 }] });
  expect((await api("POST", path, { events: 201 })).status).toBe(400);
  expect((await api("POST", path, { filters: { messages: "x" } })).status).toBe(400);
  expect(await accountOf({ slug } as ApiProject)).toEqual({ stored: 4 });
});
