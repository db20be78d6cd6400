/**
 * Messages to known services, from the destination to the wire and back: a server stands at the services' addresses, with a
 * certificate for their names, and answers as they do.
 */
import { randomUUID } from "node:crypto";
import type { LookupAddress } from "node:dns";
import type { DestinationKind } from "@mesher/protocol";
import { HttpReceiver, SERVICES_CERTIFICATE, testDatabase } from "@mesher/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { AlertNotice } from "./alert-notice.ts";
import type { Delivering } from "./deliver.ts";
import {
  attempt,
  createTestDestination,
  createTestOrganization,
  noticeOf,
  queueOne,
  type TestOrganization,
  testDelivering,
} from "./deliveries-testing.ts";
import { findDelivery, listAttempts } from "./delivery-list.queries.ts";
import type { ConfigValue } from "./destination.ts";
import { parseAllowed } from "./outbound/address-rule.ts";
import { OutboundClient, type Resolve } from "./outbound/send-request.ts";

type Service = Exclude<DestinationKind, "email" | "webhook">;

interface Described {
  /** What people enter. */
  readonly values: Readonly<Record<string, ConfigValue>>;
  /** Where messages go: host and path. */
  readonly at: string;
  readonly secret: string;
  /** How it answers when it takes a message, and when it never will. */
  readonly takes: readonly [status: number, body?: string];
  readonly refuses: readonly [status: number, body: string];
}

const SLACK = "hooks.slack.com/services/T000/B000/slack-secret";
const DISCORD = "discord.com/api/webhooks/1/discord-secret";
const TEAMS = "prod-01.westus.logic.azure.com/workflows/1/paths/invoke?sig=teams-secret";

const SERVICES: Readonly<Record<Service, Described>> = {
  slack: {
    values: { webhook_url: `https://${SLACK}` },
    at: SLACK,
    secret: `https://${SLACK}`,
    takes: [200, "ok"],
    refuses: [400, "invalid_payload"],
  },
  discord: {
    values: { webhook_url: `https://${DISCORD}` },
    at: DISCORD,
    secret: `https://${DISCORD}`,
    takes: [204],
    refuses: [400, '{"message": "Invalid Form Body", "code": 50035}'],
  },
  teams: {
    values: { webhook_url: `https://${TEAMS}` },
    at: TEAMS,
    secret: `https://${TEAMS}`,
    takes: [202],
    refuses: [400, '{"error":{"code":"TriggerInputSchemaMismatch"}}'],
  },
  telegram: {
    values: { bot_token: "123:telegram-secret", chat_id: "-100" },
    at: "api.telegram.org/bot123%3Atelegram-secret/sendMessage",
    secret: "123:telegram-secret",
    takes: [200, '{"ok":true,"result":{"message_id":1}}'],
    refuses: [400, '{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}'],
  },
  ntfy: {
    values: { url: "https://ntfy.sh/my-topic", token: "tk_ntfy-secret" },
    at: "ntfy.sh/",
    secret: "tk_ntfy-secret",
    takes: [200, '{"id":"1","event":"message"}'],
    refuses: [413, '{"code":41301,"http":413,"error":"attachment too large"}'],
  },
  pagerduty: {
    values: { routing_key: "pagerduty-secret" },
    at: "events.pagerduty.com/v2/enqueue",
    secret: "pagerduty-secret",
    takes: [202, '{"status":"success","message":"Event processed"}'],
    refuses: [400, '{"status":"invalid event","message":"Event object is invalid"}'],
  },
  opsgenie: {
    values: { api_key: "opsgenie-secret", region: "eu" },
    at: "api.eu.opsgenie.com/v2/alerts",
    secret: "opsgenie-secret",
    takes: [202, '{"result":"Request will be processed"}'],
    refuses: [422, '{"message":"Request body is not processable."}'],
  },
};
const EACH = Object.keys(SERVICES) as Service[];

