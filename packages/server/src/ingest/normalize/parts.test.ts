import { describe, expect, test } from "vitest";
import { cutsOf, normalized } from "./normalize-testing.ts";

describe("exceptions", () => {
  test.each([
    ["in values", { values: [{ type: "E" }] }],
    ["as a list", [{ type: "E" }]],
    ["alone", { type: "E" }],
    ["among nulls", [null, { type: "E", value: null }, {}]],
  ])("are read %s", (_, exception) => {
    expect(normalized({ exception }).exception).toEqual({ values: [{ type: "E" }] });
    expect(cutsOf({ exception })).toEqual([]);
  });

  test("whose value is an object show it as JSON", () => {
    const [exception] = normalized({ exception: { value: { code: [1] } } }).exception?.values ?? [];
    expect(exception?.value).toBe('{"code":[1]}');
  });

  test("keep unknown attributes and read a mechanism that is a name", () => {
    const exception = { type: "E", mechanism: "onerror", mood: { a: 1 } };
    expect(normalized({ exception }).exception?.values).toEqual([
      { type: "E", mechanism: { type: "onerror" }, mood: { a: 1 } },
    ]);
  });

  test("of a long chain stay at both ends", () => {
    const exception = Array.from({ length: 60 }, (_, index) => ({ type: `E${index}` }));
    const types = normalized({ exception }).exception?.values.map(({ type }) => type) ?? [];
    expect(types).toHaveLength(50);
    expect([types[0], types[24], types[25], types[49]]).toEqual(["E0", "E24", "E35", "E59"]);
    expect(cutsOf({ exception })).toEqual([{ path: "exception.values", reason: "too_many", originalLength: 60 }]);
  });

  test("with empty values are none", () => {
    expect(normalized({ exception: { values: [] } })).not.toHaveProperty("exception");
  });
});

describe("stack traces", () => {
  test("may be a bare list of frames", () => {
    expect(normalized({ stacktrace: [{ function: "f" }] }).stacktrace).toEqual({ frames: [{ function: "f" }] });
  });

  test("have numbers and flags whatever they are written as", () => {
    const stacktrace = [
      { lineno: "42", colno: "x", in_app: "true" },
      { lineno: -1, in_app: 0, context_line: 7 },
    ];
    expect(normalized({ stacktrace }).stacktrace?.frames).toEqual([
      { lineno: 42, in_app: true },
      { in_app: false, context_line: "7" },
    ]);
    expect(cutsOf({ stacktrace })).toEqual([
      { path: "stacktrace.frames.0.colno", reason: "invalid" },
      { path: "stacktrace.frames.1.lineno", reason: "invalid" },
    ]);
  });

  test("keep the numbers of lines around one that is null", () => {
    const stacktrace = [{ pre_context: ["a", null, "c"], trust: "scan", data: { a: 1 } }];
    expect(normalized({ stacktrace }).stacktrace?.frames).toEqual([
      { pre_context: ["a", "", "c"], trust: "scan", data: { a: 1 } },
    ]);
  });

  test("that are too long lose their middle", () => {
    const stacktrace = Array.from({ length: 300 }, (_, lineno) => ({ lineno }));
    const frames = normalized({ stacktrace }).stacktrace?.frames ?? [];
    expect(frames.map(({ lineno }) => lineno).slice(124, 126)).toEqual([124, 175]);
    expect(frames).toHaveLength(250);
  });
});

describe("threads", () => {
  test("keep ids of either type, flags and unknown attributes", () => {
    const threads = [
      { id: 1, crashed: 1, stacktrace: [{ function: "f" }] },
      { id: "main", held_locks: {} },
    ];
    expect(normalized({ threads }).threads?.values).toEqual([
      { id: 1, crashed: true, stacktrace: { frames: [{ function: "f" }] } },
      { id: "main", held_locks: {} },
    ]);
  });

  test("that are too many keep the crashed one", () => {
    const threads = Array.from({ length: 300 }, (_, id) => ({ id, crashed: id === 290 }));
    const ids = normalized({ threads: { values: threads } }).threads?.values.map(({ id }) => id) ?? [];
    expect(ids).toHaveLength(256);
    expect(ids.slice(-2)).toEqual([254, 290]);
  });
});

