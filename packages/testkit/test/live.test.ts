/** The live feed of a server, as dashboards and programs use it. */
import type { ApiIssue, ApiNewToken, ApiPage, ApiProject, StreamTicket } from "@mesher/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newEventId, sendEvent } from "../src/send.ts";
import type { ServerProcess } from "../src/server-process.ts";
import { openSocket, StreamClient, UpgradeRefusedError } from "../src/stream-client.ts";
import { waitUntil } from "../src/wait-until.ts";
import { TestPerson } from "./test-person.ts";
import { readEvent, startTestServer, type TestServer } from "./test-server.ts";

/** As docs/live.md promises. */
const SEARCHES_OF_A_PROJECT = 10;

const OWNER = { email: "owner@example.com", password: "correct horse battery" };

let testServer: TestServer;
let server: ServerProcess;
let project: ApiProject;

beforeAll(async () => {
  testServer = await startTestServer({ MESHER_ADMIN_EMAIL: OWNER.email, MESHER_ADMIN_PASSWORD: OWNER.password });
  server = testServer.server;
  const [first] = await server.get<ApiProject[]>("/api/v1/projects");
  if (first === undefined) throw new Error("there is no project");
  project = first;
});
afterAll(() => testServer[Symbol.asyncDispose]());

const bearer = () => ({ authorization: `Bearer ${server.token}` });
const streamUrl = (path = "", projectName = "default") => `${server.socketUrl}/stream/projects/${projectName}${path}`;
const listen = (path = "") => StreamClient.open(streamUrl(path), bearer());

/** Sends an event and waits until it is stored: events that wait at the same time may be stored in another order. */
async function send(event: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const event_id = newEventId();
  const response = await sendEvent(server.dsn, { event_id, message: `Event ${event_id}`, ...event });
  expect(response.status).toBe(200);
  await readEvent(server, event_id);
  return event_id;
}

/** Sends one more event, which passes the filters of these clients; when it is heard, all before it were. */
async function heardAllBefore(clients: readonly StreamClient[], event: Readonly<Record<string, unknown>> = {}) {
  const last = await send(event);
  await Promise.all(clients.map((client) => client.next("event", ({ event_id }) => event_id === last)));
  return last;
}

test("[STREAM-01] [C-152] an event is heard once, with the project named by id, slug or number, on both ports", async () => {
  await using clients = new AsyncDisposableStack();
  const open = async (url: string) => clients.use(await StreamClient.open(url, bearer()));
  const listeners = await Promise.all([
    ...["default", project.id, String(project.number)].map((name) => open(streamUrl("", name))),
    open(`${server.url.replace("http", "ws")}/ws/stream/projects/default`),
    open(`${server.socketUrl}/ws/stream/projects/default`),
  ]);
  const sent = [await send(), await send()];
  sent.push(await heardAllBefore(listeners));
  // Batches are stored side by side, so the order in which events are told may be another.
  for (const { eventIds } of listeners) expect(eventIds.toSorted()).toEqual(sent.toSorted());
});

test("[C-155] [C-133] what is told of an event is enough to show and to open it, whatever is in its texts", async () => {
  await using client = await listen();
  const message = 'Quotes " and \\ and\nlines \u2028 </script>';
  const event_id = await send({
    message,
    level: "warning",
    environment: "staging",
    release: "shop@1.2.3",
    platform: "python",
    transaction: "/checkout",
  });
  const heard = await client.next("event", (each) => each.event_id === event_id);
  expect(heard).toEqual({
    type: "event",
    id: expect.any(String),
    project_id: project.id,
    event_id,
    issue_id: expect.any(String),
    occasion: "new_issue",
    issue_event_count: 1,
    data: {
      id: event_id,
      level: "warning",
      message: expect.stringContaining('Quotes " and \\ and'),
      received_at: expect.stringMatching(/^\d{4}-.*Z$/),
      platform: "python",
      culprit: "/checkout",
      environment: "staging",
      release: "shop@1.2.3",
    },
  });
  const { data } = await server.get<ApiPage<{ id: string }>>(`/api/v1/issues/${heard.issue_id}/events`);
  expect(data.map(({ id }) => id)).toEqual([event_id]);
});