const stack = new AsyncDisposableStack();
let db: Awaited<ReturnType<typeof testDatabase>>;
let services: HttpReceiver;
let delivering: Delivering;
let organization: TestOrganization;

beforeAll(async () => {
  db = stack.use(await testDatabase());
  services = stack.use(await HttpReceiver.start({ tls: SERVICES_CERTIFICATE }));
  delivering = testDelivering(db.database, outbound());
});
afterAll(() => stack.disposeAsync());

/** Each test has an organization of its own, so that no destination waits for what another was told. */
beforeEach(async () => {
  services.requests.length = 0;
  services.answer = (response) => void response.writeHead(202).end();
  organization = await createTestOrganization(db.database);
});

const toServices: Resolve = (_host, _options, callback) =>
  callback(null, [{ address: "127.0.0.1", family: 4 } satisfies LookupAddress]);

/** Of a server whose network has our services in the place of the real ones. */
function outbound({ allowed = "127.0.0.1", authorities = [SERVICES_CERTIFICATE.cert] } = {}): OutboundClient {
  const [trusted] = authorities;
  const network = {
    resolve: toServices,
    tlsPort: services.port,
    ...(trusted !== undefined && { authorities: trusted }),
  };
  const client = new OutboundClient(parseAllowed(allowed), "Mesher/test", network);
  stack.defer(() => client.close());
  return client;
}

describe.each(EACH)("%s", (kind) => {
  const { at, secret, takes, refuses } = SERVICES[kind];

  test("gets the message at its address, and once", async () => {
    answer(...takes);
    const id = await sendTo(kind);
    await attempt(delivering, organization, id);
    await attempt(delivering, organization, id);
    expect(services.requests.map(({ path, headers }) => `${headers.host ?? ""}${path}`)).toEqual([at]);
    expect(await findDelivery(db.database, keyOf(id))).toMatchObject({ status: "sent", attempts: 1, error: null });
  });

  test("that asks for a pause is left alone for as long, and gets the message then", async () => {
    answer(429, "rate limited", { "retry-after": "1200" });
    const id = await sendTo(kind);
    await attempt(delivering, organization, id);
    const waiting = await findDelivery(db.database, keyOf(id));
    expect(waiting).toMatchObject({ status: "waiting", attempts: 1, error: "it answered 429: rate limited" });
    const [{ startedAt } = { startedAt: new Date() }] = await listAttempts(db.database, keyOf(id));
    const waitMs = (waiting?.dueAt.getTime() ?? 0) - startedAt.getTime();
    expect(waitMs).toBeGreaterThanOrEqual(1_200_000);
    await attempt(delivering, organization, id);
    expect(services.requests).toHaveLength(1);
    await pauseIsOver(id);
    answer(...takes);
    await attempt(delivering, organization, id);
    expect(await findDelivery(db.database, keyOf(id))).toMatchObject({ status: "sent", attempts: 2 });
  });

  test("that will never take the message is not asked again", async () => {
    answer(...refuses);
    const id = await sendTo(kind);
    await attempt(delivering, organization, id);
    const [status, said] = refuses;
    expect(await findDelivery(db.database, keyOf(id))).toMatchObject({
      status: "dead",
      attempts: 1,
      error: `it answered ${status}: ${said}`,
    });
    expect(await listAttempts(db.database, keyOf(id))).toMatchObject([{ outcome: "failed", responseStatus: status }]);
  });

  test("that is out of order is tried again; what it repeats of its secret is not kept", async () => {
    answer(500, `no such thing: ${secret}`);
    const id = await sendTo(kind);
    await attempt(delivering, organization, id);
    const error = "it answered 500: no such thing: …";
    expect(await findDelivery(db.database, keyOf(id))).toMatchObject({ status: "waiting", attempts: 1, error });
    expect(JSON.stringify(await listAttempts(db.database, keyOf(id)))).not.toContain("-secret");
  });
});