describe("breadcrumbs", () => {
  test("keep the newest, and their levels in their own words", () => {
    const breadcrumbs = Array.from({ length: 120 }, (_, index) => ({ message: `${index}`, level: "warn" }));
    const kept = normalized({ breadcrumbs }).breadcrumbs?.values ?? [];
    expect([kept[0], kept.length]).toEqual([{ message: "20", level: "warning" }, 100]);
    expect(normalized({ breadcrumbs: [{ level: "critical" }] }).breadcrumbs?.values).toEqual([{ level: "critical" }]);
  });

  test("[DETAIL-03] are in order of time; one without a time stays behind the one before it", () => {
    const at = (timestamp: number | undefined, message: string) => ({ timestamp, message });
    const breadcrumbs = [at(undefined, "a"), at(3, "b"), at(undefined, "c"), at(1, "d"), at(3, "e"), at(2, "f")];
    const messages = normalized({ breadcrumbs }).breadcrumbs?.values.map(({ message }) => message);
    expect(messages).toEqual(["a", "d", "f", "b", "c", "e"]);
  });

  test("have times like the event", () => {
    const breadcrumbs = [{ timestamp: "2026-03-01 11:59:59.1234567" }, { timestamp: 1_772_366_399.5 }];
    expect(normalized({ breadcrumbs }).breadcrumbs?.values).toEqual([
      { timestamp: "2026-03-01T11:59:59.123Z" },
      { timestamp: "2026-03-01T11:59:59.500Z" },
    ]);
  });
});

describe("tags", () => {
  test.each([
    ["a map", { a: "b", n: 1, f: false, gone: null }],
    [
      "a list of pairs",
      [
        ["a", "b"],
        ["n", 1],
        ["f", false],
        ["gone", null],
      ],
    ],
    [
      "a list of keys and values",
      [
        { key: "a", value: "b" },
        { key: "n", value: 1 },
        { key: "f", value: false },
      ],
    ],
  ])("may be %s", (_, tags) => {
    expect(normalized({ tags }).tags).toEqual({ a: "b", n: "1", f: "false" });
    expect(cutsOf({ tags })).toEqual([]);
  });

  test("are cut, and left out where they are no texts", () => {
    const tags = { a: "x".repeat(201), b: { c: 1 }, ["k".repeat(201)]: "v" };
    expect(normalized({ tags }).tags?.a).toHaveLength(200);
    expect(cutsOf({ tags }).map(({ reason }) => reason)).toEqual(["too_long", "invalid", "too_long"]);
    expect(cutsOf({ tags: [["a"], "b", ["c", "d"]] })).toEqual([
      { path: "tags.0", reason: "invalid" },
      { path: "tags.1", reason: "invalid" },
    ]);
  });

  test("are at most 200", () => {
    const tags = Object.fromEntries(Array.from({ length: 250 }, (_, index) => [`t${index}`, "x"]));
    expect(Object.keys(normalized({ tags }).tags ?? {})).toHaveLength(200);
    expect(cutsOf({ tags })).toEqual([{ path: "tags", reason: "too_many", originalLength: 250 }]);
  });

  test("an empty list of them is none", () => {
    expect(normalized({ tags: [] })).not.toHaveProperty("tags");
  });
});

describe("a fingerprint", () => {
  test.each([
    ["a", ["a"]],
    [
      ["a", 1, 2.5, true, null],
      ["a", "1", "2.5", "true"],
    ],
    [
      ["{{ default }}", "x"],
      ["{{ default }}", "x"],
    ],
    [[], undefined],
    [[""], undefined],
    [{ a: 1 }, undefined],
  ])("%j is %j", (fingerprint, expected) => {
    expect(normalized({ fingerprint }).fingerprint).toEqual(expected);
  });
});

