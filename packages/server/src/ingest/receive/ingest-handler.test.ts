import { once } from "node:events";
import { Agent, request as httpRequest, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { compileIpRanges } from "../filter/ip-range.ts";
import { findIngestRoute } from "./route.ts";
import { AUTH, EVENT_ID, envelopeOf, KEY, startTestServer } from "./test-server.ts";

const PATH = `/api/1/envelope/?sentry_key=${KEY}`;

/** Writes raw bytes, and reads until the answers contain `until` or the server closes. */
async function converse(port: number, pieces: readonly (string | Buffer)[], until: RegExp): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let heard = "";
  const done = Promise.withResolvers<void>();
  socket.on("data", (chunk: Buffer) => {
    heard += chunk.toString("latin1");
    if (until.test(heard)) done.resolve();
  });
  socket.on("error", () => done.resolve());
  socket.on("close", () => done.resolve());
  for (const piece of pieces) socket.write(piece);
  await done.promise;
  socket.destroy();
  return heard;
}

const raw = (body: string, more = "") =>
  `POST ${PATH} HTTP/1.1\r\nHost: h\r\n${more}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

describe("routes", () => {
  test.each([
    ["/api/1/envelope/", { kind: "envelope", number: "1" }],
    ["/api/1/envelope", { kind: "envelope", number: "1" }],
    ["/api/1/store///", { kind: "store", number: "1" }],
    ["/api/store/", { kind: "store" }],
    ["/api/1/security/", { kind: "security", number: "1" }],
    ["/api/1/csp-report/", { kind: "security", number: "1" }],
    ["/api/1/nel/", { kind: "security", number: "1" }],
    ["/api/v1/events", { kind: "native" }],
    ["/api/v1/events/bulk/", { kind: "bulk" }],
    ["/api/v1/events/0123", undefined],
    ["/api/v1/events/bulk/x", undefined],
    ["/api/v1/store/", undefined],
    ["/api/v1/projects", undefined],
    ["/api/0/organizations/", undefined],
    ["/api/1/envelope/x", undefined],
    ["/api/envelope/", undefined],
    ["/api/", undefined],
    ["/", undefined],
    ["", undefined],
    ["/prefix/api/1/envelope/", undefined],
  ])("%s", (path, route) => {
    expect(findIngestRoute(path)).toEqual(route);
  });

  test("a path that is not ours is left to others", async () => {
    await using server = await startTestServer();
    expect((await fetch(`${server.url}/api/v1/projects`)).status).toBe(404);
  });

  test.each([
    ["GET", "/api/1/envelope/", "POST, OPTIONS"],
    ["PUT", "/api/v1/events", "POST, OPTIONS"],
    ["DELETE", "/api/1/store/", "GET, POST, OPTIONS"],
    ["HEAD", "/api/1/store/", "GET, POST, OPTIONS"],
  ])("%s %s is answered 405 with what is allowed", async (method, path, allow) => {
    await using server = await startTestServer();
    const response = await fetch(server.url + path, { method });
    expect([response.status, response.headers.get("allow")]).toEqual([405, allow]);
    expect(server.outcomes).toEqual([]);
  });
});

describe("CORS", () => {
  test.each(["/api/1/envelope/", "/api/1/store/", "/api/1/security/", "/api/v1/events", "/api/v1/events/bulk"])(
    "preflight of %s",
    async (path) => {
      await using server = await startTestServer();
      const { status, headers } = await fetch(server.url + path, { method: "OPTIONS" });
      expect(status).toBe(204);
      expect(headers.get("access-control-allow-origin")).toBe("*");
      expect(headers.get("access-control-allow-methods")).toContain("POST");
      expect(headers.get("access-control-allow-headers")).toContain("x-sentry-auth");
      expect(headers.get("access-control-allow-headers")).toContain("content-encoding");
      expect(headers.get("access-control-max-age")).toBe("3600");
    },
  );

  test("browsers may read limits and errors from every answer", async () => {
    await using server = await startTestServer();
    const answers = await Promise.all([
      server.post("/api/1/envelope/", envelopeOf()),
      server.post("/api/1/envelope/", envelopeOf(), {}),
      server.post("/api/1/envelope/", "garbage"),
      server.post("/api/v1/events", "{}"),
      fetch(`${server.url}/api/1/envelope/`),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 400, 400, 405]);
    for (const { headers } of answers) {
      expect(headers.get("access-control-allow-origin")).toBe("*");
      expect(headers.get("access-control-expose-headers")).toBe("x-sentry-error, x-sentry-rate-limits, retry-after");
    }
  });
});

describe("the body", () => {
  test("over the limit by its Content-Length is refused before it is read", async () => {
    await using server = await startTestServer();
    const head = `POST ${PATH} HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999\r\n\r\n`;
    expect(await converse(server.port, [head], /\r\n\r\n/)).toMatch(/^HTTP\/1.1 413 /);
    expect(server.outcomes).toMatchObject([{ outcome: "too_large", projectId: "project-1" }]);
  });

  test("over the limit without a Content-Length is counted as it comes", async () => {
    await using server = await startTestServer({ limits: { wireBytesMax: 10_000 } });
    const chunk = `2710\r\n${"x".repeat(10_000)}\r\n`;
    const head = `POST ${PATH} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n`;
    expect(await converse(server.port, [head, chunk, chunk], /\r\n\r\n/)).toMatch(/^HTTP\/1.1 413 /);
  });

  test("over the limit is answered to a client that writes all of it first, and the connection lives on", async () => {
    await using server = await startTestServer();
    const response = await server.post(PATH, Buffer.alloc(25 * 1024 * 1024), {});
    expect(response.status).toBe(413);
    expect((await server.post(PATH, envelopeOf(), {})).status).toBe(200);
  });

  test("in pieces of one byte is joined", async () => {
    await using server = await startTestServer();
    const head = `POST ${PATH} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const pieces = envelopeOf({ message: "abc" })
      .split("")
      .map((character) => `1\r\n${character}\r\n`);
    expect(await converse(server.port, [head, ...pieces, "0\r\n\r\n"], /"id"/)).toContain(EVENT_ID);
    expect(server.events()).toEqual([{ message: "abc" }]);
  });

  test("that does not arrive in time is given up with 408", async () => {
    await using server = await startTestServer({ limits: { bodyTimeoutMs: 50 } });
    const head = `POST ${PATH} HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n{}`;
    expect(await converse(server.port, [head], /\r\n\r\n/)).toMatch(/^HTTP\/1.1 408 /);
    expect(server.outcomes).toMatchObject([{ outcome: "malformed", reason: "timeout" }]);
  });

  test("of a client that goes away is forgotten, and its memory given back", async () => {
    await using server = await startTestServer({ limits: { inFlightBytesMax: 5000 } });
    const head = `POST ${PATH} HTTP/1.1\r\nHost: h\r\nContent-Length: 9000\r\n\r\n${"x".repeat(4000)}`;
    for (let client = 0; client < 5; client++) {
      const socket = connect(server.port, "127.0.0.1");
      await new Promise<void>((resolve) => socket.write(head, () => resolve()));
      await fetch(server.url);
      socket.destroy();
      await once(socket, "close");
      await fetch(server.url);
    }
    expect((await server.post(PATH, envelopeOf({ message: "x".repeat(4000) }), {})).status).toBe(200);
    expect(server.outcomes).toEqual([]);
  });

  test("is refused as overloaded when bodies of others take all the memory for them", async () => {
    await using server = await startTestServer({ limits: { inFlightBytesMax: 5000 } });
    const response = await server.post(PATH, envelopeOf({ message: "x".repeat(6000) }), {});
    expect([response.status, response.headers.get("retry-after")]).toEqual([429, "10"]);
    expect(server.outcomes).toMatchObject([{ outcome: "overloaded", reason: "in_flight" }]);
  });
});