test("[STREAM-03] [C-103] a new issue and a regression are told, each once", async () => {
  await using client = await listen();
  const fingerprint = [newEventId()];
  const first = await send({ fingerprint });
  const made = await client.next("issue", ({ event }) => event?.id === first);
  expect(made).toMatchObject({ action: "new", project_id: project.id, id: expect.any(String) });
  const issueId = made.issue_id;

  const again = await send({ fingerprint });
  expect(await client.next("event", ({ event_id }) => event_id === again)).toMatchObject({
    issue_id: issueId,
    occasion: "repeat",
    issue_event_count: 2,
  });

  await testServer.database.query({ text: "update issues set status = 'resolved' where id = $1", values: [issueId] });
  const back = await send({ fingerprint });
  expect(await client.next("issue", ({ event }) => event?.id === back)).toMatchObject({
    action: "regressed",
    issue_id: issueId,
  });
  await heardAllBefore([client]);
  expect(client.all("issue").filter(({ issue_id }) => issue_id === issueId)).toHaveLength(2);
});

test("[STREAM-03] [C-103] what is done to an issue over the API is told, and the count follows", async () => {
  await using client = await listen();
  const made = await send({ fingerprint: [newEventId()] });
  const { issue_id } = await client.next("event", ({ event_id }) => event_id === made);
  const countNow = async () => {
    const { data } = await server.get<ApiPage<ApiIssue>>("/api/v1/projects/default/issues?status=unresolved&limit=100");
    return data.length;
  };
  for (const [path, action] of [
    ["resolve", "resolved"],
    ["unresolve", "unresolved"],
    ["archive", "archived"],
    ["discard", "discarded"],
    ["undiscard", "undiscarded"],
    ["delete", "deleted"],
  ] as const) {
    const response = await fetch(`${server.url}/api/v1/issues/${issue_id}/${path}`, {
      method: "POST",
      headers: { ...bearer(), "content-type": "application/json" },
      body: "{}",
    });
    expect([path, response.status]).toEqual([path, 200]);
    const told = await client.next("issue", (message) => message.issue_id === issue_id && message.action === action);
    expect(told).toMatchObject({ project_id: project.id, actor: { kind: "token" } });
  }
  const count = await countNow();
  await waitUntil("the last count", async () => client.all("issue_count").at(-1)?.count === count);
  expect(client.all("issue").filter((message) => message.issue_id === issue_id)).toHaveLength(7);
});

test("[STREAM-04] [C-154] the number of unresolved issues is told at the beginning and when it has changed", async () => {
  await using client = await listen();
  const { count } = await client.next("issue_count");
  const { data } = await server.get<ApiPage<ApiIssue>>("/api/v1/projects/default/issues?status=unresolved&limit=100");
  expect(count).toBe(data.length);
  await Promise.all([1, 2, 3].map(() => send({ fingerprint: [newEventId()] })));
  await client.next("issue_count", (message) => message.count === count + 3);
  expect(client.all("issue_count").every((message) => message.project_id === project.id)).toBe(true);
});

test("[STREAM-02] [C-150] each connection hears what its filters let through, from its address or from a message", async () => {
  await using everything = await listen();
  await using fatal = await listen("?level=fatal&level=error");
  await using changing = await listen("?environment=nowhere");
  await send({ level: "info", environment: "staging" });
  await heardAllBefore([everything, fatal], { level: "fatal", environment: "staging" });
  expect(fatal.all("event").map(({ data }) => data.level)).toEqual(["fatal"]);
  expect(changing.eventIds).toEqual([]);

  changing.say({ type: "subscribe", filters: { level: "", environment: "staging" } });
  expect(await changing.next("filters_updated")).toEqual({
    type: "filters_updated",
    filters: { environment: ["staging"] },
  });
  await send({ level: "fatal", environment: "production" });
  const last = await heardAllBefore([everything, fatal, changing], { level: "error", environment: "staging" });
  expect(changing.eventIds).toEqual([last]);
  expect(everything.eventIds).toHaveLength(4);
});

