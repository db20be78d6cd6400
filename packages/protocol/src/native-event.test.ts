import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkNativeEvent, INVALID_FIELDS_MAX, parseNativeTimestamp } from "./native-event.ts";

const FULL = {
  message: "Payment failed",
  event_id: "9ec79c33-ec99-42ab-8353-589fcb2e04dc",
  level: "warning",
  timestamp: "2026-03-01T12:00:00.123456+02:00",
  fingerprint: ["payments", "{{ default }}"],
  exception: { type_name: "CardError", value: "declined" },
  stacktrace: [{ filename: "pay.ts", function_name: "pay", lineno: 7 }],
  breadcrumbs: [{ message: "click" }],
  tags: { shop: "de", attempt: 2, test: false },
  extra: { any: ["json", null] },
  user_context: { id: "7" },
  something_else: [1],
};

describe("a payload is accepted", () => {
  test("with every field", () => {
    expect(checkNativeEvent(FULL)).toEqual({ ok: true, event: FULL });
  });

  test("with nothing but a message", () => {
    expect(checkNativeEvent({ message: "x" }).ok).toBe(true);
  });

  test("with null for optional fields", () => {
    const nulls = Object.fromEntries(Object.keys(FULL).map((key) => [key, null]));
    expect(checkNativeEvent({ ...nulls, message: "x" }).ok).toBe(true);
  });

  test("with a fingerprint of one text", () => {
    expect(checkNativeEvent({ message: "x", fingerprint: "payments" }).ok).toBe(true);
  });
});

describe("a payload is refused, with the path of its fault", () => {
  test.each([
    [{}, "message"],
    [{ message: "" }, "message"],
    [{ message: "  " }, "message"],
    [{ message: null }, "message"],
    [{ message: { formatted: "x" } }, "message"],
    [{ message: "x", level: "critical" }, "level"],
    [{ message: "x", level: 3 }, "level"],
    [{ message: "x", timestamp: "yesterday" }, "timestamp"],
    [{ message: "x", timestamp: "2026-02-30T00:00:00Z" }, "timestamp"],
    [{ message: "x", timestamp: -1 }, "timestamp"],
    [{ message: "x", timestamp: {} }, "timestamp"],
    [{ message: "x", event_id: "7" }, "event_id"],
    [{ message: "x", fingerprint: ["a", 1] }, "fingerprint"],
    [{ message: "x", tags: ["a"] }, "tags"],
    [{ message: "x", tags: { a: { b: 1 } } }, "tags.a"],
    [{ message: "x", stacktrace: "at pay.ts" }, "stacktrace"],
    [{ message: "x", stacktrace: [{}, "frame"] }, "stacktrace.1"],
    [{ message: "x", breadcrumbs: { values: [] } }, "breadcrumbs"],
    [{ message: "x", exception: "CardError" }, "exception"],
    [{ message: "x", user_context: [] }, "user_context"],
    [[], ""],
    [null, ""],
    ["x", ""],
  ])("%j", (payload, path) => {
    const check = checkNativeEvent(payload);
    expect(!check.ok && check.reasons.map((reason) => reason.path)).toEqual([path]);
  });

  test("with all faults at once, up to a limit", () => {
    const check = checkNativeEvent({ level: "loud", tags: null, timestamp: "?" });
    expect(!check.ok && check.reasons.map(({ path }) => path)).toEqual(["message", "level", "timestamp"]);
    const worse = checkNativeEvent({ message: "x", stacktrace: Array.from({ length: 100 }, () => 1) });
    expect(!worse.ok && worse.reasons).toHaveLength(INVALID_FIELDS_MAX);
  });
});

test("any JSON gets an answer", () => {
  const anything = fc.oneof(fc.jsonValue(), fc.object({ key: fc.constantFrom(...Object.keys(FULL)) }));
  fc.assert(
    fc.property(anything, (value) => {
      expect(() => checkNativeEvent(value)).not.toThrow();
    }),
  );
});

describe("a timestamp", () => {
  const noon = Date.parse("2026-03-01T12:00:00Z");
  test.each([
    ["2026-03-01T12:00:00Z", noon],
    ["2026-03-01T12:00:00", noon],
    ["2026-03-01 12:00:00.5", noon + 500],
    ["2026-03-01T12:00:00.123456789Z", noon + 123],
    ["2026-03-01T14:00+02:00", noon],
    ["2026-03-01T14:00:00+0200", noon],
    ["2026-03-01", noon - 12 * 3_600_000],
    [noon / 1000, noon],
    [noon / 1000 + 0.25, noon + 250],
    [noon, noon],
    [0, 0],
  ])("%s is a time", (value, expected) => {
    expect(parseNativeTimestamp(value)).toBe(expected);
  });

  test.each([["2026-13-01"], ["2026-03-01T25:00:00Z"], ["12:00"], [Number.NaN], [1e300], [""], [undefined]])(
    "%s is none",
    (value) => {
      expect(parseNativeTimestamp(value)).toBeUndefined();
    },
  );

  test("is the same in any notation of Date", () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date("9999-12-31"), noInvalidDate: true }), (date) => {
        expect(parseNativeTimestamp(date.toISOString())).toBe(date.getTime());
      }),
    );
  });
});
