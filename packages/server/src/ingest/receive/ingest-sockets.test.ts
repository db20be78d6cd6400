import { once } from "node:events";
import { openSocket, waitUntil } from "@mesher/testkit";
import { describe, expect, test } from "vitest";
import type { WebSocket } from "ws";
import { JournalUnavailableError } from "../journal/entry.ts";
import { UNANSWERED_MAX } from "./frame-queue.ts";
import { AUTH, EVENT_ID, KEY, startTestServer } from "./test-server.ts";

type TestServer = Awaited<ReturnType<typeof startTestServer>>;
type Answer = { readonly [key: string]: unknown };

/** A client that keeps its answers. */
async function connect(server: TestServer, headers: Record<string, string> = AUTH, query = "") {
  const socket = await openSocket(`ws://127.0.0.1:${server.port}/ingest${query}`, headers);
  const answers: Answer[] = [];
  socket.on("message", (data: Buffer) => answers.push(JSON.parse(data.toString()) as Answer));
  return {
    socket,
    answers,
    /** Sends frames and waits for as many answers. */
    async ask(...frames: readonly unknown[]): Promise<Answer[]> {
      const from = answers.length;
      for (const frame of frames) socket.send(typeof frame === "string" ? frame : JSON.stringify(frame));
      await waitUntil(`${frames.length} answers`, async () => answers.length >= from + frames.length);
      return answers.slice(from);
    },
    [Symbol.dispose]: () => socket.terminate(),
  };
}

const closeOf = async (socket: WebSocket) => ((await once(socket, "close")) as [code: number])[0];

describe("[INGEST-05] [C-70] the key is checked at the upgrade", () => {
  const basic = Buffer.from(`${KEY}:`).toString("base64");
  test.each([
    ["X-Sentry-Auth", AUTH, ""],
    ["X-Sentry-Auth, bare", { "x-sentry-auth": KEY }, ""],
    ["Bearer", { authorization: `Bearer ${KEY}` }, ""],
    ["Basic", { authorization: `Basic ${basic}` }, ""],
    ["bare Authorization", { authorization: KEY }, ""],
    ["the address", {}, `?sentry_key=${KEY}`],
  ] as const)("by %s", async (_name, headers, query) => {
    await using server = await startTestServer();
    using client = await connect(server, headers, query);
    expect(await client.ask({ message: "x" })).toMatchObject([{ status: "accepted" }]);
    expect(server.entries.map(({ projectId, source }) => [projectId, source])).toEqual([["project-1", "native"]]);
  });

  test.each([
    ["no key", {}, "missing_auth"],
    ["an unknown key", { authorization: "Bearer mshr_unknown" }, "unknown_key"],
    ["any value of a header", { "x-sentry-auth": "Sentry anything" }, "missing_auth"],
    ["two keys that differ", { ...AUTH, authorization: "Bearer mshr_2222" }, "missing_auth"],
  ] as const)("%s is refused and counted", async (_name, headers, outcome) => {
    await using server = await startTestServer();
    await expect(connect(server, headers)).rejects.toMatchObject({ status: 401, body: { code: outcome } });
    expect(server.outcomes).toMatchObject([{ outcome, category: "error", quantity: 1 }]);
  });

  test("a key that is revoked while a client is connected opens nothing any more", async () => {
    const known = { publicKey: KEY, projectId: "p", projectNumber: 1, organizationId: "o", sampleRate: 1 };
    let isRevoked = false;
    await using server = await startTestServer({ findProjectKey: () => (isRevoked ? undefined : known) });
    using client = await connect(server);
    expect(await client.ask({ message: "x" })).toMatchObject([{ status: "accepted" }]);
    isRevoked = true;
    expect(await client.ask({ message: "x", ref: 7 })).toEqual([
      { status: "rejected", error: "unauthorized", code: "unknown_key", ref: 7 },
    ]);
    expect(server.entries).toHaveLength(1);
  });
});

test("[INGEST-05] each frame is answered in its turn, with its event's id and the client's own name for it", async () => {
  await using server = await startTestServer();
  using client = await connect(server);
  const answers = await client.ask(
    { message: "first", event_id: EVENT_ID, ref: "a" },
    { message: "second" },
    [{ message: "third", ref: 3 }, { level: "error" }, { message: "fourth", event_id: EVENT_ID, ref: "d" }],
    "not json",
    { level: "error", ref: "f" },
    [],
    [{ nothing: true, ref: "g" }],
    '"text"',
  );
  const id = expect.stringMatching(/^[0-9a-f]{32}$/);
  expect(answers).toEqual([
    { status: "accepted", id: EVENT_ID, ref: "a" },
    { status: "accepted", id },
    {
      status: "accepted",
      results: [
        { status: "accepted", id, ref: 3 },
        expect.objectContaining({ status: "rejected", code: "invalid_event" }),
        { status: "accepted", id: EVENT_ID, ref: "d" },
      ],
    },
    { status: "rejected", error: "the body is not JSON", code: "invalid_json" },
    expect.objectContaining({ status: "rejected", code: "invalid_event", ref: "f", details: expect.any(Array) }),
    { status: "rejected", error: "the array holds no event", code: "no_events", results: [] },
    expect.objectContaining({
      status: "rejected",
      code: "invalid_event",
      results: [expect.objectContaining({ status: "rejected", code: "invalid_event", ref: "g" })],
    }),
    expect.objectContaining({ status: "rejected", code: "invalid_event" }),
  ]);
  expect(server.events()).toEqual([
    { message: "first", event_id: EVENT_ID, ref: "a" },
    { message: "second" },
    { message: "third", ref: 3 },
    { message: "fourth", event_id: EVENT_ID, ref: "d" },
  ]);
  // Whatever was sent is accounted for: four accepted, six refused.
  expect(server.accepted.reduce((sum, { quantity }) => sum + quantity, 0)).toBe(4);
  expect(server.outcomes.map(({ outcome, quantity }) => [outcome, quantity])).toEqual(
    Array.from({ length: 6 }, () => ["malformed", 1]),
  );
});

