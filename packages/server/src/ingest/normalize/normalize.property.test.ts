import * as fc from "fast-check";
import { expect, test } from "vitest";
import { NormalizeError, normalizeEvent } from "./normalize.ts";
import { inputOf } from "./normalize-testing.ts";
import { searchText } from "./search-text.ts";
import { eventCulprit, eventMessage, eventTitle } from "./title.ts";

/** Names that mean something somewhere in an event, so that anything turns up anywhere. */
const KEYS =
  "exception values type value module mechanism stacktrace frames function filename lineno in_app vars pre_context threads id crashed breadcrumbs timestamp category level message data request headers cookies query_string env REMOTE_ADDR user ip_address contexts tags key extra modules debug_meta sdk name version integrations packages fingerprint logentry formatted params culprit transaction release environment platform csp csp-report __proto__ constructor toString registers sentry.interfaces.Exception sentry.interfaces.Message event_id type_name stacktrace user_context sdk_name a\0b".split(
    " ",
  );
const VALUES = [
  "",
  " x ",
  "{{auto}}",
  "a\0b",
  "\ud800",
  "%s {} %(a)s",
  "javascript",
  "2026-03-01T11:00:00",
  "42",
  "x".repeat(300),
];

const leaf = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, 0, -1, 1.5, 42, 1_772_366_399, -0, 1e300),
  fc.constantFrom(...VALUES),
  fc.string({ unit: "binary", maxLength: 8 }),
);
const { json } = fc.letrec((tie) => ({
  json: fc.oneof(
    { depthSize: "medium", maxDepth: 14 },
    leaf,
    fc.array(tie("json"), { maxLength: 5 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...KEYS), fc.string({ maxLength: 3 })), tie("json"), { maxKeys: 6 }),
  ),
}));
const stacktrace = fc.record(
  {
    frames: fc.oneof(
      json,
      fc.array(fc.record({ function: json, lineno: json, vars: json, pre_context: json }, { requiredKeys: [] })),
    ),
  },
  { requiredKeys: [] },
);
const event = fc.record(
  {
    ...Object.fromEntries(KEYS.slice(0, 1).map((key) => [key, json])),
    exception: fc.oneof(
      json,
      fc.array(fc.record({ type: json, value: json, stacktrace, mechanism: json }, { requiredKeys: [] })),
    ),
    threads: fc.oneof(json, fc.array(fc.record({ id: json, stacktrace }, { requiredKeys: [] }))),
    breadcrumbs: fc.oneof(json, fc.array(fc.record({ timestamp: json, level: json, data: json, message: json }))),
    message: json,
    tags: json,
    request: fc.oneof(
      json,
      fc.record({ headers: json, cookies: json, query_string: json, data: json, env: json }, { requiredKeys: [] }),
    ),
    user: json,
    contexts: json,
    extra: json,
    fingerprint: json,
    timestamp: json,
    level: json,
    sdk: json,
    culprit: json,
    modules: json,
    csp: json,
    platform: json,
    stacktrace,
    other: json,
  },
  { requiredKeys: [] },
);
/** As it comes from the wire: parsed, so that `__proto__` is a key like any other. */
const payload = fc
  .oneof({ weight: 3, arbitrary: event }, json)
  .map((value) => JSON.parse(JSON.stringify(value)) as unknown);
const input = fc
  .record(
    {
      source: fc.constantFrom("sentry" as const, "native" as const),
      sentAt: fc.constantFrom("2026-03-01T12:00:00Z", "2025-03-01T12:00:00Z", "x"),
      clientIp: fc.constant("203.0.113.9"),
      userAgent: fc.constant("Firefox"),
    },
    { requiredKeys: ["source"] },
  )
  .map(inputOf);

test("whatever JSON comes, an event or a NormalizeError leaves", () => {
  fc.assert(
    fc.property(payload, input, (raw, how) => {
      try {
        const { event: canonical } = normalizeEvent(raw, how);
        expect(typeof eventTitle(canonical) + typeof eventCulprit(canonical) + typeof eventMessage(canonical)).toBe(
          "stringstringstring",
        );
        expect(searchText(canonical).size).toBeLessThanOrEqual(400);
        expect(JSON.stringify(canonical)).not.toMatch(/\[object Object\]|\\u0000|\\ud[89a-f]/);
      } catch (error) {
        if (!(error instanceof NormalizeError)) throw error;
      }
    }),
    { numRuns: 300, endOnFailure: true },
  );
});

test("a canonical event normalizes to itself, with nothing cut", () => {
  fc.assert(
    fc.property(payload, input, (raw, how) => {
      fc.pre(typeof raw === "object" && raw !== null && !Array.isArray(raw));
      const { event: canonical } = normalizeEvent(raw, how);
      const { sentAt: _, ...again } = how;
      expect(normalizeEvent(canonical, { ...again, source: "sentry" })).toEqual({ event: canonical, cuts: [] });
    }),
    { numRuns: 300, endOnFailure: true },
  );
});

test("the payload is not changed", () => {
  fc.assert(
    fc.property(payload, input, (raw, how) => {
      fc.pre(typeof raw === "object" && raw !== null && !Array.isArray(raw));
      const before = JSON.stringify(raw);
      normalizeEvent(deepFreeze(raw), how);
      expect(JSON.stringify(raw)).toBe(before);
    }),
  );
});

function deepFreeze(value: unknown): unknown {
  if (typeof value === "object" && value !== null)
    for (const each of Object.values(Object.freeze(value))) deepFreeze(each);
  return value;
}
