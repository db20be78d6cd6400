/** Lists and searches, through the front door. */
import type {
  ApiError,
  ApiFoundEvent,
  ApiIssue,
  ApiListedIssue,
  ApiPage,
  ApiRankedEvent,
  ApiSavedSearch,
  ApiSuggestion,
  ApiTaggedEvent,
} from "@mesher/protocol";
import { newEventId, TEST_TOKEN, waitUntil } from "@mesher/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apiClient, insertToken } from "./api-client.ts";
import { startTestServer, type TestServer } from "./test-server.ts";

let started: TestServer;
/** As the API says when one more is refused. */
const SAVED_SEARCHES_MAX = 100;
const PROJECT = "/api/v1/projects/default";
const QUOTES = `it's "so" {"a":1}`;
const FRAMES = ["main", "declined", "renderCart"].map((name) => ({ function: name, filename: "src/pay.ts" }));
const EVENTS = [
  {
    message: "Payment declined",
    level: "error",
    tags: { plan: "free", quote: QUOTES, "shop region": "Upper Austria" },
  },
  { message: "Cannot render cart", level: "warning", stacktrace: FRAMES },
  {
    message: "Disk is nearly full",
    level: "fatal",
    environment: "staging",
    release: "shop@1.2.3",
    user_context: { id: 7 },
  },
  {
    message: "Disk is nearly full",
    level: "fatal",
    environment: "staging",
    release: "shop@1.2.3",
    user_context: { id: 8 },
  },
  ...Array.from({ length: 5 }, (_, index) => ({
    message: "Queue waits",
    level: "info",
    tags: { worker: `w${index}` },
  })),
];

beforeAll(async () => {
  started = await startTestServer();
  for (const event of EVENTS) await sendNative(event);
  await waitUntil("all events", async () => (await events("")).length === EVENTS.length);
});
afterAll(() => started[Symbol.asyncDispose]());

async function sendNative(event: object): Promise<string> {
  const event_id = newEventId();
  const key = new URL(started.server.dsn).username;
  const response = await fetch(`${started.server.url}/api/v1/events`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify({ event_id, ...event }),
  });
  expect(response.status).toBe(202);
  return event_id;
}

const get = <T>(path: string, query: Record<string, string> = {}) =>
  started.server.get<T>(`${path}?${new URLSearchParams(query).toString()}`);

async function refusal(path: string, query: Record<string, string> = {}): Promise<ApiError & { status: number }> {
  const response = await fetch(`${started.server.url}${path}?${new URLSearchParams(query).toString()}`, {
    headers: { authorization: `Bearer ${TEST_TOKEN}` },
  });
  return { status: response.status, ...((await response.json()) as ApiError) };
}

const events = async (query: string) =>
  (await get<ApiPage<ApiFoundEvent>>(`${PROJECT}/events`, { query, limit: "100" })).data;
const issues = async (query: Record<string, string>) =>
  (await get<ApiPage<ApiIssue>>(`${PROJECT}/issues`, query)).data.map(({ title }) => title).toSorted();

test("[SEARCH-01] issues are filtered by status, level, time and assignee, together", async () => {
  expect(await issues({ status: "unresolved", level: "fatal" })).toEqual(["Disk is nearly full"]);
  expect(await issues({ status: "resolved" })).toEqual([]);
  expect(await issues({ query: "is:unresolved level:[error,warning] is:unassigned" })).toEqual([
    "Cannot render cart",
    "Payment declined",
  ]);
  expect(await issues({ query: "timesSeen:>4" })).toEqual(["Queue waits"]);
  expect(await issues({ query: "users:2" })).toEqual(["Disk is nearly full"]);
  expect(await issues({ query: "assigned:none !level:info has:release" })).toEqual(["Disk is nearly full"]);
  expect(await issues({ level: "fatal", from: "2020-01-01", to: "2020-01-02" })).toEqual([]);
  expect(await issues({ level: "fatal", period: "1h" })).toEqual(["Disk is nearly full"]);
  expect(await issues({ level: "fatal", assigned_to: "11111111-1111-1111-1111-111111111111" })).toEqual([]);
  expect(await issues({ level: "fatal", assigned_to: "none" })).toEqual(["Disk is nearly full"]);
});

