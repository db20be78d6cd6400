import { readFileSync } from "node:fs";
import type { Event, Frame } from "@mesher/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ServerProcess } from "../src/server-process.ts";
import { waitUntil } from "../src/wait-until.ts";
import { NODE_CLIENT, runNodeClient, type SentEvent } from "./node-client.ts";
import {
  countOutcome,
  listEventIds,
  readEvent,
  readIssue,
  type StoredEvent,
  startTestServer,
  type TestServer,
} from "./test-server.ts";

const CLIENT_LINES = readFileSync(NODE_CLIENT, "utf8").split("\n");

const SDKS = [
  { packageName: "@sentry/node", major: "11" },
  { packageName: "sentry-node-previous", major: "10" },
] as const;

let testServer: TestServer;
let server: ServerProcess;
beforeAll(async () => {
  testServer = await startTestServer();
  server = testServer.server;
});
afterAll(() => testServer[Symbol.asyncDispose]());

describe.for(SDKS)("@sentry/node $major", ({ packageName, major }) => {
  test("an exception arrives with its cause, stack traces and everything that was set", async () => {
    const { sent } = await runNodeClient(server.dsn, packageName, "exception with everything");
    const stored = await readOnly(sent);
    const { normalized: event } = stored;

    expect(event.exception?.values.map(({ type, value }) => [type, value])).toEqual([
      ["RangeError", "Card is declined"],
      ["TypeError", "Order 1001 cannot be placed"],
    ]);
    expect(inAppFunctions(event, 0).slice(-2)).toEqual(["placeOrder", "chargeCard"]);
    expect(inAppFunctions(event, 1).at(-1)).toBe("placeOrder");
    expectSource(lastFrame(event, 0), `throw new RangeError("Card is declined");`);
    expectSource(lastFrame(event, 1), `throw new TypeError("Order 1001 cannot be placed", { cause: error });`);
    expect(event.exception?.values[1]?.mechanism).toMatchObject({ handled: true });

    expect(event.breadcrumbs?.values.map(({ category, message, level }) => [category, message, level])).toEqual([
      ["cart", "Cart opened", "info"],
      ["http", undefined, undefined],
      ["retry", "Trying again", "warning"],
    ]);
    expect(event.breadcrumbs?.values[1]?.data).toEqual({ url: "https://pay.example/", status_code: 503 });
    expect(event.user).toEqual({ id: "42", email: "jane@example.com", username: "jane", ip_address: "203.0.113.7" });
    expect(event.tags).toMatchObject({ shop: "north", "payment.attempt": "3" });
    expect(event.contexts).toMatchObject({ cart: { items: 2, total: { amount: 19.9, currency: "EUR" } } });
    expect(event.contexts?.["runtime"]).toEqual({ name: "node", version: process.version });
    expect(event.extra).toEqual({ order: { id: 1001, lines: ["apple", "pear"] } });
    expect(event).toMatchObject({
      level: "error",
      platform: "node",
      release: "shop@1.2.3",
      environment: "staging",
      server_name: "shelf-1",
    });
    expect(stored).toMatchObject({ sdk_name: "sentry.javascript.node", level: "error" });
    expect(stored.sdk_version?.split(".")[0]).toBe(major);
    expect(stored.cuts).toEqual([]);
    expect(await readIssue(server, stored.issue_id)).toMatchObject({
      title: "TypeError: Order 1001 cannot be placed",
      platform: "node",
      status: "unresolved",
    });
  });

  test("an unhandled error ends the process and arrives as fatal", async () => {
    const { sent, exitCode } = await runNodeClient(server.dsn, packageName, "unhandled error");
    expect(exitCode).toBe(1);
    const { normalized: event } = await readOnly(sent);
    expect(event.level).toBe("fatal");
    expect(event.exception?.values[0]?.mechanism?.handled).toBe(false);
    expect(inAppFunctions(event, 0).at(-1)).toBe("chargeCard");
  });

  test("an unhandled rejection arrives", async () => {
    const { sent } = await runNodeClient(server.dsn, packageName, "unhandled rejection");
    const { normalized: event } = await readOnly(sent);
    expect(event.exception?.values[0]).toMatchObject({ type: "RangeError", value: "Card is declined" });
    expect(event.exception?.values[0]?.mechanism?.handled).toBe(false);
    expect(inAppFunctions(event, 0).at(-1)).toBe("chargeCard");
  });

  test("a message arrives with its level", async () => {
    const { sent } = await runNodeClient(server.dsn, packageName, "message");
    const stored = await readOnly(sent);
    expect(stored).toMatchObject({ level: "warning", message: "Stock of pears is low" });
    expect(await readIssue(server, stored.issue_id)).toMatchObject({ title: stored.message, level: "warning" });
  });

  test("a fingerprint puts unlike events into one issue", async () => {
    const { sent } = await runNodeClient(server.dsn, packageName, "fingerprint");
    const [first, second] = await readAll(sent);
    expect(first?.normalized.fingerprint).toEqual(["disk", "full"]);
    expect(second?.issue_id).toBe(first?.issue_id);
  });

  test("a large event, which the SDK compresses, arrives whole", async () => {
    const { sent } = await runNodeClient(server.dsn, packageName, "large event");
    const stored = await readOnly(sent);
    expect((stored.extra as { rows: unknown[] }).rows).toHaveLength(1_000);
    const { rows } = await testServer.database.query<{ payload_encoding: number }>({
      text: "select payload_encoding from events where event_id = $1",
      values: [stored.id],
    });
    expect(rows).toEqual([{ payload_encoding: GZIP }]);
  });

  test("the same bug, met at two lines of the input, is one issue with two events", async () => {
    const { sent } = await runNodeClient(server.dsn, packageName, "same bug twice");
    const [first, second] = await readAll(sent);
    expect(first?.issue_id).toBe(second?.issue_id);
    const issueId = first?.issue_id ?? "";
    expect(await listEventIds(server, issueId)).toEqual(expect.arrayContaining(sent.map(({ event_id }) => event_id)));
    // Both majors meet the bug, at the same place.
    expect((await readIssue(server, issueId)).event_count).toBe((await listEventIds(server, issueId)).length);
  });
});

