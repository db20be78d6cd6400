/** Destinations and deliveries as their users meet them; and what becomes of a message whose node is killed. */
import type { ServerResponse } from "node:http";
import type {
  ApiDelivery,
  ApiDeliveryDetail,
  ApiDestination,
  ApiJobs,
  ApiNewDestination,
  ApiNotificationPreferences,
  ApiPage,
} from "@mesher/protocol";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { testDatabase } from "../src/database.ts";
import { HttpReceiver } from "../src/http-receiver.ts";
import { MailReceiver } from "../src/mail-receiver.ts";
import { ServerProcess } from "../src/server-process.ts";
import { waitUntil } from "../src/wait-until.ts";
import { type ApiClient, apiClient, insertToken } from "./api-client.ts";
import { TestPerson } from "./test-person.ts";

const ORG = "orgs/default";
const stack = new AsyncDisposableStack();
let db: Awaited<ReturnType<typeof testDatabase>>;
let receiver: HttpReceiver;
let mail: MailReceiver;
let server: ServerProcess;
let ask: ApiClient;

const startServer = () =>
  ServerProcess.start({
    databaseUrl: db.url,
    env: {
      MESHER_OUTBOUND_ALLOW: "127.0.0.1",
      MESHER_SMTP_URL: mail.url,
      MESHER_MAIL_FROM: "mesher@example.com",
      MESHER_ADMIN_EMAIL: "owner@example.com",
      MESHER_ADMIN_PASSWORD: "correct horse battery",
    },
  });

beforeAll(async () => {
  db = stack.use(await testDatabase());
  receiver = stack.use(await HttpReceiver.start());
  mail = stack.use(await MailReceiver.start());
  server = stack.use(await startServer());
  ask = apiClient(server);
});
afterAll(() => stack.disposeAsync());
beforeEach(() => {
  receiver.requests.length = 0;
  receiver.answer = (response) => void response.writeHead(204).end();
});