test("[STREAM-02] [SEARCH-02] a search filters too: words of the stack trace, tags, an issue's short id, each connection its own", async () => {
  const wanted = newEventId();
  const fingerprint = [newEventId()];
  const stacktrace = { frames: [{ function: "chargeCard", filename: "shop/payments.py", in_app: true }] };
  const exception = { values: [{ type: "CardDeclined", value: "Insufficient funds", stacktrace }] };
  const search = (text: string) => listen(`?query=${encodeURIComponent(text)}`);
  await using byTag = await search(`order:${wanted} !level:info`);
  await using byWords = await search(`stack.function:chargeCard "insufficient funds"`);
  await using changing = await listen("?query=nothing-is-called-so");
  await using everything = await listen();

  await send({ message: "Elsewhere", level: "fatal" });
  await send({ message: "Hidden", level: "info", tags: { order: wanted } });
  const first = await send({ exception, level: "error", fingerprint, tags: { order: wanted } });
  const { issue_id } = await everything.next("event", ({ event_id }) => event_id === first);
  await Promise.all([byTag, byWords].map((client) => client.next("event")));
  const { short_id } = await server.get<{ short_id: string }>(`/api/v1/issues/${issue_id}`);

  changing.say({ type: "subscribe", filters: { query: `issue:${short_id}` } });
  expect((await changing.next("filters_updated")).filters).toEqual({ query: `issue:${short_id}` });
  await send({ message: "Elsewhere again" });
  const last = await heardAllBefore([changing, byTag, byWords, everything], {
    exception,
    fingerprint,
    tags: { order: wanted },
  });
  expect(byTag.eventIds).toEqual([first, last]);
  expect(byWords.eventIds).toEqual([first, last]);
  expect(changing.eventIds).toEqual([last]);
  expect(everything.eventIds).toHaveLength(5);
  // The issue was made by an event that matches; those that other events made are not told.
  expect(byTag.all("issue").map((message) => [message.action, message.issue_id])).toEqual([["new", issue_id]]);
});

test("[STREAM-02] a client that comes back with its search hears what it missed of it", async () => {
  const query = `?query=order:${newEventId()}`;
  const tags = { order: query.split(":")[1] };
  const before = await listen(query);
  const first = await heardAllBefore([before], { tags });
  const lastId = (await before.next("event", ({ event_id }) => event_id === first)).id;
  await before[Symbol.asyncDispose]();
  await send();
  const missed = await send({ tags });
  await using back = await listen(`${query}&last_id=${lastId}`);
  expect((await back.next("subscribed")).start).toBe("resumed");
  const last = await heardAllBefore([back], { tags });
  expect(back.eventIds).toEqual([missed, last]);

  // Nobody asked this of what was told before.
  await using other = await listen(`?query=order:another&last_id=${lastId}`);
  expect((await other.next("subscribed")).start).toBe("gap");
});

test("[STREAM-02] a search that cannot be understood is answered with its column, and so is one search too many", async () => {
  await using client = await listen("?query=first");
  client.say({ type: "subscribe", filters: { query: "level:error (oops" } });
  expect(await client.next("error")).toEqual({
    type: "error",
    code: "invalid_search",
    message: expect.stringContaining("column 13"),
    details: { column: 13, expected: expect.any(String) },
  });
  const refused = await openSocket(streamUrl("?query=is:unresolved"), bearer()).catch((error: unknown) => error);
  expect(refused).toMatchObject({ status: 400, body: { code: "invalid_search", details: { column: 1 } } });

  await using clients = new AsyncDisposableStack();
  const open = async (text: string) => clients.use(await listen(`?query=${text}`));
  for (let n = 1; n < SEARCHES_OF_A_PROJECT; n += 1) await open(`another${n}`);
  await open("another1");
  await expect(open("surplus")).rejects.toMatchObject({ status: 429, body: { code: "too_many_searches" } });
  client.say({ type: "subscribe", filters: { query: "surplus" } });
  await client.next("error", ({ code }) => code === "too_many_searches");
  // Its own is in use no more as soon as it has another.
  client.say({ type: "subscribe", filters: { query: "another2" } });
  await client.next("filters_updated");
  await open("surplus");
});