test.concurrent.for(SDKS)(
  "@sentry/node $major, when it is rate limited, backs off and tells what it dropped",
  async ({ packageName }) => {
    await using limited = await startTestServer({ MESHER_RATE_LIMIT_MAX_EVENTS: "1" });
    const { sent } = await runNodeClient(limited.server.dsn, packageName, "three messages");
    expect(sent.map(({ message }) => message)).toEqual(["First", "Second", "Third"]);
    await readEvent(limited.server, sent[0]?.event_id ?? "");
    await waitUntil(
      "the client report",
      async () => (await countOutcome(limited.server, "client_discarded", "ratelimit_backoff")) === 1,
    );
    expect(await countOutcome(limited.server, "rate_limited")).toBe(1);
    expect(await countOutcome(limited.server, "stored")).toBe(1);
  },
);

/** What the column `payload_encoding` says of a body that the client has compressed with gzip. */
const GZIP = 1;

/** Each event, whose payload must be what the SDK has sent. */
function readAll(sent: readonly SentEvent[]): Promise<StoredEvent[]> {
  return Promise.all(
    sent.map(async (event) => {
      const stored = await readEvent(server, event.event_id);
      expect(stored.payload).toEqual(event);
      return stored;
    }),
  );
}

async function readOnly(sent: readonly SentEvent[]): Promise<StoredEvent> {
  const [stored, ...others] = await readAll(sent);
  expect(others).toEqual([]);
  if (stored === undefined) throw new Error("nothing was sent");
  return stored;
}

function framesOf(event: Event, exception: number): readonly Frame[] {
  return event.exception?.values[exception]?.stacktrace?.frames ?? [];
}

function lastFrame(event: Event, exception: number): Frame | undefined {
  return framesOf(event, exception).at(-1);
}

function inAppFunctions(event: Event, exception: number): (string | undefined)[] {
  return framesOf(event, exception)
    .filter((frame) => frame.in_app === true)
    .map((frame) => frame.function);
}

/** The frame shows the line of the client's source that reads so, with the lines around it. */
function expectSource(frame: Frame | undefined, code: string): void {
  const index = CLIENT_LINES.findIndex((line) => line.trim() === code);
  expect(frame).toMatchObject({ lineno: index + 1, context_line: CLIENT_LINES[index] });
  expect(frame?.pre_context?.at(-1)).toBe(CLIENT_LINES[index - 1]);
  expect(frame?.post_context?.[0]).toBe(CLIENT_LINES[index + 1]);
}
