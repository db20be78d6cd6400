import { describe, expect, test } from "vitest";
import { NormalizeError, normalizeEvent } from "./normalize.ts";
import { cutsOf, inputOf, normalized } from "./normalize-testing.ts";

test.each([[null], ["x"], [1], [true], [[]], [undefined]])("%j is no event", (raw) => {
  expect(() => normalizeEvent(raw, inputOf())).toThrow(NormalizeError);
  expect(() => normalizeEvent(raw, inputOf({ source: "native" }))).toThrow(NormalizeError);
});

test("an empty event has what every event has", () => {
  expect(normalizeEvent({}, inputOf())).toEqual({
    event: {
      event_id: inputOf().eventId,
      timestamp: "2026-03-01T12:00:00.000Z",
      platform: "other",
      level: "error",
    },
    cuts: [],
  });
});

test("the event id is that of the envelope", () => {
  expect(normalized({ event_id: "fc6d8c0c43fc4630ad850ee518f1b9d0" }).event_id).toBe(inputOf().eventId);
});

test("what is fine is not copied", () => {
  const raw = {
    exception: { values: [{ type: "E", value: "x", stacktrace: { frames: [{ function: "f", vars: { a: [1] } }] } }] },
    breadcrumbs: { values: [{ timestamp: "2026-03-01T11:59:00.000Z", message: "x" }] },
    request: { headers: [["Host", "x"]], query_string: [["a", "b"]] },
    tags: { a: "b" },
    contexts: { os: { name: "Linux" } },
    extra: { deep: { deeper: [1, null] } },
    fingerprint: ["a"],
  };
  const event = normalized(raw);
  for (const key of Object.keys(raw)) expect(event[key]).toBe(raw[key as keyof typeof raw]);
});

test("null means not sent", () => {
  const raw = {
    exception: null,
    tags: null,
    message: null,
    release: null,
    level: null,
    user: { id: null },
    junk: null,
  };
  expect(normalizeEvent(raw, inputOf())).toEqual({ event: normalized({}), cuts: [] });
});

test.each([
  ["warn", "warning"],
  ["critical", "fatal"],
  ["log", "info"],
  ["ERROR", "error"],
  [10, "debug"],
  [50, "fatal"],
  ["30", "warning"],
])("level %j is %s", (level, expected) => {
  expect(normalized({ level }).level).toBe(expected);
  expect(cutsOf({ level })).toEqual([]);
});

test.each([["loud"], [7], [{}], ["constructor"], ["__proto__"]])("level %j is an error, and is reported", (level) => {
  expect(normalized({ level }).level).toBe("error");
  expect(cutsOf({ level })).toEqual([{ path: "level", reason: "invalid" }]);
});