test.each([401, 403, 404, 502, 504])("a service that answers %i, as proxies do too, is tried again", async (status) => {
  answer(status, "not now");
  const id = await sendTo("pagerduty");
  await attempt(delivering, organization, id);
  const error = `it answered ${status}: not now`;
  expect(await findDelivery(db.database, keyOf(id))).toMatchObject({ status: "waiting", attempts: 1, error });
});

test("a service whose name leads to the inside gets nothing", async () => {
  const guarded = { ...delivering, outbound: outbound({ allowed: "203.0.113.7" }) };
  for (const kind of EACH) {
    const id = await sendTo(kind);
    await attempt(guarded, organization, id);
    const refused = { status: "dead", error: expect.stringContaining("is no address of the internet") };
    expect(await findDelivery(db.database, keyOf(id))).toMatchObject(refused);
  }
  expect(services.requests).toEqual([]);
});

test("whoever cannot prove to be the service gets nothing", async () => {
  const id = await sendTo("pagerduty");
  await attempt({ ...delivering, outbound: outbound({ authorities: [] }) }, organization, id);
  const refused = { status: "waiting", error: expect.stringMatching(/self.signed certificate/) };
  expect(await findDelivery(db.database, keyOf(id))).toMatchObject(refused);

  const elsewhere = await sendTo("slack", {}, { webhook_url: "https://hooks.slack.com.evil.test/services/x" });
  await attempt(delivering, organization, elsewhere);
  expect(await findDelivery(db.database, keyOf(elsewhere))).toMatchObject({
    status: "waiting",
    error: expect.stringContaining("does not match certificate"),
  });
  expect(services.requests).toEqual([]);
});

describe("an incident at an on-call tool", () => {
  const alertId = randomUUID();
  const bodies = () => services.requests.map(({ body }) => JSON.parse(body) as Record<string, unknown>);

  test("is opened by the alert and closed by its end: PagerDuty, by one key", async () => {
    for (const kind of ["fired", "resolved"] as const)
      await attempt(delivering, organization, await sendTo("pagerduty", { kind, alertId }));
    expect(bodies()).toMatchObject([
      { event_action: "trigger", dedup_key: `mesher-${alertId}`, routing_key: "pagerduty-secret" },
      { event_action: "resolve", dedup_key: `mesher-${alertId}`, routing_key: "pagerduty-secret" },
    ]);
  });

  test("is opened by the alert and closed by its end: Opsgenie, by its alias", async () => {
    for (const kind of ["fired", "resolved"] as const)
      await attempt(delivering, organization, await sendTo("opsgenie", { kind, alertId }));
    expect(services.requests.map(({ path, headers }) => [path, headers.authorization])).toEqual([
      ["/v2/alerts", "GenieKey opsgenie-secret"],
      [`/v2/alerts/mesher-${alertId}/close?identifierType=alias`, "GenieKey opsgenie-secret"],
    ]);
  });
});

function answer(status: number, body = "", headers: Readonly<Record<string, string>> = {}): void {
  services.answer = (response) => void response.writeHead(status, headers).end(status === 204 ? undefined : body);
}

/** The id of a delivery that is due. */
async function sendTo(
  kind: Service,
  more: Partial<AlertNotice> = {},
  values: Readonly<Record<string, ConfigValue>> = SERVICES[kind].values,
): Promise<string> {
  const destinationId = await createTestDestination(db.database, organization, { kind, values });
  const actions = [{ type: "destination", destination_id: destinationId }] as const;
  return queueOne(db.database, noticeOf(organization, more), actions);
}

const keyOf = (id: string) => ({ organizationId: organization.organizationId, id });

async function pauseIsOver(id: string): Promise<void> {
  const values = [organization.organizationId, id];
  await db.database.query({
    text: "update destinations set paused_until = null where organization_id = $1",
    values: values.slice(0, 1),
  });
  await db.database.query({
    text: "update deliveries set due_at = now(), has_slot = true where organization_id = $1 and id = $2",
    values,
  });
}
