import { deflateSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { AUTH, EVENT_ID, envelopeOf, KEY, startTestServer } from "./test-server.ts";

const EVENT = { event_id: EVENT_ID, message: "from an old SDK" };
const JSON_TEXT = JSON.stringify(EVENT);

describe("an event is taken", () => {
  test.each([
    ["as JSON", JSON_TEXT],
    ["with a byte order mark", `\ufeff${JSON_TEXT}`],
    ["as zlib without a header", deflateSync(JSON_TEXT)],
    ["as gzip without a header", gzipSync(JSON_TEXT)],
    ["as base64 of zlib", deflateSync(JSON_TEXT).toString("base64")],
    ["as base64 of gzip", gzipSync(JSON_TEXT).toString("base64")],
    ["as base64 of JSON", Buffer.from(JSON_TEXT).toString("base64")],
  ])("%s", async (_, body) => {
    await using server = await startTestServer();
    const response = await server.post("/api/1/store/", body);
    expect([response.status, await response.json()]).toEqual([200, { id: EVENT_ID }]);
    const [entry] = server.entries;
    expect(entry).toMatchObject({ encoding: "identity", source: "sentry", events: [{ eventId: EVENT_ID, offset: 0 }] });
    expect(Buffer.from(entry?.body ?? []).toString()).toContain(JSON_TEXT);
  });

  test("as it was compressed, when a header says so", async () => {
    await using server = await startTestServer();
    await server.post("/api/1/store/", gzipSync(JSON_TEXT), { ...AUTH, "content-encoding": "gzip" });
    expect(server.entries[0]?.encoding).toBe("gzip");
    expect(server.events()).toEqual([EVENT]);
  });

  test("on the path without a project, whose key says which", async () => {
    await using server = await startTestServer();
    expect((await server.post("/api/store/", JSON_TEXT)).status).toBe(200);
    expect(server.entries).toMatchObject([{ projectId: "project-1" }]);
  });

  test("with NaN and Infinity", async () => {
    await using server = await startTestServer();
    expect((await server.post("/api/1/store/", '{"message":"x","extra":{"a":NaN,"b":-Infinity}}')).status).toBe(200);
  });

  test("as an envelope, which says so", async () => {
    await using server = await startTestServer();
    const headers = { ...AUTH, "content-type": "application/x-sentry-envelope" };
    expect((await server.post("/api/1/store/", envelopeOf(), headers)).status).toBe(200);
    expect(server.entries).toHaveLength(1);
  });

  test.each([
    ["JSON", encodeURIComponent(JSON_TEXT)],
    ["base64", encodeURIComponent(Buffer.from(JSON_TEXT).toString("base64"))],
    ["base64 whose plus signs are not escaped", deflateSync(JSON_TEXT).toString("base64")],
  ])("in the address of an image, as %s", async (_, data) => {
    await using server = await startTestServer();
    const response = await fetch(`${server.url}/api/1/store/?sentry_key=${KEY}&sentry_data=${data}`);
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "image/gif"]);
    expect((await response.bytes()).length).toBe(42);
    expect(server.events()).toEqual([EVENT]);
  });
});

describe("refused", () => {
  test.each([
    ["truncated JSON", JSON_TEXT.slice(0, -3), 400, "malformed"],
    ["an array", "[]", 400, "malformed"],
    ["null", "null", 400, "malformed"],
    ["an empty body", "", 400, "malformed"],
    ["base64 of nothing", "aGVsbG8gd29ybGQ=", 400, "malformed"],
    ["broken zlib", deflateSync(JSON_TEXT).subarray(0, 20), 400, "malformed"],
    ["more than 1 MiB", JSON.stringify({ a: "x".repeat(1024 * 1024) }), 413, "too_large"],
    ["a bomb in base64", deflateSync(Buffer.alloc(50_000_000)).toString("base64"), 413, "too_large"],
  ])("%s", async (_, body, status, outcome) => {
    await using server = await startTestServer();
    expect((await server.post("/api/1/store/", body)).status).toBe(status);
    expect(server.outcomes).toMatchObject([{ outcome, category: "error", quantity: 1, projectId: "project-1" }]);
    expect(server.entries).toEqual([]);
  });

  test("GET without data: 400", async () => {
    await using server = await startTestServer();
    expect((await fetch(`${server.url}/api/1/store/?sentry_key=${KEY}`)).status).toBe(400);
  });
});

test("a transaction of an old SDK is skipped and counted as one", async () => {
  await using server = await startTestServer();
  expect((await server.post("/api/1/store/", '{"type":"transaction"}')).status).toBe(200);
  expect(server.entries).toEqual([]);
  expect(server.outcomes).toMatchObject([{ outcome: "unsupported_item", category: "transaction", quantity: 1 }]);
});