describe("connections", () => {
  test("are kept alive over answers and refusals", async () => {
    await using server = await startTestServer();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<number | undefined>();
    for (const body of [envelopeOf(), "garbage", envelopeOf()]) {
      const request = httpRequest(server.url + PATH, { method: "POST", agent });
      request.end(body);
      const [response] = (await once(request, "response")) as [IncomingMessage];
      ports.add(request.socket?.localPort);
      for await (const _ of response);
    }
    agent.destroy();
    expect(ports.size).toBe(1);
  });

  test("answer pipelined requests in their order", async () => {
    await using server = await startTestServer();
    const ids = ["1", "2", "3"].map((digit) => digit.repeat(32));
    const requests = ids.map((event_id) => raw(envelopeOf({}, { event_id }))).join("");
    const heard = await converse(server.port, [requests + raw("garbage")], /detail/);
    expect([...heard.matchAll(/"id":"(\w+)"/g)].map((match) => match[1])).toEqual(ids);
    expect([...heard.matchAll(/HTTP\/1.1 (\d+)/g)].map((match) => match[1])).toEqual(["200", "200", "200", "400"]);
  });

  test("may ask before sending the body", async () => {
    await using server = await startTestServer();
    const heard = await converse(server.port, [raw(envelopeOf(), "Expect: 100-continue\r\n")], /"id"/);
    expect(heard).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 /);
  });
});

test.each([
  ["no proxy is trusted", [], "203.0.113.7", "127.0.0.1"],
  ["another proxy is", ["10.0.0.0/8"], "203.0.113.7", "127.0.0.1"],
  ["the proxy is trusted", ["127.0.0.1"], "203.0.113.7", "203.0.113.7"],
  ["the client wrote the first", ["127.0.0.1"], "198.51.100.1, 203.0.113.7", "203.0.113.7"],
  ["there are two proxies", ["127.0.0.1", "10.0.0.0/8"], "203.0.113.7, 10.0.0.1", "203.0.113.7"],
  ["an IPv6 client", ["127.0.0.1"], "2001:db8::1", "2001:db8::1"],
  ["it is written as IPv6", ["127.0.0.1"], "::ffff:203.0.113.7", "203.0.113.7"],
  ["there is no address in it", ["127.0.0.1"], "unknown", "127.0.0.1"],
])("the client's address where %s", async (_, proxies, forwarded, clientIp) => {
  await using server = await startTestServer({ isTrustedProxy: compileIpRanges(proxies) });
  await server.post("/api/1/envelope/", envelopeOf(), { ...AUTH, "x-forwarded-for": forwarded });
  expect(server.entries).toMatchObject([{ clientIp }]);
});