describe("a destination", () => {
  test("of every kind is made, and its secrets are never read back", async () => {
    const hook = "https://hooks.example.com/services/T000/B000/secret-of-the-hook";
    const configs: Record<string, Record<string, unknown>> = {
      email: { to: ["ops@example.com"] },
      webhook: { url: `${receiver.url}/hook` },
      slack: { webhook_url: hook },
      discord: { webhook_url: hook },
      teams: { webhook_url: hook },
      telegram: { bot_token: "123:secret-of-the-bot", chat_id: "-100" },
      ntfy: { url: "https://ntfy.sh/topic", token: "tk_secret-of-ntfy" },
      pagerduty: { routing_key: "secret-of-pagerduty", region: "eu" },
      opsgenie: { api_key: "secret-of-opsgenie-0001" },
    };
    for (const [kind, config] of Object.entries(configs)) {
      const { status, body } = await ask<ApiNewDestination>("POST", `${ORG}/destinations`, {
        kind,
        name: kind,
        config,
      });
      expect([kind, status]).toEqual([kind, 201]);
      expect([kind, body.signing_secret?.startsWith("whsec_") ?? false]).toEqual([kind, kind === "webhook"]);
    }
    const { body } = await ask<{ data: ApiDestination[] }>("GET", `${ORG}/destinations`);
    expect(body.data.map(({ kind }) => kind)).toEqual(Object.keys(configs));
    expect(JSON.stringify(body)).not.toMatch(/secret-of|whsec_/);
    expect(body.data.find(({ kind }) => kind === "slack")?.config).toEqual({
      webhook_url: "https://hooks.example.com/…hook",
    });
    const { rows } = await db.database.query({ text: "select config::text, sealed_secrets::text from destinations" });
    expect(JSON.stringify(rows)).not.toContain("secret-of");
  });

  test("is refused with every field that is wrong", async () => {
    const { status, body } = await ask<{ details: unknown }>("POST", `${ORG}/destinations`, {
      kind: "telegram",
      name: "T",
      config: { chat_id: "", other: 1 },
    });
    expect([status, body.details]).toEqual([
      400,
      [
        { path: "config.chat_id", reason: expect.any(String) },
        { path: "config.other", reason: expect.stringContaining("unknown") },
      ],
    ]);
    for (const url of ["ftp://example.com", "https://user:pass@example.com/", "no url"]) {
      const answer = await ask("POST", `${ORG}/destinations`, { kind: "webhook", name: "W", config: { url } });
      expect([url, answer.status]).toEqual([url, 400]);
    }
    const missing = await ask("POST", `${ORG}/destinations`, { kind: "slack", name: "S", config: {} });
    expect([missing.status, missing.body["error"]]).toEqual([400, "webhook_url is required"]);
  });

  test("is changed without entering its secrets again, switched off, and removed", async () => {
    const made = await webhook("changing");
    const path = `${ORG}/destinations/${made.id}`;
    const changed = await ask<ApiDestination>("PATCH", path, { name: "changed", is_enabled: false });
    expect(changed.body).toMatchObject({ name: "changed", is_enabled: false, config: { url: `${receiver.url}/hook` } });
    const rotated = await ask<ApiNewDestination>("POST", `${path}/rotate-secret`);
    expect(rotated.body.signing_secret).toMatch(/^whsec_/);
    expect(rotated.body.signing_secret).not.toBe(made.signing_secret);
    await sendTest(made.id);
    expect(String(receiver.requests[0]?.headers["webhook-signature"]).split(" ")).toHaveLength(2);
    expect((await ask("POST", `${path}/delete`)).status).toBe(200);
    expect((await ask("GET", path)).status).toBe(404);
    const { body } = await ask<ApiPage<{ action: string }>>("GET", "audit?limit=5");
    expect(body.data.map(({ action }) => action)).toEqual([
      "destination.removed",
      "destination.tested",
      "destination.secret_rotated",
      "destination.changed",
      "destination.created",
    ]);
  });

  test("and its deliveries are nobody else's", async () => {
    const { id } = await webhook("ours");
    const delivery = await sendTest(id);
    const token = "mshr_foreign_owner_of_deliveries_0";
    await insertToken(db.database, { token, organization: "foreign", role: "owner" });
    const foreign = apiClient(server, token);
    for (const [method, path] of [
      ["GET", `destinations/${id}`],
      ["PATCH", `destinations/${id}`],
      ["POST", `destinations/${id}/test`],
      ["POST", `destinations/${id}/rotate-secret`],
      ["POST", `destinations/${id}/delete`],
      ["GET", `deliveries/${delivery.id}`],
      ["POST", `deliveries/${delivery.id}/resend`],
    ] as const) {
      const body = method === "GET" ? undefined : {};
      expect([path, (await foreign(method, `orgs/foreign/${path}`, body)).status]).toEqual([path, 404]);
      expect([path, (await foreign(method, `${ORG}/${path}`, body)).status]).toEqual([path, 404]);
    }
    expect((await foreign<{ data: [] }>("GET", "orgs/foreign/deliveries")).body.data).toEqual([]);
    expect((await foreign<{ data: [] }>("GET", "orgs/foreign/destinations")).body.data).toEqual([]);
    expect((await foreign<{ data: [] }>("GET", `orgs/foreign/deliveries?destination=${id}`)).body.data).toEqual([]);
  });
});

describe("deliveries", () => {
  test("are listed by page and filter, shown with their attempts, counted, and sent again", async () => {
    const { id } = await webhook("listed");
    receiver.answer = (response) => void response.writeHead(410).end("gone for good");
    const dead = await sendTest(id);
    expect(dead).toMatchObject({ status: "dead", attempts: 1, error: "it answered 410: gone for good" });
    expect(dead.attempt_log).toMatchObject([{ number: 1, outcome: "failed", response_status: 410 }]);
    receiver.answer = (response) => void response.writeHead(204).end();
    await sendTest(id);
    await sendTest(id);

    const seen: string[] = [];
    for (let query = `limit=2&destination=${id}`; ; ) {
      const { body } = await ask<ApiPage<ApiDelivery>>("GET", `${ORG}/deliveries?${query}`);
      seen.push(...body.data.map(({ status }) => status));
      if (!body.has_more) break;
      query = `limit=2&destination=${id}&cursor=${body.next_cursor}&cursor_id=${body.next_cursor_id}`;
    }
    expect(seen).toEqual(["sent", "sent", "dead"]);
    const filtered = await ask<ApiPage<ApiDelivery>>("GET", `${ORG}/deliveries?status=dead&destination=${id}`);
    expect(filtered.body.data.map((each) => each.id)).toEqual([dead.id]);
    expect((await ask("GET", `${ORG}/deliveries?status=lost`)).status).toBe(400);

    const { body: before } = await ask<ApiJobs>("GET", "jobs");
    expect(before.deliveries).toMatchObject({ waiting: 0, sending: 0, dead: 1 });
    await waitUntil(
      "the dead letter to be counted, after what was measured last is old",
      async () => (await server.metric("mesher_delivery_dead_letters")) === 1,
    );
    expect(await server.metric("mesher_delivery_queue_depth", { state: "sending" })).toBe(0);
    expect((await ask("POST", `${ORG}/deliveries/${dead.id}/resend`)).status).toBe(200);
    expect(await ended(dead.id, 2)).toMatchObject({ status: "sent", attempts: 2 });
    expect(await server.metric("mesher_deliveries_total", { kind: "webhook", outcome: "dead" })).toBe(1);
    expect(await server.metric("mesher_delivery_seconds_count", { kind: "webhook" })).toBeGreaterThan(3);
  });
});