describe("keys of older SDKs", () => {
  test("are understood", () => {
    const event = normalized({
      "sentry.interfaces.Exception": { values: [{ type: "E" }] },
      "sentry.interfaces.Message": { message: "hello %s", params: ["you"] },
      "sentry.interfaces.Http": { url: "https://x.example/" },
      "sentry.interfaces.User": { id: 7 },
      "sentry.interfaces.Breadcrumbs": [{ message: "click" }],
      "sentry.interfaces.Template": { filename: "a.html", lineno: 1 },
      "sentry.interfaces.Csp": { "document-uri": "https://x.example/" },
    });
    expect(event).toMatchObject({
      exception: { values: [{ type: "E" }] },
      logentry: { message: "hello %s", formatted: "hello you" },
      request: { url: "https://x.example/" },
      user: { id: "7" },
      breadcrumbs: { values: [{ message: "click" }] },
      template: { filename: "a.html", lineno: 1 },
      csp: { document_uri: "https://x.example/" },
    });
    expect(Object.keys(event).filter((key) => key.startsWith("sentry."))).toEqual([]);
  });

  test("stand back behind the new ones", () => {
    const raw = { exception: [{ type: "new" }], "sentry.interfaces.Exception": [{ type: "old" }] };
    expect(normalized(raw).exception).toEqual({ values: [{ type: "new" }] });
  });

  test("`sentry.interfaces.Stacktrace` is the stack trace of the only exception", () => {
    const stacktrace = { frames: [{ function: "f" }] };
    const raw = { exception: { type: "E" }, "sentry.interfaces.Stacktrace": stacktrace };
    expect(normalized(raw)).toMatchObject({ exception: { values: [{ type: "E", stacktrace }] } });
    expect(normalized(raw)).not.toHaveProperty("stacktrace");
    expect(normalized({ stacktrace })).toMatchObject({ stacktrace });
  });

  test("the culprit is the transaction where there is none", () => {
    expect(normalized({ culprit: "app in f" })).toMatchObject({ transaction: "app in f" });
    expect(normalized({ culprit: "app in f" })).not.toHaveProperty("culprit");
    expect(normalized({ culprit: "c", transaction: "t" })).toMatchObject({ culprit: "c", transaction: "t" });
  });

  test("the environment may be a tag", () => {
    expect(normalized({ tags: { environment: "staging" } }).environment).toBe("staging");
    expect(normalized({ tags: { environment: "a" }, environment: "b" }).environment).toBe("b");
  });
});

test("texts are trimmed and cut to their limits", () => {
  const raw = { release: " app@1 ", dist: 42, environment: "e".repeat(65), logger: "", transaction: "t".repeat(201) };
  const event = normalized(raw);
  expect(event).toMatchObject({ release: "app@1", dist: "42", environment: `${"e".repeat(63)}…` });
  expect(event).not.toHaveProperty("logger");
  expect(event.transaction).toHaveLength(200);
  expect(cutsOf(raw)).toEqual([
    { path: "transaction", reason: "too_long", originalLength: 201 },
    { path: "environment", reason: "too_long", originalLength: 65 },
  ]);
});

test("unknown keys are kept under their own names", () => {
  expect(normalized({ type: "error", my_key: { a: [1] }, constructor: "x" })).toMatchObject({
    type: "error",
    my_key: { a: [1] },
    constructor: "x",
  });
});

test("a prototype is never replaced", () => {
  const raw = JSON.parse(`{"__proto__": {"level": "fatal"}, "tags": {"__proto__": "x", "a": "b"},
    "extra": {"__proto__": {"polluted": 1}, "b": 2}, "user": {"__proto__": {"id": "1"}, "id": "2"},
    "contexts": {"__proto__": {"x": 1}, "os": {}}}`) as unknown;
  const event = normalized(raw);
  expect(event).toEqual({
    ...normalized({}),
    tags: { a: "b" },
    extra: { b: 2 },
    user: { id: "2" },
    contexts: { os: {} },
  });
  expect(JSON.stringify(event)).not.toContain("__proto__");
});

test("nothing that PostgreSQL refuses is left in texts and keys", () => {
  const bad = "a\0b\ud800c";
  const raw = JSON.parse(
    JSON.stringify({
      message: bad,
      release: bad,
      tags: { [bad]: bad },
      extra: { [bad]: [{ [bad]: bad }] },
      contexts: { [bad]: { [bad]: bad } },
      modules: { [bad]: bad },
      exception: { type: bad, value: { [bad]: bad }, [bad]: bad },
      request: { headers: { [bad]: bad }, data: bad, cookies: bad },
      fingerprint: [bad],
      [bad]: bad,
    }),
  ) as unknown;
  const json = JSON.stringify(normalized(raw));
  expect(json).not.toMatch(/\\u0000|\\ud8/);
  expect(normalized(raw).release).toBe("a\ufffdb\ufffdc");
});