test("a list of issues tells of each how many events it had per hour or day", async () => {
  const listed = async (query: Record<string, string>) =>
    (await get<ApiPage<ApiListedIssue>>(`${PROJECT}/issues`, { query: "Queue", ...query })).data[0]?.stats;
  expect(await listed({})).toBeUndefined();
  const hours = await listed({ stats: "24h" });
  expect(hours).toHaveLength(24);
  // Around a full hour they may be in two of them.
  expect((hours?.at(-1) ?? 0) + (hours?.at(-2) ?? 0)).toBe(5);
  const days = await listed({ stats: "14d", tz: "Pacific/Auckland" });
  expect(days).toHaveLength(14);
  expect((days?.at(-1) ?? 0) + (days?.at(-2) ?? 0)).toBe(5);
  expect(await refusal(`${PROJECT}/issues`, { stats: "1y" })).toMatchObject({ status: 400, code: "bad_request" });
});

test("issues are found by what is true of one of their events", async () => {
  expect(await issues({ query: "environment:stag* release:shop@1.2.3" })).toEqual(["Disk is nearly full"]);
  expect(await issues({ query: "plan:free OR worker:w3" })).toEqual(["Payment declined", "Queue waits"]);
  expect(await issues({ query: "user.id:8" })).toEqual(["Disk is nearly full"]);
  expect(await issues({ query: "stack.filename:pay" })).toEqual(["Cannot render cart"]);
  expect(await issues({ query: "declined !message:declined" })).toEqual(["Cannot render cart"]);
});

test("[SEARCH-02] the best matches come first, and nothing that is typed can do harm", async () => {
  const ranked = await get<ApiRankedEvent[]>(`${PROJECT}/events/search`, { q: "declined" });
  expect(ranked.map(({ message }) => message)).toEqual(["Payment declined", "Cannot render cart"]);
  for (const q of ["'; drop table events; --", '" OR 1=1 --', "a & | ! <-> b:*", "\\", "%", "$1", "((("]) {
    expect(await get<ApiRankedEvent[]>(`${PROJECT}/events/search`, { q })).toBeInstanceOf(Array);
  }
  expect(await events("")).toHaveLength(EVENTS.length);
  expect(await refusal(`${PROJECT}/events/search`)).toMatchObject({ status: 400, error: "missing search query" });
});

test("[SEARCH-03] events are found by a tag whose value has quotes", async () => {
  const tagged = await get<ApiTaggedEvent[]>(`${PROJECT}/events/tags`, { key: "quote", value: QUOTES });
  expect(tagged.map(({ message, tags }) => [message, tags["quote"]])).toEqual([["Payment declined", QUOTES]]);
  const byEnvironment = await get<ApiTaggedEvent[]>(`${PROJECT}/events/tags`, { key: "environment", value: "staging" });
  expect(byEnvironment).toHaveLength(2);
  expect(await refusal(`${PROJECT}/events/tags`, { key: "quote" })).toMatchObject({
    status: 400,
    error: "missing key or value parameter",
  });
});

test("[SEARCH-04] searches of events are about the last 24 hours unless they name a range", async () => {
  const event_id = await sendNative({ message: "Long ago" });
  await waitUntil("the event", async () => (await events("ago")).length === 1);
  const day = new Date(Date.now() - 48 * 3_600_000).toISOString().slice(0, 10);
  await started.database.query({
    text: `create table events_long_ago partition of events for values from ('${day}T00:00Z') to ('${day}T23:59Z')`,
  });
  await started.database.query({
    text: "update events set received_at = $2 where event_id = $1",
    values: [event_id, new Date(`${day}T10:00Z`)],
  });
  expect(await events("ago")).toEqual([]);
  expect(await get<ApiRankedEvent[]>(`${PROJECT}/events/search`, { q: "ago" })).toEqual([]);
  const range = { from: `${day}T09:00:00Z`, to: `${day}T12:00:00+01:00` };
  expect(await get<ApiRankedEvent[]>(`${PROJECT}/events/search`, { q: "ago", ...range })).toMatchObject([
    { id: event_id },
  ]);
  const outside = { ...range, to: `${day}T11:00:00+01:00` };
  expect(await get<ApiRankedEvent[]>(`${PROJECT}/events/search`, { q: "ago", ...outside })).toEqual([]);
});

test("[C-110] a blank, a plus and a percent sign arrive as they were meant", async () => {
  const path = `${started.server.url}${PROJECT}/events/search?q=nearly%20full&from=2020-01-01T00:00:00+01:00&to=2020-12-31`;
  const answer = await fetch(path, { headers: { authorization: `Bearer ${TEST_TOKEN}` } });
  expect([answer.status, await answer.json()]).toEqual([200, []]);
  expect(await get<ApiRankedEvent[]>(`${PROJECT}/events/search`, { q: "nearly full" })).toHaveLength(2);
});