describe("a person", () => {
  test("says what they want to hear, and stops mails by the link in one", async () => {
    const person = new TestPerson(server.url);
    expect((await person.signIn("owner@example.com", "correct horse battery")).status).toBe(200);
    const path = "/api/v1/me/notification-preferences";
    const { body: preferences } = await person.get<ApiNotificationPreferences>(path);
    expect(preferences).toMatchObject({
      mode: "instant",
      only_assigned: false,
      weekly_report: true,
      email: "owner@example.com",
      is_mail_set_up: true,
    });
    const { body: changed } = await person.patch<ApiNotificationPreferences>(path, {
      mode: "daily",
      only_assigned: true,
    });
    expect(changed).toMatchObject({ mode: "daily", only_assigned: true, weekly_report: true });

    const userId = (await person.get<{ user: { id: string } }>("/api/v1/me")).body.user.id;
    await mailPerson(userId, preferences.organization_id);
    const sent = await waitUntil("the mail", async () => mail.mails[0]);
    expect(sent.to).toEqual(["owner@example.com"]);
    const link = /List-Unsubscribe:\s*<([^>]+)>/.exec(sent.source)?.[1] ?? "";
    const url = `${server.url}${new URL(link).pathname}${new URL(link).search}`;

    // Programs that follow links change nothing; mail programs post.
    const page = await fetch(url);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('<form method="post">')]);
    expect((await person.get(path)).body).toMatchObject({ mode: "daily" });
    const posted = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: "List-Unsubscribe=One-Click",
    });
    expect(posted.status).toBe(200);
    expect((await person.get(path)).body).toMatchObject({ mode: "mute", weekly_report: true });
    expect((await fetch(url.replace(/.$/, "!"), { method: "POST" })).status).toBe(404);
  });
});

