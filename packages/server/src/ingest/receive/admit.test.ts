import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { JournalUnavailableError } from "../journal/entry.ts";
import { isKept } from "./admit.ts";
import { createRateLimiter } from "./rate-limiter.ts";
import { AUTH, EVENT_ID, envelopeOf, KEY, startTestServer } from "./test-server.ts";

const NATIVE = '{"message":"x"}';

describe("sampling", () => {
  test("at rate 0 answers as if accepted, keeps nothing and counts it", async () => {
    await using server = await startTestServer();
    const response = await server.post("/api/3/envelope/?sentry_key=nothing", envelopeOf(), {});
    expect([response.status, await response.json()]).toEqual([200, { id: EVENT_ID }]);
    expect(server.entries).toEqual([]);
    expect(server.accepted).toEqual([{ projectId: "project-3", category: "error", quantity: 1 }]);
    expect(server.outcomes).toEqual([{ projectId: "project-3", outcome: "sampled", category: "error", quantity: 1 }]);
  });

  test("uses up no rate limit", async () => {
    await using server = await startTestServer({ rateLimiter: createRateLimiter({ events: 1 }) });
    for (let sent = 0; sent < 3; sent++) {
      expect((await server.post("/api/v1/events", NATIVE, { "x-sentry-auth": "nothing" })).status).toBe(202);
    }
  });

  test("of a bulk keeps a part, and every element is answered as accepted", async () => {
    await using server = await startTestServer();
    const body = JSON.stringify(Array.from({ length: 100 }, () => ({ message: "x" })));
    const response = await server.post("/api/v1/events/bulk", body, { "x-sentry-auth": "half" });
    const { results } = (await response.json()) as { results: { status: string }[] };
    expect(results.every(({ status }) => status === "accepted")).toBe(true);
    const kept = server.events().length;
    expect(kept).toBeGreaterThan(20);
    expect(kept).toBeLessThan(80);
    expect(server.outcomes).toMatchObject([{ outcome: "sampled", quantity: 100 - kept }]);
  });

  test("decides by the id alone, and keeps about the rate of them", () => {
    const ids = Array.from({ length: 20_000 }, (_, index) => index.toString(16).padStart(32, "0"));
    for (const rate of [0.01, 0.1, 0.5, 0.9]) {
      const kept = ids.filter((id) => isKept(id, rate)).length;
      expect(Math.abs(kept / ids.length - rate)).toBeLessThan(0.02);
    }
    expect(ids.filter((id) => isKept(id, 0))).toEqual([]);
    expect(ids.every((id) => isKept(id, 1))).toBe(true);
  });

  test("keeps at a higher rate whatever it keeps at a lower one", () => {
    const rate = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.uuid(), rate, rate, (id, a, b) => {
        expect(isKept(id, Math.max(a, b)) || !isKept(id, Math.min(a, b))).toBe(true);
      }),
    );
  });
});

describe("the rate limit", () => {
  test("[INGEST-04] [C-81] refuses the 1001st event of a window and takes one in the next", async () => {
    await using server = await startTestServer({ rateLimiter: createRateLimiter({ windowSeconds: 2 }) });
    const hundred = JSON.stringify(Array.from({ length: 100 }, () => ({ message: "x" })));
    for (let sent = 0; sent < 10; sent++) {
      expect((await server.post("/api/v1/events/bulk", hundred)).status).toBe(202);
    }
    const refused = await server.post("/api/v1/events", NATIVE);
    expect([refused.status, await refused.json()]).toEqual([429, { error: "rate limited", code: "rate_limited" }]);
    const seconds = Number(refused.headers.get("retry-after"));
    expect(seconds).toBeGreaterThanOrEqual(1);
    expect(seconds).toBeLessThanOrEqual(2);
    expect(server.outcomes).toMatchObject([{ outcome: "rate_limited", projectId: "project-1", quantity: 1 }]);

    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    expect((await server.post("/api/v1/events", NATIVE)).status).toBe(202);
  });

  test("tells SDKs what to keep back, in their words", async () => {
    await using server = await startTestServer({
      rateLimiter: { consume: () => ({ granted: 0, retryAfterSeconds: 7 }) },
    });
    const response = await server.post("/api/1/envelope/", envelopeOf());
    expect(response.status).toBe(429);
    expect(response.headers.get("retry-after")).toBe("7");
    expect(response.headers.get("x-sentry-rate-limits")).toBe("7:default;error;security:key:rate_limited");
    expect(await response.json()).toMatchObject({ detail: "rate limited" });
  });

  test("is each key's own", async () => {
    await using server = await startTestServer();
    for (let sent = 0; sent < 4; sent++) await server.post("/api/v1/events", NATIVE, { "x-sentry-auth": "three" });
    expect((await server.post("/api/v1/events", NATIVE, { "x-sentry-auth": "three" })).status).toBe(429);
    expect((await server.post("/api/v1/events", NATIVE)).status).toBe(202);
  });

  test("never grants more than the budget, however it is asked", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 50 })),
        fc.integer({ min: 0, max: 100 }),
        async (asks, budget) => {
          const limiter = createRateLimiter({ events: budget });
          const consumed = await Promise.all(asks.map(async (points) => limiter.consume(KEY, points)));
          const granted = consumed.reduce((sum, consumption) => sum + consumption.granted, 0);
          const asked = asks.reduce((sum, points) => sum + points, 0);
          expect(granted).toBe(Math.min(asked, budget));
        },
      ),
    );
  });
});

describe("a journal", () => {
  test("that takes nothing more: 429 with the time to come back, counted, nothing accepted", async () => {
    await using server = await startTestServer({
      journal: { append: () => Promise.reject(new JournalUnavailableError("full")) },
    });
    const response = await server.post("/api/v1/events/bulk", `[${NATIVE},${NATIVE}]`);
    expect([response.status, await response.json()]).toMatchObject([429, { code: "overloaded" }]);
    expect(response.headers.get("retry-after")).toBe("10");
    expect(response.headers.get("x-sentry-rate-limits")).toMatch(/^10:.*error/);
    expect(server.outcomes).toMatchObject([{ outcome: "overloaded", quantity: 2, projectId: "project-1" }]);
    expect(server.accepted).toEqual([]);
  });

  test("that fails unforeseen: 500, logged, and its cause is told to nobody", async () => {
    const logged: unknown[] = [];
    await using server = await startTestServer({
      journal: { append: () => Promise.reject(new Error("secret path")) },
      log: { error: (fields) => logged.push(fields) },
    });
    const response = await server.post("/api/1/envelope/", envelopeOf());
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("secret");
    expect(logged).toMatchObject([{ err: { message: "secret path" } }]);
    expect(server.outcomes).toMatchObject([{ outcome: "overloaded", reason: "fault" }]);
  });

  test("that is slow: the client is answered only when the entry is on disk", async () => {
    const append = Promise.withResolvers<void>();
    await using server = await startTestServer({ journal: { append: () => append.promise } });
    const posting = server.post("/api/1/envelope/", envelopeOf(), AUTH);
    const other = fetch(`${server.url}/elsewhere`);
    expect(await Promise.race([posting, other])).toBe(await other);
    append.resolve();
    expect((await posting).status).toBe(200);
  });
});