test("[SEARCH-05] [C-111] pages of events have no row twice and miss none while events arrive, and the last one says so", async () => {
  const before = (await events("")).map(({ id }) => id);
  const seen: string[] = [];
  let cursor: Record<string, string> = {};
  for (let pages = 0; ; pages += 1) {
    const page = await get<ApiPage<ApiFoundEvent>>(`${PROJECT}/events`, { limit: "2", ...cursor });
    seen.push(...page.data.map(({ id }) => id));
    const id = await sendNative({ message: `Late ${pages}` });
    await waitUntil("the late event", async () => (await events(`id:${id}`)).length === 1);
    if (!page.has_more) break;
    cursor = { cursor: page.next_cursor ?? "", cursor_id: page.next_cursor_id ?? "" };
  }
  expect(seen).toEqual(before);
});

describe("[SEARCH-05] pages of issues end exactly, sorted by", () => {
  test.each(["last_seen", "first_seen", "events", "users", "priority"])("%s", async (sort) => {
    const all = (await get<ApiPage<ApiIssue>>(`${PROJECT}/issues`, { sort, limit: "100" })).data;
    const limit = all.length / 2;
    const seen: string[] = [];
    let cursor: Record<string, string> = {};
    for (let hasMore = true; hasMore; ) {
      const page = await get<ApiPage<ApiIssue>>(`${PROJECT}/issues`, {
        sort,
        limit: String(Math.ceil(limit)),
        ...cursor,
      });
      expect(page.data.length).toBeGreaterThan(0);
      seen.push(...page.data.map(({ id }) => id));
      hasMore = page.has_more;
      cursor = { cursor: page.next_cursor ?? "", cursor_id: page.next_cursor_id ?? "" };
    }
    expect(seen).toEqual(all.map(({ id }) => id));
  });
});

test("issues sorted by events have the most frequent first, by priority the most urgent", async () => {
  const first = async (sort: string) =>
    (await get<ApiPage<ApiIssue>>(`${PROJECT}/issues`, { sort, query: "!title:late" })).data[0]?.title;
  expect([await first("events"), await first("users"), await first("priority")]).toEqual([
    "Queue waits",
    "Disk is nearly full",
    "Disk is nearly full",
  ]);
});

test("a search that cannot be understood names the column", async () => {
  expect(await refusal(`${PROJECT}/issues`, { query: "is:unresolved timesSeen:many" })).toMatchObject({
    status: 400,
    code: "invalid_search",
    details: { column: 25, expected: "a number, as in timesSeen:>100" },
  });
  expect(await refusal(`${PROJECT}/events`, { query: "is:unresolved" })).toMatchObject({ code: "invalid_search" });
  expect(await refusal(`${PROJECT}/issues`, { sort: "age" })).toMatchObject({ status: 400 });
  expect(await refusal(`${PROJECT}/issues`, { sort: "events", cursor: "x", cursor_id: "y" })).toMatchObject({
    status: 400,
  });
});

test("[C-112] a limit beyond the greatest is the greatest, nonsense is refused", async () => {
  expect((await get<ApiPage<ApiFoundEvent>>(`${PROJECT}/events`, { limit: "5000" })).data.length).toBeGreaterThan(8);
  for (const limit of ["0", "-1", "x", "1e2"])
    expect(await refusal(`${PROJECT}/events`, { limit })).toMatchObject({ status: 400 });
});

test("the events of an issue are searched, too", async () => {
  const [issue] = (await get<ApiPage<ApiIssue>>(`${PROJECT}/issues`, { query: "title:queue" })).data;
  const found = await get<ApiPage<ApiFoundEvent>>(`/api/v1/issues/${issue?.id}/events`, { query: "worker:[w1,w2]" });
  expect(found.data).toHaveLength(2);
});