describe("of two nodes that send", () => {
  let other: ServerProcess;

  beforeAll(async () => {
    other = stack.use(await startServer());
  });

  /** Four messages that the receiver has and does not answer; the first is the victim's. */
  async function sendFour() {
    const held = new Map<string, ServerResponse>();
    receiver.answer = (response, { headers }) => void held.set(String(headers["webhook-id"]), response);
    const ids: string[] = [];
    for (const name of ["one", "two", "three", "four"]) ids.push(await queueTest((await webhook(name)).id));
    await waitUntil("all of them under way", async () => held.size === ids.length || undefined);
    const nodes = await Promise.all(ids.map(async (id) => (await readDelivery(id)).attempt_log[0]?.node));
    const victim = [server, other].find(({ process: { pid } }) => nodes[0]?.endsWith(`/${pid}`));
    if (victim === undefined) throw new Error(`nobody is ${nodes[0]}`);
    const isLost = (index: number) => nodes[index] === nodes[0];
    return { held, ids, victim, survivor: victim === server ? other : server, isLost };
  }

  const outcomesOf = async (id: string) => (await readDelivery(id)).attempt_log.map(({ outcome }) => outcome);

  test("one freezes: the other sends its messages again, and the thawed one sends none and changes nothing", async () => {
    const { held, ids, victim, survivor, isLost } = await sendFour();
    victim.process.kill("SIGSTOP");
    receiver.answer = (response) => void response.writeHead(204).end();
    // The frozen one finds its answers when it thaws.
    for (const response of held.values()) response.writeHead(204).end();
    ask = apiClient(survivor);
    const outcomes = ids.map((_, index) => (isLost(index) ? ["sent", "lost"] : ["sent"]));
    for (const [index, id] of ids.entries()) {
      await waitUntil(`delivery ${id}`, async () => (await readDelivery(id)).status === "sent" || undefined);
      expect(await outcomesOf(id)).toEqual(outcomes[index]);
    }
    const lost = outcomes.filter(({ length }) => length > 1).length;
    expect(receiver.requests).toHaveLength(ids.length + lost);

    victim.process.kill("SIGCONT");
    await waitUntil("the thawed one to learn that they are no longer its", async () => {
      const taken = await victim.metric("mesher_deliveries_total", { kind: "webhook", outcome: "taken_over" });
      return taken === lost || undefined;
    });
    // What it has learnt of its own attempt it writes down, and nothing of the delivery.
    for (const [index, id] of ids.entries()) {
      const { status, attempts, attempt_log } = await readDelivery(id);
      expect([status, attempts, attempt_log[0]?.outcome]).toEqual(["sent", outcomes[index]?.length, "sent"]);
    }
    const arrived = receiver.requests.map(({ headers }) => headers["webhook-id"]);
    for (const [index, id] of ids.entries())
      expect(arrived.filter((each) => each === id)).toHaveLength(outcomes[index]?.length ?? 0);
    expect(arrived).toHaveLength(ids.length + lost);
  });

  // Last, for it ends one of the servers.
  test("one is killed: every message arrives all the same, repeated at most once and under its old id", async () => {
    const { held, ids, victim, survivor, isLost } = await sendFour();
    await victim.kill();

    receiver.answer = (response) => void response.writeHead(204).end();
    for (const response of held.values()) response.writeHead(204).end();
    ask = apiClient(survivor);
    for (const [index, id] of ids.entries()) {
      const wasLost = isLost(index);
      const delivery = await waitUntil(`delivery ${id}`, async () => {
        const found = await readDelivery(id);
        return found.status === "sent" ? found : undefined;
      });
      expect(delivery.attempt_log.map(({ outcome }) => outcome)).toEqual(wasLost ? ["sent", "lost"] : ["sent"]);
      const arrived = receiver.requests.filter(({ headers }) => headers["webhook-id"] === id);
      expect(arrived).toHaveLength(wasLost ? 2 : 1);
    }
    expect(receiver.requests).toHaveLength(ids.length + ids.filter((_, index) => isLost(index)).length);
  });
});

async function webhook(name: string): Promise<ApiNewDestination> {
  const config = { url: `${receiver.url}/hook` };
  const { body } = await ask<ApiNewDestination>("POST", `${ORG}/destinations`, { kind: "webhook", name, config });
  return body;
}

async function queueTest(destinationId: string): Promise<string> {
  const { body } = await ask<{ delivery_id: string }>("POST", `${ORG}/destinations/${destinationId}/test`);
  return body.delivery_id;
}

/** Sends a test message, and gives back the delivery when it is over. */
async function sendTest(destinationId: string): Promise<ApiDeliveryDetail> {
  return ended(await queueTest(destinationId), 1);
}

async function readDelivery(id: string): Promise<ApiDeliveryDetail> {
  return (await ask<ApiDeliveryDetail>("GET", `${ORG}/deliveries/${id}`)).body;
}

function ended(id: string, attempts: number): Promise<ApiDeliveryDetail> {
  return waitUntil(`delivery ${id} to end`, async () => {
    const delivery = await readDelivery(id);
    return delivery.attempts === attempts && ["sent", "dead"].includes(delivery.status) ? delivery : undefined;
  });
}

/** A mail as an alert would send it. */
async function mailPerson(userId: string, organizationId: string): Promise<void> {
  const notice = {
    alertId: "a",
    organizationId,
    projectId: organizationId,
    projectName: "Shop",
    ruleId: "r",
    ruleName: "Rule",
    kind: "fired",
    condition: "c",
    message: "m",
    triggeredAtMs: 0,
  };
  await db.database.query({
    text: `
      with made as (
        insert into deliveries (organization_id, user_id, kind, receiver, purpose, title, message, tries_left)
        values ($1, $2, 'email', 'Owner', 'alert', 'Rule', $3, 3) returning id
      )
      select mesher_queue.add_job('deliver', json_build_object('organizationId', $1::text, 'id', id::text), job_key => id::text)
      from made`,
    values: [organizationId, userId, JSON.stringify({ purpose: "alert", notice })],
  });
}