test("[C-153] a message that is not understood is answered, and changes no filter", async () => {
  await using client = await listen("?environment=staging");
  const nonsense = [
    "not json",
    '"text"',
    "[]",
    '{"type":"unsubscribe"}',
    '{"type":"filter","filters":{"level":"loud"}}',
    '{"type":"filter","filters":{"colour":"red"}}',
    '{"type":"subscribe","filters":7}',
  ];
  for (const message of nonsense) client.say(message);
  await waitUntil("all answers", async () => client.all("error").length === nonsense.length);
  expect(client.all("error").every(({ code, message }) => code === "bad_request" && message !== "")).toBe(true);
  await send({ environment: "production" });
  const last = await heardAllBefore([client], { environment: "staging" });
  expect(client.eventIds).toEqual([last]);
});

test("a message that is too long ends the connection with 1009", async () => {
  await using client = await listen();
  client.say("x".repeat(20_000));
  expect(await waitUntil("the close", async () => client.closeCode)).toBe(1009);
});

describe("[C-130] [C-131] who may not listen is refused at the upgrade", () => {
  test.each([
    ["nobody", 401, "unauthorized", () => streamUrl(), () => ({})],
    ["a wrong token", 401, "unauthorized", () => streamUrl(), () => ({ authorization: "Bearer mshr_wrong" })],
    ["a wrong token in the address", 401, "unauthorized", () => streamUrl("?token=mshr_wrong"), () => ({})],
    ["a wrong ticket", 401, "unauthorized", () => streamUrl("?ticket=mshr_wrong"), bearer],
    ["an unknown project", 404, "not_found", () => streamUrl("", "nothing"), bearer],
    ["a filter that is none", 400, "bad_request", () => streamUrl("?level=loud"), bearer],
    ["a position that is none", 400, "bad_request", () => streamUrl("?last_id=%00"), bearer],
    ["a path that is none", 404, "not_found", () => `${server.socketUrl}/stream`, bearer],
  ] as const)("%s", async (_name, status, code, url, headers) => {
    const refused = await openSocket(url(), headers()).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(UpgradeRefusedError);
    expect(refused).toMatchObject({ status, body: { code } });
  });

  test("a project of another organization does not exist", async () => {
    const { rows } = await testServer.database.query<{ id: string; number: number }>({
      text: `
        with o as (insert into organizations (slug, name) values ('others', 'Others') returning id)
        insert into projects (organization_id, slug, name) select id, 'theirs', 'Theirs' from o returning id, number`,
    });
    const [theirs] = rows;
    for (const name of ["theirs", theirs?.id ?? "", String(theirs?.number)]) {
      const refused = await openSocket(streamUrl("", name), bearer()).catch((error: unknown) => error);
      expect([name, refused]).toEqual([name, expect.objectContaining({ status: 404 })]);
    }
  });
});

test("a token in the address will do, for programs that cannot send headers", async () => {
  await using client = await StreamClient.open(streamUrl(`?token=${server.token}`));
  const sent = await heardAllBefore([client]);
  expect(client.eventIds).toEqual([sent]);
});

