/** What people try first, and what clients without an SDK do. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { endpointOf, newEventId } from "../src/send.ts";
import type { ServerProcess } from "../src/server-process.ts";
import { readEvent, startTestServer, type TestServer } from "./test-server.ts";

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

let testServer: TestServer;
let server: ServerProcess;
let key: string;
let urls: Readonly<Record<"envelope" | "store" | "events" | "bulk", string>>;

const hasCurl = await promisify(execFile)("curl", ["--version"]).then(
  () => true,
  () => false,
);

beforeAll(async () => {
  testServer = await startTestServer();
  server = testServer.server;
  const { envelopeUrl, storeUrl, publicKey } = endpointOf(server.dsn);
  key = publicKey;
  const events = `${server.url}/api/v1/events`;
  urls = { envelope: envelopeUrl, store: storeUrl, events, bulk: `${events}/bulk` };
});
afterAll(() => testServer[Symbol.asyncDispose]());

test("curl is here", ({ skip }) => {
  skip(!hasCurl, "curl is not installed");
  expect(hasCurl).toBe(true);
});

describe.runIf(hasCurl)("curl", () => {
  /** Every form in which a public key may come; the last two on Mesher's own routes only. */
  const auths = (publicKey: string) => [
    [`X-Sentry-Auth: Sentry sentry_version=7, sentry_key=${publicKey}, sentry_client=curl/8`],
    [`x-sentry-auth: sentry sentry_key=${publicKey}`],
    [`Authorization: Sentry sentry_version=7,sentry_key=${publicKey}`],
    [`Authorization: Basic ${Buffer.from(`${publicKey}:`).toString("base64")}`],
    [`Authorization: Bearer ${publicKey}`],
    [`Authorization: ${publicKey}`],
    [`X-Sentry-Auth: ${publicKey}`],
  ];

  test("an event is accepted with the key in every documented form", async () => {
    for (const headers of auths(key)) {
      const event_id = newEventId();
      const native = { event_id, message: "Sent with curl", level: "warning", tags: { shop: "north" } };
      const answer = await curl(urls.events, JSON.stringify(native), headers);
      expect([headers, answer]).toEqual([headers, { status: 202, body: { id: event_id, status: "accepted" } }]);
      expect((await readEvent(server, event_id)).payload).toEqual(native);

      const bulk = await curl(urls.bulk, `[{"message":"One of many"},{"message":"Another","level":"info"}]`, headers);
      expect([headers, bulk.status]).toEqual([headers, 202]);
    }
    for (const headers of auths(key).slice(0, -2)) {
      const event_id = newEventId();
      const answer = await curl(urls.store, JSON.stringify({ event_id, message: "Stored with curl" }), headers);
      expect([headers, answer]).toEqual([headers, { status: 200, body: { id: event_id } }]);
      expect(await readEvent(server, event_id)).toMatchObject({ message: "Stored with curl", level: "error" });
    }
  });

  test("the key may stand in the address, or in an envelope's header alone", async () => {
    const ids = [newEventId(), newEventId(), newEventId(), newEventId()] as const;
    const query = `?sentry_key=${key}&sentry_version=7`;
    const json = (event_id: string) => JSON.stringify({ event_id, message: "Key in the address" });
    expect(await curl(`${urls.store}${query}`, json(ids[0]))).toEqual({ status: 200, body: { id: ids[0] } });
    expect(await curl(`${urls.envelope}${query}`, envelope(ids[1]))).toEqual({ status: 200, body: { id: ids[1] } });
    const header = { dsn: server.dsn };
    expect(await curl(urls.envelope, envelope(ids[2], header))).toEqual({ status: 200, body: { id: ids[2] } });
    expect(await curl(`${urls.events}${query}`, json(ids[3]))).toMatchObject({ status: 202, body: { id: ids[3] } });
    for (const id of ids) await readEvent(server, id);
  });

  test("without a key, or with one that nobody has, it is refused in the words of the route", async () => {
    const stranger = key.replace(/[0-9a-f]{4}$/, "none");
    expect(await curl(urls.events, `{"message":"x"}`)).toMatchObject({ status: 401, body: { code: "missing_auth" } });
    for (const headers of auths(stranger)) {
      const answer = await curl(urls.events, `{"message":"x"}`, headers);
      expect([headers, answer.status, answer.body]).toEqual([
        headers,
        401,
        expect.objectContaining({ error: "unauthorized" }),
      ]);
    }
    expect(await curl(urls.store, `{"message":"x"}`)).toMatchObject({
      status: 401,
      body: { detail: expect.any(String) },
    });
    expect(await curl(`${urls.store}?sentry_key=${stranger}`, `{"message":"x"}`)).toMatchObject({ status: 403 });
    expect(await curl(urls.envelope, envelope(newEventId()))).toMatchObject({ status: 401 });
  });

  test("an envelope needs no Content-Type, and may claim to be a form", async () => {
    for (const type of [
      "Content-Type;",
      "Content-Type:",
      "Content-Type: text/plain",
      "Content-Type: application/x-www-form-urlencoded",
    ]) {
      const id = newEventId();
      const answer = await curl(`${urls.envelope}?sentry_key=${key}`, envelope(id), [type]);
      expect([type, answer]).toEqual([type, { status: 200, body: { id } }]);
      await readEvent(server, id);
    }
  });

  test("bodies may be compressed in every way that clients know", async () => {
    const encodings = {
      gzip: gzipSync,
      deflate: deflateSync,
      "deflate ": deflateRawSync,
      br: brotliCompressSync,
      zstd: zstdCompressSync,
    };
    const auth = `X-Sentry-Auth: Sentry sentry_key=${key}`;
    for (const [encoding, compress] of Object.entries(encodings)) {
      const headers = [auth, `Content-Encoding: ${encoding.trim()}`];
      const ids = [newEventId(), newEventId(), newEventId()] as const;
      const json = (event_id: string) => JSON.stringify({ event_id, message: `Compressed as ${encoding}` });
      expect([encoding, (await curl(urls.envelope, compress(envelope(ids[0])), headers)).status]).toEqual([
        encoding,
        200,
      ]);
      expect([encoding, (await curl(urls.store, compress(json(ids[1])), headers)).status]).toEqual([encoding, 200]);
      expect([encoding, (await curl(urls.events, compress(json(ids[2])), headers)).status]).toEqual([encoding, 202]);
      const bulk = await curl(urls.bulk, compress(`[${json(newEventId())}]`), headers);
      expect([encoding, bulk.status]).toEqual([encoding, 202]);
      for (const id of ids) expect((await readEvent(server, id)).payload).toMatchObject({ event_id: id });
    }
  });

  test("one bad event of many does not spoil the others", async () => {
    const ids = [newEventId(), newEventId()] as const;
    const events = [
      { event_id: ids[0], message: "Good" },
      { level: "error" },
      { event_id: ids[1], message: "Good too" },
    ];
    const { status, body } = await curl(urls.bulk, JSON.stringify(events), [`Authorization: Bearer ${key}`]);
    expect(status).toBe(202);
    expect(body).toMatchObject({
      results: [
        { status: "accepted", id: ids[0] },
        { status: "rejected", code: "invalid_event", details: [{ path: "message" }] },
        { status: "accepted", id: ids[1] },
      ],
    });
    for (const id of ids) await readEvent(server, id);
  });
});

function envelope(event_id: string, header: Readonly<Record<string, unknown>> = {}): string {
  const event = JSON.stringify({ event_id, message: "Posted with curl" });
  return `${JSON.stringify({ event_id, ...header })}\n{"type":"event"}\n${event}\n`;
}

/** Posts with the real curl. */
function curl(url: string, body: string | Uint8Array, headers: readonly string[] = []): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = ["--silent", "--show-error", "--data-binary", "@-", "--write-out", "\n%{http_code}"];
    const headerOptions = headers.flatMap((header) => ["--header", header]);
    const child = execFile("curl", [...options, ...headerOptions, url], (error, stdout, stderr) => {
      if (error !== null) return reject(new Error(stderr, { cause: error }));
      const statusAt = stdout.lastIndexOf("\n");
      resolve({ status: Number(stdout.slice(statusAt + 1)), body: JSON.parse(stdout.slice(0, statusAt)) });
    });
    child.stdin?.end(body);
  });
}
