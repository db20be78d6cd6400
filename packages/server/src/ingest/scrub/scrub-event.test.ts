import { SCRUBBED, SCRUBBING_DEFAULT, type Scrubbing } from "@mesher/protocol";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseEventJsonForWriting } from "../event-json.ts";
import { createScrubber, PLACES_MAX } from "./scrub-event.ts";

const scrub = (payload: unknown, settings: Partial<Scrubbing> = {}) =>
  createScrubber({ ...SCRUBBING_DEFAULT, ...settings })(payload);

const CARD = "4111111111111111";
const WEB_TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const PRIVATE_KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7\nabc=\n-----END RSA PRIVATE KEY-----";

describe("fields", () => {
  test.each([
    "password",
    "userPassword",
    "new_password_confirmation",
    "PASSWD",
    "db.pwd",
    "client-secret",
    "api_key",
    "X-Api-Key",
    "apiKey",
    "access_token",
    "csrfmiddlewaretoken",
    "Authorization",
    "Proxy-Authorization",
    "Cookie",
    "Set-Cookie",
    "sessionid",
    "session",
    "PHPSESSID",
    "X-CSRF-Token",
    "credit_card",
    "cardNumber",
    "cvv",
    "private_key",
    "credentials",
  ])("named %s are scrubbed, as a key, in a pair and in a key-value entry", (name) => {
    const { payload, removed } = scrub({
      extra: { [name]: "a value", before: 1 },
      request: { headers: [[name, "a value"]] },
      tags: [{ key: name, value: "a value" }],
    });
    expect(payload).toEqual({
      extra: { [name]: SCRUBBED, before: 1 },
      request: { headers: [[name, SCRUBBED]] },
      tags: [{ key: name, value: SCRUBBED }],
    });
    expect(removed.map(({ rule }) => rule)).toEqual(["secret_field", "secret_field", "secret_field"]);
    expect(removed.map(({ path }) => path)).toEqual([`extra.${name}`, "request.headers.0.1", "tags.0.value"]);
  });

  test.each(["author", "max_tokens", "tokens_used", "passenger", "compass", "shipping", "session_count", "Accept"])(
    "named %s are left alone",
    (name) => {
      const event = { extra: { [name]: "a value" } };
      expect(scrub(event)).toEqual({ payload: event, removed: [] });
    },
  );

  test("keep their form: leaves are replaced, empty texts, switches and nulls stay", () => {
    const { payload } = scrub({ extra: { session: { user: "ann", ids: [1, "2"], open: true, note: null, name: "" } } });
    expect(payload).toEqual({
      extra: { session: { user: SCRUBBED, ids: [SCRUBBED, SCRUBBED], open: true, note: null, name: "" } },
    });
  });

  test("of the settings are scrubbed too, and safe ones with all that is in them are not", () => {
    const settings = { fields: ["kenni_tala"], safe_fields: ["Session"] };
    const event = { extra: { Kennitala: "1", session: { password: "x", card: CARD }, password: "y" } };
    expect(scrub(event, settings)).toEqual({
      payload: { extra: { Kennitala: SCRUBBED, session: { password: "x", card: CARD }, password: SCRUBBED } },
      removed: [
        { path: "extra.Kennitala", rule: "named_field" },
        { path: "extra.password", rule: "secret_field" },
      ],
    });
  });

  test("that are taken out themselves make no value safe, and a secret one still names a secret", () => {
    const settings = { fields: ["name"], safe_fields: ["session"] };
    const entries = [
      { name: "session", value: Number(CARD) },
      { name: "password", value: "x" },
      { key: "session", value: "x" },
    ];
    expect(scrub({ extra: { entries } }, settings).payload).toEqual({
      extra: {
        entries: [
          { name: SCRUBBED, value: SCRUBBED },
          { name: SCRUBBED, value: SCRUBBED },
          { key: "session", value: "x" },
        ],
      },
    });
  });

  test("with addresses are scrubbed only if the settings say so", () => {
    const event = {
      user: { ip_address: "192.0.2.1", id: "7" },
      request: { env: { REMOTE_ADDR: "192.0.2.1" }, headers: { "X-Forwarded-For": "192.0.2.1" } },
    };
    expect(scrub(event).payload).toBe(event);
    expect(scrub(event, { ip_addresses: true }).payload).toEqual({
      user: { ip_address: SCRUBBED, id: "7" },
      request: { env: { REMOTE_ADDR: SCRUBBED }, headers: { "X-Forwarded-For": SCRUBBED } },
    });
  });
});