describe("[INGEST-05] limits are those of HTTP", () => {
  test("an event and a bulk that are too large are refused; a frame above every limit ends the connection", async () => {
    await using server = await startTestServer({ limits: { eventBytesMax: 100, bulkBytesMax: 400, bulkEventsMax: 3 } });
    using client = await connect(server);
    const long = { message: "x".repeat(100), ref: 1 };
    expect(await client.ask(long, [long, { message: "short", ref: 2 }], [1, 2, 3, 4])).toMatchObject([
      { status: "rejected", code: "too_large", details: { bytes_max: 100 } },
      {
        results: [
          { code: "too_large", ref: 1 },
          { status: "accepted", ref: 2 },
        ],
      },
      { status: "rejected", code: "too_many_events" },
    ]);
    client.socket.send("x".repeat(401));
    expect(await closeOf(client.socket)).toBe(1009);
    await waitUntil("all outcomes", async () => server.outcomes.length === 4);
    expect(server.outcomes.map(({ outcome, quantity }) => [outcome, quantity])).toEqual([
      ["too_large", 1],
      ["too_large", 1],
      ["too_large", 4],
      ["too_large", 1],
    ]);
    expect(server.outcomes.every(({ projectId }) => projectId === "project-1")).toBe(true);
  });

  test("sampling and the rate limit hold", async () => {
    await using server = await startTestServer();
    using sampled = await connect(server, { authorization: "Bearer nothing" });
    expect(await sampled.ask({ message: "x" })).toMatchObject([{ status: "accepted" }]);
    expect(server.entries).toEqual([]);
    expect(server.outcomes).toMatchObject([{ outcome: "sampled" }]);

    using limited = await connect(server, { authorization: "Bearer three" });
    const [first, second, third] = await limited.ask(
      [{ message: "a" }, { message: "b" }],
      [
        { message: "c", ref: "c" },
        { message: "d", ref: "d" },
      ],
      { message: "e", ref: "e" },
    );
    expect(first).toMatchObject({ results: [{ status: "accepted" }, { status: "accepted" }] });
    expect(second).toMatchObject({
      retry_after_seconds: expect.any(Number),
      results: [
        { status: "accepted", ref: "c" },
        { status: "rejected", code: "rate_limited", ref: "d" },
      ],
    });
    expect(third).toMatchObject({ status: "rejected", code: "rate_limited", ref: "e" });
    expect(third?.["retry_after_seconds"]).toBeGreaterThan(0);
    expect(server.entries.flatMap(({ events }) => events)).toHaveLength(3);
  });

  test("a journal that takes no more is told, counted, and nothing of it is accepted", async () => {
    await using server = await startTestServer({
      journal: { append: () => Promise.reject(new JournalUnavailableError("full")) },
    });
    using client = await connect(server);
    expect(await client.ask({ message: "x", ref: "x" })).toMatchObject([
      { status: "rejected", code: "overloaded", retry_after_seconds: 10, ref: "x" },
    ]);
    expect(server.outcomes).toMatchObject([{ outcome: "overloaded", quantity: 1 }]);
  });

  test("bytes of frames under way count with those of HTTP, and are given back", async () => {
    await using server = await startTestServer({ limits: { inFlightBytesMax: 50 } });
    using client = await connect(server);
    expect(await client.ask({ message: "x".repeat(60) }, { message: "x" })).toMatchObject([
      { status: "rejected", code: "overloaded" },
      { status: "accepted" },
    ]);
    expect(server.budget.bytesHeld).toBe(0);
  });
});

test("[INGEST-05] a client that sends faster than the journal writes waits; nothing is lost, and memory is bounded", async () => {
  const disk = Promise.withResolvers<void>();
  let appended = 0;
  await using server = await startTestServer({
    journal: {
      append: async () => {
        appended += 1;
        await disk.promise;
      },
    },
    // Whatever the rate.
    rateLimiter: { consume: (_key, points) => ({ granted: points, retryAfterSeconds: 1 }) },
  });
  using client = await connect(server);
  const text = "x".repeat(60_000);
  const total = 600;
  for (let n = 0; n < total; n += 1) client.socket.send(JSON.stringify({ message: text, ref: n }));
  await waitUntil("the first frames", async () => appended >= UNANSWERED_MAX);
  // Not read any further: the rest waits in the sockets.
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  expect(appended).toBeLessThan(UNANSWERED_MAX + 10);
  expect(client.answers).toEqual([]);

  disk.resolve();
  await waitUntil("all answers", async () => client.answers.length === total);
  expect(client.answers.map(({ ref }) => ref)).toEqual(Array.from({ length: total }, (_, n) => n));
  expect(appended).toBe(total);
});

test("a server that stops answers what has come, and closes with 1001", async () => {
  const disk = Promise.withResolvers<void>();
  const appended = Promise.withResolvers<void>();
  await using server = await startTestServer({
    journal: {
      append: async () => {
        appended.resolve();
        await disk.promise;
      },
    },
  });
  using client = await connect(server);
  client.socket.send('{"message":"x","ref":"last"}');
  await appended.promise;
  const closed = closeOf(client.socket);
  const stopped = server.sockets.stop();
  await expect(connect(server)).rejects.toMatchObject({ status: 503 });
  disk.resolve();
  expect(await closed).toBe(1001);
  await stopped;
  expect(client.answers).toMatchObject([{ status: "accepted", ref: "last" }]);
});