describe("tickets", () => {
  const makeTicket = async () => {
    const response = await fetch(`${server.url}/api/v1/stream-tickets`, { method: "POST", headers: bearer() });
    expect(response.status).toBe(201);
    return (await response.json()) as StreamTicket;
  };

  test("a ticket opens one stream, once", async () => {
    const { ticket, expires_at } = await makeTicket();
    expect(Date.parse(expires_at) - Date.now()).toBeLessThanOrEqual(30_000);
    const tries = await Promise.allSettled([1, 2, 3].map(() => StreamClient.open(streamUrl(`?ticket=${ticket}`))));
    const opened = tries.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    expect(opened).toHaveLength(1);
    for (const client of opened) {
      await heardAllBefore([client]);
      await client[Symbol.asyncDispose]();
    }
    await expect(StreamClient.open(streamUrl(`?ticket=${ticket}`))).rejects.toMatchObject({ status: 401 });
  });

  test("a ticket that has expired opens nothing", async () => {
    const { ticket } = await makeTicket();
    await testServer.database.query({ text: "update stream_tickets set expires_at = now()" });
    await expect(StreamClient.open(streamUrl(`?ticket=${ticket}`))).rejects.toMatchObject({ status: 401 });
  });

  test("a ticket whose token was revoked opens nothing, nor does one of a login that was ended", async () => {
    const post = async <T>(path: string, authorization: string, body: unknown = {}) => {
      const headers = { authorization, "content-type": "application/json" };
      const init = { method: "POST", headers, body: JSON.stringify(body) };
      const response = await fetch(`${server.url}/api/v1/${path}`, init);
      expect([path, response.ok]).toEqual([path, true]);
      return (await response.json()) as T;
    };
    const wish = { label: "ticket", scopes: ["event:read"] };
    const made = await post<ApiNewToken>("orgs/default/tokens", bearer().authorization, wish);
    const [first, second] = [1, 2].map(() => post<StreamTicket>("stream-tickets", `Bearer ${made.token}`));
    await using client = await StreamClient.open(streamUrl(`?ticket=${(await first)?.ticket}`));
    const { ticket } = (await second) ?? {};
    await post(`orgs/default/tokens/${made.id}/revoke`, bearer().authorization);
    await expect(StreamClient.open(streamUrl(`?ticket=${ticket}`))).rejects.toMatchObject({ status: 401 });
    expect(client.closeCode).toBeUndefined();

    const person = new TestPerson(server.url);
    expect(await person.signIn(OWNER.email, OWNER.password)).toMatchObject({ status: 200 });
    const tickets = [1, 2].map(() => person.post<StreamTicket>("/api/v1/stream-tickets"));
    const [one, other] = (await Promise.all(tickets)).map(({ body }) => body.ticket);
    await using page = await StreamClient.open(streamUrl(`?ticket=${one}`));
    expect(page.all("subscribed")).toHaveLength(1);
    expect((await person.post("/api/v1/me/logins/end")).status).toBe(200);
    await expect(StreamClient.open(streamUrl(`?ticket=${other}`))).rejects.toMatchObject({ status: 401 });
  });

  test("no ticket is made for nobody, and none is kept readable", async () => {
    expect((await fetch(`${server.url}/api/v1/stream-tickets`, { method: "POST" })).status).toBe(401);
    const { ticket } = await makeTicket();
    const { rows } = await testServer.database.query({ text: "select * from stream_tickets" });
    expect(JSON.stringify(rows)).not.toContain(ticket);
    expect(rows.length).toBeGreaterThan(0);
  });
});

test("a client that comes back with its last id hears what it missed, once, and then what comes", async () => {
  const before = await listen();
  const first = await heardAllBefore([before]);
  const lastId = (await before.next("event", ({ event_id }) => event_id === first)).id;
  await before[Symbol.asyncDispose]();

  await using witness = await listen();
  const missed = [await send(), await send()];
  await heardAllBefore([witness]);
  missed.push(witness.eventIds.at(-1) ?? "");

  await using back = await listen(`?last_id=${lastId}`);
  expect((await back.next("subscribed")).start).toBe("resumed");
  const last = await heardAllBefore([back]);
  expect(back.eventIds).toEqual([...missed, last]);
  expect((await witness.next("subscribed")).start).toBe("new");
});