test("keys and values are suggested while a search is typed", async () => {
  const suggest = async (prefix: string, scope = "issue") =>
    (await get<{ data: ApiSuggestion[] }>(`${PROJECT}/search/suggest`, { prefix, scope })).data.map(({ text }) => text);
  expect(await suggest("is:un")).toEqual(["is:unresolved", "is:unassigned"]);
  expect(await suggest("is:un", "event")).toEqual([]);
  expect(await suggest("!en")).toEqual(["!environment:"]);
  expect(await suggest("pl")).toEqual(["platform:", "plan:"]);
  expect(await suggest("environment:s")).toEqual(["environment:staging"]);
  expect(await suggest("plan:")).toEqual(["plan:free"]);
  expect(await suggest("quote:it")).toEqual([`quote:"it's \\"so\\" {\\"a\\":1}"`]);
  expect(await suggest("shop")).toEqual(["tags[shop region]:"]);
  for (const typed of ["tags[shop region]:u", '"shop region":"upper'])
    expect(await suggest(typed)).toEqual(['tags[shop region]:"Upper Austria"']);
  expect(await issues({ query: '"shop region":"Upper Austria"' })).toEqual(["Payment declined"]);
  expect(await suggest("level:f")).toEqual(["level:fatal"]);
  expect(await suggest("has:wor")).toEqual(["has:worker"]);
  expect(await suggest("!has:rel")).toEqual(["!has:release"]);
  for (const typed of ["has:sh", 'has:"sh', "has:tags[sh"]) expect(await suggest(typed)).toEqual(['has:"shop region"']);
  expect(await issues({ query: 'has:"shop region"' })).toEqual(["Payment declined"]);
  expect(await suggest("tags[level]:")).toEqual([]);
  for (const [text] of [await suggest("quote:it")])
    expect(await issues({ query: text ?? "" })).toEqual(["Payment declined"]);
});

test("searches are saved for the organization, and only what is a search", async () => {
  const call = apiClient(started.server);
  const body = { name: "Mine", query: "is:unresolved assigned:me", visibility: "organization", sort: "events" };
  const saved = await call<ApiSavedSearch>("POST", "saved-searches", body);
  expect([saved.status, saved.body]).toEqual([201, { ...saved.body, ...body, project_id: null }]);
  expect((await call<{ data: ApiSavedSearch[] }>("GET", "saved-searches?project=default")).body.data).toEqual([
    saved.body,
  ]);

  expect((await call("POST", "saved-searches", { ...body, query: "timesSeen:x" })).body).toMatchObject({
    code: "invalid_search",
  });
  const path = `saved-searches/${saved.body.id}`;
  expect((await call("POST", path, { name: " Ours " })).body).toEqual({ ...saved.body, name: "Ours" });
  expect((await call("POST", path, { query: "is:new", sort: "users" })).body).toEqual({
    ...saved.body,
    name: "Ours",
    query: "is:new",
    sort: "users",
  });
  for (const change of [{}, { name: " " }, { sort: "beauty" }, { query: "timesSeen:x" }])
    expect([change, (await call("POST", path, change)).status]).toEqual([change, 400]);
  expect((await call("POST", "saved-searches", { ...body, visibility: "private" })).status).toBe(400);
  for (const name of ["", "  "])
    expect([name, (await call("POST", "saved-searches", { ...body, name })).status]).toEqual([name, 400]);

  await insertToken(started.database, { token: "mshr_token_of_others", organization: "others", role: "owner" });
  const others = apiClient(started.server, "mshr_token_of_others");
  expect((await others<{ data: ApiSavedSearch[] }>("GET", "saved-searches")).body.data).toEqual([]);
  expect((await others("POST", `saved-searches/${saved.body.id}/delete`)).status).toBe(404);
  expect((await others("POST", path, { name: "Theirs" })).status).toBe(404);
  expect((await call("POST", `saved-searches/${saved.body.id}/delete`)).status).toBe(200);
  expect((await call("POST", `saved-searches/${saved.body.id}/delete`)).status).toBe(404);
});

test("of searches that are saved at once no more find room than there is", async () => {
  await insertToken(started.database, { token: "mshr_token_of_hoarders", organization: "hoarders", role: "owner" });
  const call = apiClient(started.server, "mshr_token_of_hoarders");
  const save = async (name: string) =>
    (await call("POST", "saved-searches", { name, query: "", visibility: "organization" })).status;
  const room = 2;
  for (let n = 0; n < SAVED_SEARCHES_MAX - room; n += 1) expect(await save(`${n}`)).toBe(201);
  const statuses = await Promise.all(Array.from({ length: 8 }, (_, n) => save(`at once ${n}`)));
  expect(statuses.filter((status) => status === 201)).toHaveLength(room);
  expect(statuses.filter((status) => status === 409)).toHaveLength(8 - room);
});