test("a thousand levels are cut to ten, wherever they are", () => {
  const json = `${'{"a":['.repeat(500)}1${"]}".repeat(500)}`;
  const deep = JSON.parse(json) as unknown;
  const raw = {
    extra: { deep },
    other: deep,
    exception: { value: deep, type: deep, mechanism: { data: deep } },
    message: deep,
  };
  expect(JSON.stringify(normalized(raw))).not.toContain("[".repeat(12));
  expect(cutsOf(raw).map(({ reason }) => reason)).toContain("too_deep");
  expect(cutsOf({ extra: { deep } })).toEqual([
    { path: expect.stringMatching(/^extra\.deep\.a\.0\.a\./), reason: "too_deep" },
  ]);
});

test("half a million levels are no trouble either", () => {
  const deep = JSON.parse(`${"[".repeat(500_000)}${"]".repeat(500_000)}`) as unknown;
  expect(cutsOf({ extra: { deep }, exception: deep, fingerprint: deep, tags: deep, request: deep })).not.toEqual([]);
});

test("free-form values share an allowance of characters", () => {
  const raw = { extra: { first: "a", big: "x".repeat(300_000), last: "z" } };
  const { event, cuts } = normalizeEvent(raw, inputOf());
  expect(JSON.stringify(event.extra).length).toBeLessThanOrEqual(256 * 1024 + 10);
  expect(event.extra).toMatchObject({ first: "a" });
  expect(cuts).toContainEqual({ path: "extra.big", reason: "too_long", originalLength: 300_000 });
});

test("parts of the wrong type are left out and reported", () => {
  const raw = {
    tags: 1,
    request: "GET",
    contexts: { os: "Linux", device: { a: 1 } },
    extra: [1],
    user: [],
    threads: 3,
  };
  expect(normalized(raw)).toEqual({ ...normalized({}), contexts: { device: { a: 1 } } });
  expect(cutsOf(raw)).toEqual(
    ["threads", "request", "user", "contexts.os", "tags", "extra"].map((path) => ({ path, reason: "invalid" })),
  );
});

test("no more than 200 cuts are listed", () => {
  expect(
    cutsOf({ breadcrumbs: Array.from({ length: 100 }, () => ({ data: 1, timestamp: "x", level: "y" })) }),
  ).toHaveLength(200);
});

test("an event beyond every limit is canonical once it is cut", () => {
  const long = "😀\0".repeat(3_400);
  const many = <T>(value: T, length = 500): T[] => Array.from({ length }, () => value);
  const map = (value: unknown) => Object.fromEntries(many(value).map((each, index) => [`${index}${long}`, each]));
  const stacktrace = {
    frames: many({ function: long, vars: { long }, pre_context: many("x", 60), lineno: "7" }, 300),
  };
  const raw = {
    message: { message: "%s", params: [long] },
    transaction: long,
    exception: many({ type: long, value: { long }, stacktrace, mechanism: { data: map(long) } }, 2),
    threads: many({ name: long, stacktrace: { registers: map(1) } }),
    breadcrumbs: many({ message: long, data: { long }, timestamp: 1 }),
    tags: map(long),
    request: { headers: map(many("a")), query_string: map(many("b")), data: many({ long }), cookies: long },
    user: { id: long, data: map(1) },
    contexts: map({ long }),
    extra: map("x"),
    modules: map(long),
    debug_meta: { images: many({ a: long }) },
    fingerprint: many(long),
    sdk: { packages: many({ name: long }) },
    csp: { long, "a-b": long },
    other: map(1),
  };
  const { event, cuts } = normalizeEvent(raw, inputOf());
  expect(cuts.length).toBeGreaterThan(50);
  expect(normalizeEvent(event, inputOf())).toEqual({ event, cuts: [] });
});

test("the SDK's own record of what it removed is not taken for an attribute that is too deep", () => {
  const deep = {
    exception: {
      values: { 0: { stacktrace: { frames: { 0: { vars: { secret: { "": { rem: [["!config", "s"]] } } } } } } } },
    },
  };
  expect(cutsOf({ message: "x", _meta: deep })).toEqual([]);
});