describe("a request", () => {
  test("has its headers, cookies and parameters in pairs", () => {
    const request = {
      headers: { Accept: ["a", "b"], "Content-Length": 7, Gone: null },
      cookies: { session: "1" },
      query_string: { a: ["1", "2"], b: 3 },
      data: { any: ["thing"] },
      fragment: "top",
    };
    expect(normalized({ request }).request).toEqual({
      headers: [
        ["Accept", "a,b"],
        ["Content-Length", "7"],
      ],
      cookies: [["session", "1"]],
      query_string: [
        ["a", "1"],
        ["a", "2"],
        ["b", "3"],
      ],
      data: { any: ["thing"] },
      fragment: "top",
    });
  });

  test("may have them as texts", () => {
    const request = { cookies: "a=b; c=d", query_string: "?a=b" };
    expect(normalized({ request }).request).toEqual({ cookies: "a=b; c=d", query_string: "a=b" });
  });

  test("that is empty is none", () => {
    expect(normalized({ request: {} })).not.toHaveProperty("request");
  });

  test("has a body of at most 64 KiB", () => {
    const request = { data: "x".repeat(100_000) };
    expect(String(normalized({ request }).request?.data).length).toBeLessThanOrEqual(64 * 1024);
    expect(cutsOf({ request })).toEqual([{ path: "request.data", reason: "too_long", originalLength: 100_000 }]);
  });
});

describe("a user", () => {
  test("has texts", () => {
    const user = { id: 7, email: "a@b.example", data: { plan: 1 }, segment: "x" };
    expect(normalized({ user }).user).toEqual({ ...user, id: "7" });
    expect(normalized({ user: 7 }).user).toEqual({ id: "7" });
  });

  const clientIp = "203.0.113.9";
  test("whose address is left to us has that of the client", () => {
    expect(normalized({ user: { ip_address: "{{auto}}" } }, { clientIp }).user).toEqual({ ip_address: clientIp });
    expect(normalized({ user: { ip_address: "{{auto}}" } })).not.toHaveProperty("user");
    expect(normalized({ user: { ip_address: "::1" } }, { clientIp }).user).toEqual({ ip_address: "::1" });
  });

  test.each(["javascript", "cocoa", "objc"])("on %s has the client's address unasked", (platform) => {
    expect(normalized({ platform }, { clientIp }).user).toEqual({ ip_address: clientIp });
  });

  test("on a server is not the client", () => {
    expect(normalized({ platform: "python" }, { clientIp })).not.toHaveProperty("user");
  });

  test("of a request has its remote address", () => {
    const request = { env: { REMOTE_ADDR: "198.51.100.1" } };
    expect(normalized({ request }, { clientIp }).user).toEqual({ ip_address: "198.51.100.1" });
    const auto = normalized({ request: { env: { REMOTE_ADDR: "{{auto}}" } } }, { clientIp });
    expect(auto).toMatchObject({ user: { ip_address: clientIp }, request: { env: { REMOTE_ADDR: clientIp } } });
  });

  test("has no address when the SDK forbids to infer it, and always one when it asks for it", () => {
    const never = { settings: { infer_ip: "never" } };
    expect(normalized({ platform: "javascript", sdk: never }, { clientIp })).not.toHaveProperty("user");
    const auto = { settings: { infer_ip: "auto" } };
    expect(normalized({ platform: "python", sdk: auto }, { clientIp }).user).toEqual({ ip_address: clientIp });
  });
});

test("an SDK may be a name; its lists hold texts", () => {
  expect(normalized({ sdk: "raven-python" }).sdk).toEqual({ name: "raven-python" });
  const sdk = { name: "x", integrations: ["a", 1, {}], packages: [{ name: "p", version: 1 }, null] };
  expect(normalized({ sdk }).sdk).toEqual({
    name: "x",
    integrations: ["a", "1"],
    packages: [{ name: "p", version: "1" }],
  });
});

test("modules have versions", () => {
  expect(normalized({ modules: { a: "1", b: 2, c: null, d: {} } }).modules).toEqual({ a: "1", b: "2" });
});

test("security reports are spelled one way and know who sent them", () => {
  const csp = { "csp-report": { "document-uri": "https://x.example/", "violated-directive": "img-src" } };
  expect(normalized({ csp }, { clientIp: "::1", userAgent: "Firefox" })).toMatchObject({
    csp: { document_uri: "https://x.example/", violated_directive: "img-src" },
    logger: "csp",
    user: { ip_address: "::1" },
    request: { headers: [["User-Agent", "Firefox"]] },
  });
});
