import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { MIB } from "./limits.ts";
import { AUTH, EVENT_ID, startTestServer } from "./test-server.ts";

describe("a single event", () => {
  test("[INGEST-06] is accepted with its id and journalled as it came", async () => {
    await using server = await startTestServer();
    const body = ` {"message":"x","event_id":"${EVENT_ID}"} `;
    const response = await server.post("/api/v1/events", gzipSync(body), { ...AUTH, "content-encoding": "gzip" });
    expect([response.status, await response.json()]).toEqual([202, { id: EVENT_ID, status: "accepted" }]);
    expect(server.entries).toMatchObject([
      { source: "native", encoding: "gzip", events: [{ eventId: EVENT_ID, offset: 0, length: body.length }] },
    ]);
  });

  test("gets an id if it has none", async () => {
    await using server = await startTestServer({ makeEventId: () => "f".repeat(32) });
    const response = await server.post("/api/v1/events/", '{"message":"x"}');
    expect(await response.json()).toEqual({ id: "f".repeat(32), status: "accepted" });
  });

  test.each([
    ["no message", "{}", 400, { error: "message must be a non-empty string", code: "invalid_event" }],
    ["a strange level", '{"message":"x","level":"loud"}', 400, { details: [{ path: "level" }] }],
    ["no JSON", '{"message":', 400, { code: "invalid_json" }],
    ["nothing", "", 400, { code: "invalid_json" }],
    ["an array", "[]", 400, { error: "event must be a JSON object" }],
    ["1 MiB and more", JSON.stringify({ message: "x".repeat(MIB) }), 413, { error: "payload too large" }],
  ])("[INGEST-02] is refused with its reason: %s", async (_, body, status, expected) => {
    await using server = await startTestServer();
    const response = await server.post("/api/v1/events", body);
    expect([response.status, await response.json()]).toMatchObject([status, expected]);
    expect(server.outcomes).toMatchObject([{ category: "error", quantity: 1, projectId: "project-1" }]);
    expect(server.entries).toEqual([]);
  });
});

describe("a bulk", () => {
  test("[INGEST-03] of 100 is accepted, with an id for each", async () => {
    await using server = await startTestServer();
    const events = Array.from({ length: 100 }, (_, index) => ({ message: `number ${index} ],{"` }));
    const response = await server.post("/api/v1/events/bulk", JSON.stringify(events));
    const { status, results } = (await response.json()) as { status: string; results: { id: string }[] };
    expect([response.status, status, results.length]).toEqual([202, "accepted", 100]);
    expect(server.events()).toEqual(events);
    expect(server.entries[0]?.events.map(({ eventId }) => eventId)).toEqual(results.map(({ id }) => id));
    expect(server.accepted).toEqual([{ projectId: "project-1", category: "error", quantity: 100 }]);
  });

  test("[INGEST-03] answers for every element: a bad one does not spoil the others", async () => {
    await using server = await startTestServer();
    const large = { message: "x".repeat(MIB) };
    const body = JSON.stringify([{ message: "a", event_id: EVENT_ID }, {}, 7, large, { message: "b" }]);
    const response = await server.post("/api/v1/events/bulk", body);
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({
      status: "accepted",
      results: [
        { status: "accepted", id: EVENT_ID },
        {
          status: "rejected",
          error: "message must be a non-empty string",
          code: "invalid_event",
          details: [{ path: "message", reason: "must be a non-empty string" }],
        },
        expect.objectContaining({ status: "rejected", error: "event must be a JSON object" }),
        { status: "rejected", error: "payload too large", code: "too_large", details: { bytes_max: MIB } },
        { status: "accepted", id: expect.any(String) },
      ],
    });
    expect(server.events()).toEqual([{ message: "a", event_id: EVENT_ID }, { message: "b" }]);
    expect(server.outcomes).toMatchObject([
      { outcome: "malformed", quantity: 2 },
      { outcome: "too_large", quantity: 1 },
    ]);
  });

  test("over its rate limit is accepted in part, and says which", async () => {
    await using server = await startTestServer();
    const body = JSON.stringify([{ message: "1" }, {}, { message: "2" }, { message: "3" }, { message: "4" }]);
    const response = await server.post("/api/v1/events/bulk", body, { "x-sentry-auth": "three" });
    const { results } = (await response.json()) as { results: { status: string; code?: string }[] };
    expect(response.status).toBe(202);
    expect(results.map(({ status, code }) => code ?? status)).toEqual([
      "accepted",
      "invalid_event",
      "accepted",
      "accepted",
      "rate_limited",
    ]);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect(server.events()).toHaveLength(3);
    expect(server.outcomes).toMatchObject([
      { outcome: "malformed", quantity: 1 },
      { outcome: "rate_limited", quantity: 1 },
    ]);
    const next = await server.post("/api/v1/events/bulk", '[{"message":"5"}]', { "x-sentry-auth": "three" });
    expect([next.status, await next.json()]).toMatchObject([429, { error: "rate limited", code: "rate_limited" }]);
  });

  test.each([
    ["nothing valid in it", '[{},{"message":""}]', 400, "invalid_event", "malformed", 2],
    ["no element", "[]", 400, "no_events", "malformed", 1],
    ["no array", '{"message":"x"}', 400, "not_an_array", "malformed", 1],
    ["no JSON", "[{]", 400, "invalid_json", "malformed", 1],
    [
      "101 elements",
      JSON.stringify(Array.from({ length: 101 }, () => ({ message: "x" }))),
      413,
      "too_many_events",
      "too_large",
      101,
    ],
    [
      "more than 5 MiB",
      JSON.stringify(Array.from({ length: 6 }, () => ({ message: "x".repeat(MIB - 20) }))),
      413,
      "too_large",
      "too_large",
      1,
    ],
  ])("is refused with %s", async (_, body, status, code, outcome, quantity) => {
    await using server = await startTestServer();
    const response = await server.post("/api/v1/events/bulk", body);
    expect([response.status, await response.json()]).toMatchObject([status, { error: expect.any(String), code }]);
    expect(server.outcomes).toMatchObject([{ outcome, quantity }]);
    expect(server.entries).toEqual([]);
  });
});
