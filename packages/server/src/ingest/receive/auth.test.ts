import { describe, expect, test } from "vitest";
import { EVENT_ID, envelopeOf, KEY, startTestServer } from "./test-server.ts";

const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;
const NATIVE = '{"message":"x"}';

describe("every form of authentication is taken", () => {
  test.each([
    ["X-Sentry-Auth", "", { "X-Sentry-Auth": `Sentry sentry_version=7, sentry_key=${KEY}, sentry_client=raven/1` }],
    ["X-Sentry-Auth in capitals", "", { "X-SENTRY-AUTH": `SENTRY sentry_key=${KEY}` }],
    [
      "X-Sentry-Auth with a secret and without spaces",
      "",
      { "x-sentry-auth": `sentry sentry_secret=a,sentry_key=${KEY}` },
    ],
    ["X-Sentry-Auth separated by spaces", "", { "x-sentry-auth": `Sentry sentry_version=7 sentry_key=${KEY} x=y` }],
    ["Authorization: Sentry", "", { authorization: `Sentry sentry_key=${KEY}` }],
    ["Authorization: Basic", "", { authorization: basic(`${KEY}:`) }],
    ["Authorization: Basic with a password", "", { authorization: basic(`${KEY}:secret`) }],
    ["Authorization: Bearer", "", { authorization: `Bearer ${KEY}` }],
    ["the query", `?sentry_key=${KEY}&sentry_version=7&sentry_client=x`, {}],
    ["two forms that agree", `?sentry_key=${KEY}`, { "x-sentry-auth": `Sentry sentry_key=${KEY}` }],
    ["an empty header beside the query", `?sentry_key=${KEY}`, { "x-sentry-auth": "" }],
    ["a proxy's own scheme beside the query", `?sentry_key=${KEY}`, { authorization: "Digest username=x" }],
    ["a site's password beside the query", `?sentry_key=${KEY}`, { authorization: basic("alice:her password") }],
    [
      "a proxy's token beside X-Sentry-Auth",
      "",
      { "x-sentry-auth": `Sentry sentry_key=${KEY}`, authorization: "Bearer eyJhbGciOiJIUzI1NiJ9.e30.abc" },
    ],
  ])("%s", async (_, query, headers) => {
    await using server = await startTestServer();
    const response = await server.post(`/api/1/envelope/${query}`, envelopeOf(), headers);
    expect([response.status, await response.json()]).toEqual([200, { id: EVENT_ID }]);
    expect(server.entries).toMatchObject([{ projectId: "project-1" }]);
  });

  test.each([
    ["X-Sentry-Auth with the key alone", { "X-Sentry-Auth": KEY }],
    ["Authorization with the key alone", { authorization: KEY }],
    ["Authorization: Bearer", { authorization: `Bearer ${KEY}` }],
    ["X-Sentry-Auth: Sentry", { "x-sentry-auth": `Sentry sentry_key=${KEY}` }],
  ])("[INGEST-01] /api/v1/events: %s", async (_, headers) => {
    await using server = await startTestServer();
    expect((await server.post("/api/v1/events", NATIVE, headers)).status).toBe(202);
  });

  test("behind a tunnel, the dsn in the envelope's header", async () => {
    await using server = await startTestServer();
    const header = { event_id: EVENT_ID, dsn: `https://${KEY}@elsewhere.example/1` };
    const response = await server.post("/api/1/envelope/", envelopeOf({}, header), {});
    expect(response.status).toBe(200);
    expect(server.entries).toHaveLength(1);
  });
});

describe("refused", () => {
  const dsn = (key: string, number: number) => ({ dsn: `https://${key}@h/${number}` });
  test.each([
    ["nothing", 401, "missing_auth", "", {}, {}],
    ["X-Sentry-Auth of another scheme", 401, "missing_auth", "", { "x-sentry-auth": `Bearrer ${KEY}` }, {}],
    ["X-Sentry-Auth with the key alone", 401, "missing_auth", "", { "x-sentry-auth": KEY }, {}],
    ["X-Sentry-Auth without a key", 401, "missing_auth", "", { "x-sentry-auth": "Sentry sentry_version=7" }, {}],
    ["a key with strange characters", 401, "missing_auth", "?sentry_key=a%27b", {}, {}],
    ["two keys", 401, "missing_auth", "?sentry_key=mshr_2222", { "x-sentry-auth": `Sentry sentry_key=${KEY}` }, {}],
    [
      "two keys that both say they are ours",
      401,
      "missing_auth",
      `?sentry_key=${KEY}`,
      { authorization: "Sentry sentry_key=mshr_2222" },
      {},
    ],
    ["a key other than the dsn's", 401, "missing_auth", `?sentry_key=${KEY}`, {}, dsn("mshr_2222", 1)],
    ["a dsn of another project number", 403, "unknown_key", `?sentry_key=${KEY}`, {}, dsn(KEY, 2)],
    ["a dsn whose project is not the path's", 403, "unknown_key", "", {}, dsn("mshr_2222", 2)],
    ["a dsn that is none", 400, "malformed", "", {}, { dsn: "nonsense" }],
    ["an unknown key", 403, "unknown_key", "?sentry_key=unknown", {}, {}],
    ["a key of another project", 403, "unknown_key", "?sentry_key=mshr_2222", {}, {}],
  ])("%s: %d", async (_, status, outcome, query, headers, header) => {
    await using server = await startTestServer();
    const body = envelopeOf({}, header);
    const response = await server.post(`/api/1/envelope/${query}`, body, headers);
    expect(response.status).toBe(status);
    const { detail } = (await response.json()) as { detail: string };
    expect(response.headers.get("x-sentry-error")).toBe(detail);
    expect(server.outcomes).toMatchObject([{ outcome, category: "error", quantity: 1 }]);
    expect(server.entries).toEqual([]);
  });

  test("a path whose project is no number: 400", async () => {
    await using server = await startTestServer();
    expect((await server.post("/api/default/envelope/", envelopeOf())).status).toBe(400);
    expect(server.outcomes).toMatchObject([{ outcome: "malformed" }]);
  });

  test.each([
    ["missing_auth", {}],
    ["unknown_key", { "x-sentry-auth": "unknown" }],
  ])("[INGEST-01] /api/v1/events with %s: 401 in its own words", async (code, headers) => {
    await using server = await startTestServer();
    const response = await server.post("/api/v1/events", NATIVE, headers);
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({ error: "unauthorized", code });
    expect(server.outcomes).toMatchObject([{ outcome: code, quantity: 1 }]);
  });

  test("an envelope without authentication whose header cannot be read: 401", async () => {
    await using server = await startTestServer();
    expect((await server.post("/api/1/envelope/", "garbage", {})).status).toBe(401);
  });
});