describe("texts", () => {
  test.each([
    [`card ${CARD}, thanks`, `card ${SCRUBBED}, thanks`],
    ["4111 1111 1111 1111 and 5500-0000-0000-0004", `${SCRUBBED} and ${SCRUBBED}`],
    ["amex 3782 822463 10005.", `amex ${SCRUBBED}.`],
    ["no. 1234 4111 1111 1111 1111", `no. 1234 ${SCRUBBED}`],
    [`key: ${PRIVATE_KEY} end`, `key: ${SCRUBBED} end`],
    ["-----BEGIN PRIVATE KEY-----\ncut off", SCRUBBED],
    ["Authorization failed for Bearer abc123def456", `Authorization failed for Bearer ${SCRUBBED}`],
    ["basic dXNlcjpwYXNz==", `basic ${SCRUBBED}`],
    [`jwt ${WEB_TOKEN}!`, `jwt ${SCRUBBED}!`],
    ["postgres://app:hunter2@db:5432/x", `postgres://app:${SCRUBBED}@db:5432/x`],
    ["amqp://:p@ss:w@mq/ and http://a:b@c", `amqp://:${SCRUBBED}@mq/ and http://a:${SCRUBBED}@c`],
    ["GET /reset?token=abc&user=7", `GET /reset?token=${SCRUBBED}&user=7`],
    ["user[password]=x&user[name]=y", `user[password]=${SCRUBBED}&user[name]=y`],
    ["Server=db;Password=a-b+c;Pooling=true", `Server=db;Password=${SCRUBBED};Pooling=true`],
    [`connect(password="a b", timeout=3)`, `connect(password="${SCRUBBED}", timeout=3)`],
    [`{'password': u'hunter2', 'n': 1}`, `{'password': u'${SCRUBBED}', 'n': 1}`],
    [`{"password" => "a\\"b", :x=>1}`, `{"password" => "${SCRUBBED}", :x=>1}`],
    [`cut {"token": {"a": "b"}, "pin": 1234, "n": 1`, `cut {"token": ${SCRUBBED}, "pin": ${SCRUBBED}, "n": 1`],
    [`"{\\"secret\\":\\"abc\\",\\"n\\":1}`, `"{\\"secret\\":\\"${SCRUBBED}\\",\\"n\\":1}`],
    [`{"user":"ann","password":"x","list":[1]}`, `{"user":"ann","password":"${SCRUBBED}","list":[1]}`],
    [`[["Cookie","a=b"]]`, `[["Cookie","${SCRUBBED}"]]`],
  ])("%j becomes %j", (text, scrubbed) => {
    expect(scrub({ message: text }).payload).toEqual({ message: scrubbed });
  });

  test.each([
    "4111111111111112",
    "0.4111111111111111",
    "a4111111111111111",
    "1732170000123456",
    "550e8400-e29b-41d4-a716-446655440000",
    "Basic authentication is required",
    "unexpected token = in JSON",
    "a == b, password == null",
    "http://localhost:8080/a@b and mailto:a@b",
    `{"passwordless": true, "secret": null}`,
    "Error: token expired",
    "https://host/path:x@y",
  ])("%j is left alone", (message) => {
    const event = { message };
    expect(scrub(event).payload).toBe(event);
  });

  test("of source code are left alone, but what its variables hold is not", () => {
    const source = { context_line: "login(password=get())", pre_context: [`k = "${CARD}"`] };
    const eventOf = (password: string) => ({
      exception: { values: [{ stacktrace: { frames: [{ ...source, vars: { password } }] } }] },
    });
    expect(scrub(eventOf("'x'")).payload).toEqual(eventOf(SCRUBBED));
  });

  test("a number that is a card's is one too", () => {
    expect(scrub({ extra: { n: Number(CARD), m: 4111111111111112, at: 1732170000123 } }).payload).toEqual({
      extra: { n: SCRUBBED, m: 4111111111111112, at: 1732170000123 },
    });
  });
});

test("what events are grouped by is never touched", () => {
  const event = {
    event_id: CARD.padEnd(32, "0"),
    release: "token=1",
    fingerprint: ["password=x", CARD],
    transaction: "checkout",
    exception: {
      values: [
        {
          type: "Bearer abcdef123456",
          module: "api_key=1",
          stacktrace: { frames: [{ function: "token=abc", filename: "postgres://a:b@c/x.js", abs_path: "a://b:c@d" }] },
        },
      ],
    },
    sdk: { name: "x", packages: [{ name: "token", version: "1" }] },
    contexts: { trace: { trace_id: "41111111111111111111111111111111", span_id: CARD } },
  };
  expect(scrub(event)).toEqual({ payload: event, removed: [] });
});

test("switched off, nothing is scrubbed", () => {
  const event = { extra: { password: "x" }, message: CARD };
  expect(scrub(event, { enabled: false })).toEqual({ payload: event, removed: [] });
});

test("the payload itself is not changed, and parts without secrets are shared", () => {
  const event = { extra: { password: "x" }, tags: { a: "b" } };
  const before = structuredClone(event);
  const { payload } = scrub(event);
  expect(event).toEqual(before);
  expect((payload as typeof event).tags).toBe(event.tags);
});

