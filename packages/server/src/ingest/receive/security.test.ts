import { describe, expect, test } from "vitest";
import { KEY, startTestServer } from "./test-server.ts";

const QUERY = `?sentry_key=${KEY}&sentry_release=1.2.3&sentry_environment=production`;
const CSP = {
  "csp-report": {
    "document-uri": "https://example.com/foo/bar",
    referrer: "https://www.google.com/",
    "violated-directive": "default-src self",
    "original-policy": "default-src self; report-uri /csp-hotline.php",
    "blocked-uri": "http://evilhackerscripts.com/a.js",
    "status-code": 200,
  },
};
const REPORTING = {
  type: "csp-violation",
  age: 10,
  url: "https://example.com/",
  body: {
    documentURL: "https://example.com/",
    effectiveDirective: "script-src-elem",
    blockedURL: "inline",
    sample: "x",
  },
};
const NETWORK_ERROR = {
  type: "network-error",
  url: "https://example.com/x",
  body: { type: "tcp.timed_out", phase: "connection", elapsed_time: 10 },
};

test("a CSP report becomes an event", async () => {
  await using server = await startTestServer();
  const response = await server.post(`/api/1/security/${QUERY}`, JSON.stringify(CSP), {
    "content-type": "application/csp-report",
    "user-agent": "Firefox",
  });
  expect([response.status, await response.text()]).toEqual([200, ""]);
  expect(server.events()).toEqual([
    {
      event_id: server.entries[0]?.events[0]?.eventId,
      logger: "csp",
      logentry: { formatted: "Blocked 'default-src' from 'evilhackerscripts.com'" },
      transaction: "default-src self",
      tags: {
        "effective-directive": "default-src",
        "blocked-uri": "http://evilhackerscripts.com/a.js",
        "blocked-host": "evilhackerscripts.com",
      },
      request: {
        url: "https://example.com/foo/bar",
        headers: [
          ["Referer", "https://www.google.com/"],
          ["User-Agent", "Firefox"],
        ],
      },
      csp: {
        document_uri: "https://example.com/foo/bar",
        referrer: "https://www.google.com/",
        violated_directive: "default-src self",
        effective_directive: "default-src",
        original_policy: "default-src self; report-uri /csp-hotline.php",
        blocked_uri: "http://evilhackerscripts.com/a.js",
        status_code: 200,
      },
      release: "1.2.3",
      environment: "production",
    },
  ]);
  expect(server.accepted).toEqual([{ projectId: "project-1", category: "security", quantity: 1 }]);
});

test("a batch of the Reporting API becomes events; other kinds of reports are counted", async () => {
  await using server = await startTestServer();
  const body = JSON.stringify([REPORTING, { type: "deprecation", body: {} }, NETWORK_ERROR]);
  const headers = { "content-type": "application/reports+json" };
  expect((await server.post(`/api/1/csp-report/${QUERY}`, body, headers)).status).toBe(200);
  expect(server.events()).toMatchObject([
    { csp: { effective_directive: "script-src-elem", blocked_uri: "inline", script_sample: "x" }, logger: "csp" },
    { nel: { type: "tcp.timed_out" }, logentry: { formatted: "Network error 'tcp.timed_out' at 'example.com'" } },
  ]);
  expect(server.outcomes).toEqual([
    { projectId: "project-1", outcome: "unsupported_item", category: "security", quantity: 1 },
  ]);
});

describe("the other kinds", () => {
  test.each([
    ["/api/1/nel/", [NETWORK_ERROR], "nel"],
    ["/api/1/security/", { "expect-ct-report": { hostname: "h", port: 443 } }, "expectct"],
    ["/api/1/security/", { "expect-staple-report": { hostname: "h", port: 443 } }, "expectstaple"],
    ["/api/1/security/", { hostname: "h", port: 443, "known-pins": [], "date-time": "2014" }, "hpkp"],
  ])("%s %j", async (path, body, key) => {
    await using server = await startTestServer();
    expect((await server.post(path + QUERY, JSON.stringify(body), {})).status).toBe(200);
    expect(server.events()).toMatchObject([{ [key]: expect.any(Object), logentry: { formatted: expect.any(String) } }]);
  });
});

describe("refused", () => {
  const DEEP = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;

  test.each([
    ["no JSON", "x", 400, "malformed"],
    ["nothing", "", 400, "malformed"],
    ["no report of a known kind", '{"a":1}', 400, "malformed"],
    ["an empty batch", "[]", 400, "malformed"],
    ["a directive that is none", '{"csp-report":{"violated-directive":"<script>"}}', 400, "malformed"],
    ["a report nested too deep", `{"csp-report":{"violated-directive":"a","x":${DEEP}}}`, 400, "malformed"],
    ["too many reports", JSON.stringify(Array.from({ length: 101 }, () => REPORTING)), 413, "too_large"],
  ])("%s", async (_, body, status, outcome) => {
    await using server = await startTestServer();
    expect((await server.post(`/api/1/security/${QUERY}`, body, {})).status).toBe(status);
    expect(server.outcomes).toMatchObject([{ outcome, category: "security", projectId: "project-1" }]);
  });
});
