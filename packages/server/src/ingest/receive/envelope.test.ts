import { ENVELOPE_ITEMS_MAX } from "@mesher/protocol";
import { describe, expect, test } from "vitest";
import { looksLikeObject } from "./envelope.ts";
import { MIB } from "./limits.ts";
import { AUTH, EVENT_ID, envelopeOf, RECEIVED_AT_MS, startTestServer } from "./test-server.ts";

const PATH = "/api/1/envelope/";
const item = (type: string, payload: string, header = {}) => `${JSON.stringify({ type, ...header })}\n${payload}\n`;

describe("an event", () => {
  test("is journalled as it came, with all that a replay needs", async () => {
    await using server = await startTestServer();
    const header = { event_id: EVENT_ID, sent_at: "2026-11-21T11:59:00Z" };
    const event = { message: "x".repeat(1000) };
    const body = envelopeOf(event, header);

    await server.post(PATH, body, { ...AUTH, "user-agent": "sentry.javascript.node/11" });

    const length = JSON.stringify(event).length;
    expect(server.entries).toEqual([
      {
        projectId: "project-1",
        receivedAtMs: RECEIVED_AT_MS,
        source: "sentry",
        encoding: "identity",
        events: [{ eventId: EVENT_ID, offset: body.length - length - 1, length }],
        sentAt: "2026-11-21T11:59:00Z",
        clientIp: "127.0.0.1",
        userAgent: "sentry.javascript.node/11",
        body: Buffer.from(body),
      },
    ]);
    expect(server.accepted).toEqual([{ projectId: "project-1", category: "error", quantity: 1 }]);
    expect(server.outcomes).toEqual([]);
  });

  test("beside a larger item is journalled alone", async () => {
    await using server = await startTestServer();
    await server.post(PATH, envelopeOf({ a: 1 }) + item("attachment", "x".repeat(1000)));
    expect(server.entries).toMatchObject([{ encoding: "identity", events: [{ offset: 0, length: 7 }] }]);
    expect(server.events()).toEqual([{ a: 1 }]);
  });

  test.each([
    ["the envelope's, before the payload's", { event_id: EVENT_ID }, { event_id: "1".repeat(32) }, EVENT_ID],
    ["a UUID with dashes", { event_id: "9EC79C33-EC99-42AB-8353-589FCB2E04DC" }, {}, EVENT_ID],
    ["the payload's, where the envelope has none", {}, { event_id: EVENT_ID }, EVENT_ID],
    ["made, where there is none", {}, { contexts: { event_id: EVENT_ID } }, "f".repeat(32)],
    ["made, where it is no id", { event_id: "7" }, {}, "f".repeat(32)],
  ])("has the id: %s", async (_, header, event, expected) => {
    await using server = await startTestServer({ makeEventId: () => "f".repeat(32) });
    const response = await server.post(PATH, envelopeOf(event, header));
    expect(await response.json()).toEqual({ id: expected });
    expect(server.entries[0]?.events[0]?.eventId).toBe(expected);
  });

  test("may have NaN, as old Python SDKs send it", async () => {
    await using server = await startTestServer();
    const response = await server.post(PATH, `{}\n{"type":"event"}\n{"event_id":"${EVENT_ID}","extra":{"x":NaN}}`);
    expect(await response.json()).toEqual({ id: EVENT_ID });
  });

  test("may come with any content type, or none", async () => {
    await using server = await startTestServer();
    const types = ["application/x-sentry-envelope", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded"];
    for (const type of types) {
      const response = await server.post(PATH, envelopeOf(), { ...AUTH, "content-type": type });
      expect(response.status).toBe(200);
    }
    const without = await server.post(PATH, Buffer.from(envelopeOf()));
    expect(without.status).toBe(200);
  });

  test("of 1 MiB is taken, of one byte more is answered 413", async () => {
    await using server = await startTestServer();
    const event = (bytes: number) => ({ a: "x".repeat(bytes - 8) });
    expect((await server.post(PATH, envelopeOf(event(MIB)))).status).toBe(200);
    expect((await server.post(PATH, envelopeOf(event(MIB + 1)))).status).toBe(413);
    expect(server.outcomes).toEqual([{ outcome: "too_large", category: "error", quantity: 1, projectId: "project-1" }]);
  });

  test("may stand on a path with many slashes at its end, or none", async () => {
    await using server = await startTestServer();
    expect((await server.post("/api/1/envelope", envelopeOf())).status).toBe(200);
    expect((await server.post("/api/1/envelope///", envelopeOf())).status).toBe(200);
  });
});

describe("items that are not kept are counted, each once", () => {
  test("beside an event", async () => {
    await using server = await startTestServer();
    const others =
      item("attachment", "a") +
      item("transaction", "{}") +
      item("sessions", "{}") +
      item("log", "{}", { item_count: 7 }) +
      item("hologram", "?") +
      item("check_in", "x".repeat(101 * 1024));
    const response = await server.post(PATH, envelopeOf() + others);
    expect(await response.json()).toEqual({ id: EVENT_ID });
    const unsupported = { projectId: "project-1", outcome: "unsupported_item" };
    expect(server.outcomes).toEqual([
      { ...unsupported, category: "attachment", quantity: 1 },
      { ...unsupported, category: "transaction", quantity: 1 },
      { ...unsupported, category: "session", quantity: 1 },
      { ...unsupported, category: "log_item", quantity: 7 },
      { ...unsupported, category: "default", quantity: 1 },
      { ...unsupported, outcome: "item_too_large", category: "monitor", quantity: 1 },
    ]);
  });

  test("without an event: 200 with the envelope's id, and nothing is journalled", async () => {
    await using server = await startTestServer();
    const withId = await server.post(PATH, `{"event_id":"${EVENT_ID}"}\n${item("transaction", "{}")}`);
    expect([withId.status, await withId.json()]).toEqual([200, { id: EVENT_ID }]);
    const empty = await server.post(PATH, "{}");
    expect([empty.status, await empty.json()]).toEqual([200, {}]);
    expect(server.entries).toEqual([]);
    expect(server.accepted).toEqual([]);
  });

  test("client reports tell what SDKs dropped", async () => {
    await using server = await startTestServer();
    const discarded_events = [
      { reason: "before_send", category: "error", quantity: 3 },
      { reason: "invented'reason", category: "invented", quantity: 1 },
      { reason: "sample_rate", category: "transaction", quantity: "many" },
    ];
    await server.post(PATH, `{}\n${item("client_report", JSON.stringify({ discarded_events }))}`);
    expect(server.outcomes).toEqual([
      { projectId: "project-1", outcome: "client_discarded", category: "error", reason: "before_send", quantity: 3 },
      { projectId: "project-1", outcome: "client_discarded", category: "default", reason: "other", quantity: 1 },
    ]);
  });

  test.each([
    ["one that cannot be read", "{", "unsupported_item"],
    ["one over 4 KiB", JSON.stringify({ discarded_events: [], padding: "x".repeat(4096) }), "item_too_large"],
  ])("client report: %s", async (_, payload, outcome) => {
    await using server = await startTestServer();
    expect((await server.post(PATH, `{}\n${item("client_report", payload)}`)).status).toBe(200);
    expect(server.outcomes).toMatchObject([{ outcome, category: "internal" }]);
  });

  test.each([
    ["too large", envelopeOf({ message: "x".repeat(MIB) }), 413],
    ["no object", envelopeOf([]), 400],
    ["one of two", envelopeOf() + item("event", "{}"), 400],
  ])("are counted when the event is refused: %s", async (_, envelope, status) => {
    await using server = await startTestServer();
    const report = JSON.stringify({ discarded_events: [{ category: "error", reason: "before_send", quantity: 7 }] });
    const body = envelope + item("client_report", report) + item("session", "{}");
    expect((await server.post(PATH, body)).status).toBe(status);
    expect(server.outcomes).toMatchObject([
      { outcome: "client_discarded", reason: "before_send", quantity: 7 },
      { outcome: "unsupported_item", category: "session", quantity: 1 },
      { category: "error" },
    ]);
  });

  test("although the event beside them is over its rate limit", async () => {
    await using server = await startTestServer({
      rateLimiter: { consume: () => ({ granted: 0, retryAfterSeconds: 5 }) },
    });
    const report = JSON.stringify({ discarded_events: [{ reason: "before_send", category: "error", quantity: 2 }] });
    expect((await server.post(PATH, envelopeOf() + item("client_report", report))).status).toBe(429);
    expect(server.outcomes.map(({ outcome }) => outcome).toSorted()).toEqual(["client_discarded", "rate_limited"]);
  });
});

describe("malformed: 400", () => {
  test.each([
    ["an empty body", "", 1],
    ["a header that is no JSON", "hello", 1],
    ["a payload that is shorter than its length", `{}\n{"type":"event","length":9}\n{}`, 1],
    ["a payload that is longer than its length", `{}\n{"type":"event","length":1}\n{}`, 1],
    ["two events", envelopeOf() + item("event", "{}"), 2],
    ["an event that is an array", `{}\n{"type":"event"}\n[]`, 1],
    ["an event that is cut off", `{}\n{"type":"event"}\n{"a":"`, 1],
    ["an empty event", `{}\n{"type":"event","length":0}\n\n`, 1],
    ["an event without id that is no JSON", `{}\n{"type":"event"}\n{"a":}`, 1],
    ["too many items", `{}\n${item("attachment", "").repeat(ENVELOPE_ITEMS_MAX + 1)}`, 1],
  ])("%s", async (_, body, quantity) => {
    await using server = await startTestServer();
    const response = await server.post(PATH, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ detail: expect.any(String), causes: expect.any(Array) });
    expect(server.outcomes).toMatchObject([{ outcome: "malformed", category: "error", quantity }]);
  });
});

test.each([
  ["{}", true],
  [' \r\n\t{"a":1} \n', true],
  ["\ufeff{}", true],
  ["", false],
  ["{", false],
  ["}", false],
  ["   ", false],
  ['"{}"', false],
])("%j looks like a JSON object: %s", (text, expected) => {
  expect(looksLikeObject(Buffer.from(text))).toBe(expected);
});