test("what is nested too deep to be looked through goes, and no depth breaks it", () => {
  let deep: unknown = "Bearer abcdef123456";
  for (let level = 0; level < 20_000; level += 1) deep = level % 2 === 0 ? [deep] : { a: deep };
  const { payload, removed } = scrub({ extra: { deep } });
  expect(JSON.stringify(payload)).not.toContain("abcdef");
  expect(removed).toMatchObject([{ rule: "too_deep" }]);
  for (const part of [
    { modules: deep },
    { exception: { type: deep } },
    { extra: { trace_id: deep } },
    { safe: deep },
  ]) {
    const kept = scrub(part, { safe_fields: ["safe"] });
    expect(kept.removed).toMatchObject([{ rule: "too_deep" }]);
    expect(JSON.stringify(kept.payload)).toContain(SCRUBBED);
  }
  expect(scrub({ extra: { password: deep } }).removed).toMatchObject([{ rule: "secret_field" }]);
});

test("however many places there are, all are scrubbed and the first are told", () => {
  const { payload, removed } = scrub({ extra: { list: Array.from({ length: 1_000 }, () => ({ token: "x" })) } });
  expect(JSON.stringify(payload)).not.toContain('"x"');
  expect(removed).toHaveLength(PLACES_MAX);
});

test("numbers that JavaScript cannot hold survive when parsed exactly", () => {
  const json = '{"extra":{"password":"x","id":12345678901234567890,"rate":1.10,"n":7}}';
  const { payload } = scrub(parseEventJsonForWriting(Buffer.from(json)));
  expect(JSON.stringify(payload)).toBe(json.replace('"x"', '"[Filtered]"'));
});

const name = fc.constantFrom(
  "password",
  "token",
  "a",
  "headers",
  "frames",
  "vars",
  "values",
  "key",
  "name",
  "value",
  "ip",
  "session",
  "__proto__",
  "extra",
  "exception",
  "stacktrace",
  "context_line",
);
const secretText = fc
  .array(
    fc.constantFrom(
      CARD,
      "4111 1111 1111 1111",
      WEB_TOKEN,
      "Bearer ",
      "abc123def",
      PRIVATE_KEY,
      "-----BEGIN PRIVATE KEY-----",
      "://",
      "u:p@",
      "password",
      "token",
      "=",
      '"',
      "'",
      "\\",
      ":",
      " ",
      "{",
      "}",
      "[",
      "]",
      ",",
      "&",
      SCRUBBED,
      "[Filter",
      "ed]",
      "x",
      "7",
      "-",
      ".",
      "@",
      "=>",
      "😀",
      "\0",
    ),
    { maxLength: 14 },
  )
  .map((parts) => parts.join(""));
const anything = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    secretText,
    fc.string(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(null, true, false, "", Number(CARD)),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.tuple(name, tie("value")).map(([key, value]) => [[key, value]]),
    fc.record({ name, value: tie("value") }),
    fc.array(fc.tuple(name, tie("value")), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
    tie("value").map((value) => JSON.stringify(value) ?? ""),
  ),
})).value;
const settings = fc.record({
  enabled: fc.constant(true),
  ip_addresses: fc.boolean(),
  fields: fc.subarray(["kennitala", "a"]),
  safe_fields: fc.subarray(["session", "x"]),
});

/** The payload with every text and number the same. */
function formOf(value: unknown): unknown {
  if (typeof value === "string" || typeof value === "number") return "leaf";
  if (Array.isArray(value)) return value.map(formOf);
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).map(([key, each]) => [key, formOf(each)]);
  }
  return value;
}

test("whatever JSON comes, its form stays, and scrubbed again it comes back as it is", () => {
  fc.assert(
    fc.property(anything, settings, (payload, chosen) => {
      const scrubber = createScrubber(chosen);
      const once = scrubber(payload);
      expect(formOf(once.payload)).toEqual(formOf(payload));
      expect(once.removed.length === 0).toBe(once.payload === payload);
      const twice = scrubber(once.payload);
      expect(twice.removed).toEqual([]);
      expect(twice.payload).toBe(once.payload);
    }),
    { numRuns: 3_000 },
  );
});

test.each([
  "a=",
  "=",
  ":",
  "://",
  "://a",
  "://a:b",
  '":',
  "':'",
  '"a":"',
  "eyJ",
  "eyJa-",
  "eyJaaaaaaaa.",
  "Bearer ",
  "bearer",
  "4",
  "4 ",
  "4-",
  "4111 ",
  "4111-1111-",
  "-----BEGIN PRIVATE KEY-----",
  "-----BEGIN ",
  '\\"',
  '{"',
  "token=",
  '"token":',
  '"token":"',
  '"token":[',
  "[[",
  '{"a":',
])("a text of 2 MB made of %j takes no longer than its length", (part) => {
  // Ends in seconds where each look is in proportion, and not within the test's time where one is not.
  const text = part.repeat(Math.ceil(2_000_000 / part.length));
  expect(scrub({ message: text, extra: { a: `${text}"` } })).toBeDefined();
});