test("a client that comes back from somewhere unknown is told that there is a gap", async () => {
  await using client = await listen("?last_id=0000.17");
  expect((await client.next("subscribed")).start).toBe("gap");
  await heardAllBefore([client]);
});

describe("server-sent events", () => {
  /** Reads an event stream until `isEnough` says so. */
  async function readEvents(path: string, headers: Record<string, string>, isEnough: (text: string) => boolean) {
    const abort = new AbortController();
    const response = await fetch(`${server.url}${path}`, { headers, signal: abort.signal });
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
    let text = "";
    const decoder = new TextDecoder();
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true });
      if (isEnough(text)) break;
    }
    abort.abort();
    return text;
  }

  test("the same feed, filtered, with ids to come back with", async () => {
    await using witness = await listen();
    let sending: Promise<string> | undefined;
    const sendBoth = async () => {
      await send({ level: "info" });
      return send({ level: "fatal" });
    };
    const path = "/api/v1/projects/default/stream?level=fatal";
    const text = await readEvents(path, bearer(), (heard) => {
      if (heard.includes('"subscribed"')) sending ??= sendBoth();
      return heard.includes('"type":"event"') && heard.endsWith("\n\n");
    });
    const sent = (await sending) ?? "";
    const event = text.split("\n\n").find((each) => each.includes('"type":"event"')) ?? "";
    const [, id] = /^id: (\S+)$/m.exec(event) ?? [];
    const message = JSON.parse(/^data: (.*)$/m.exec(event)?.[1] ?? "") as { id: string; event_id: string };
    expect(message).toMatchObject({ id, event_id: sent });
    expect(text).not.toContain('"level":"info"');

    const missed = await heardAllBefore([witness], { level: "fatal" });
    const resumed = await readEvents(path, { ...bearer(), "last-event-id": id ?? "" }, (heard) =>
      heard.includes(missed),
    );
    expect(resumed).toContain('"start":"resumed"');
    expect(resumed).not.toContain(sent);
  });

  test("refusals are answers of the API", async () => {
    const get = async (path: string, headers = bearer()) => {
      const response = await fetch(`${server.url}${path}`, { headers });
      return [response.status, ((await response.json()) as { code: string }).code];
    };
    expect(await get("/api/v1/projects/nothing/stream")).toEqual([404, "not_found"]);
    expect(await get("/api/v1/projects/default/stream?level=loud")).toEqual([400, "bad_request"]);
    expect(await get("/api/v1/projects/default/stream", { authorization: "" })).toEqual([401, "unauthorized"]);
  });
});

test("a plain request to the WebSocket port is told to upgrade; one for HTTP/2 on the HTTP port is simply answered", async () => {
  expect((await fetch(server.socketUrl.replace("ws", "http"))).status).toBe(426);
  const { request } = await import("node:http");
  const status = await new Promise((resolve, reject) => {
    const headers = { connection: "Upgrade, HTTP2-Settings", upgrade: "h2c", "http2-settings": "AAMAAABkAAQAAP__" };
    request(`${server.url}/healthz`, { headers }, (response) => resolve(response.resume().statusCode))
      .on("error", reject)
      .end();
  });
  expect(status).toBe(200);
});

test("a server that stops closes streams with 1001 and does not wait for them", async () => {
  await using own = await startTestServer();
  const headers = { authorization: `Bearer ${own.server.token}` };
  const client = await StreamClient.open(`${own.server.socketUrl}/stream/projects/default`, headers);
  const overHttp = await StreamClient.open(
    `${own.server.url.replace("http", "ws")}/ws/stream/projects/default`,
    headers,
  );
  const events = await fetch(`${own.server.url}/api/v1/projects/default/stream`, { headers });
  const ended = events.text();
  expect(await own.server.stop()).toBe(0);
  await waitUntil("the closes", async () => client.closeCode !== undefined && overHttp.closeCode !== undefined);
  expect([client.closeCode, overHttp.closeCode]).toEqual([1001, 1001]);
  expect(await ended).toContain('"subscribed"');
});
