import { expect, test } from "vitest";
import type { NormalizeInput } from "./normalize.ts";
import { cutsOf, normalized } from "./normalize-testing.ts";

const native: Partial<NormalizeInput> = { source: "native" };

const FULL = {
  message: "Payment failed",
  level: "warning",
  fingerprint: "payments",
  exception: { type_name: "CardError", value: "declined", module_name: "shop.pay" },
  stacktrace: [
    { filename: "pay.ts", function_name: "charge", lineno: 7, colno: 3, context_line: "x()", in_app: true },
    { filename: "main.ts", function_name: "main", lineno: 1, in_app: true },
  ],
  breadcrumbs: [{ timestamp: "2026-03-01T11:59:00Z", category: "ui", message: "click", level: "info", data: { a: 1 } }],
  tags: { shop: "de", attempt: 2 },
  extra: { cart: [1] },
  user_context: { id: "7", ip: "203.0.113.9" },
  sdk_name: "mesher-js",
  sdk_version: "1.0",
  environment: "production",
  session_id: "s1",
  release: "shop@2",
  timestamp: "2026-03-01T11:59:30Z",
  colour: "blue",
};

test("a native payload becomes an event as SDKs send it, with the failed frame last", () => {
  expect(normalized(FULL, native)).toMatchObject({
    timestamp: "2026-03-01T11:59:30.000Z",
    logentry: { formatted: "Payment failed" },
    level: "warning",
    fingerprint: ["payments"],
    exception: {
      values: [
        {
          type: "CardError",
          value: "declined",
          module: "shop.pay",
          stacktrace: {
            frames: [
              { filename: "main.ts", function: "main", lineno: 1, in_app: true },
              { filename: "pay.ts", function: "charge", lineno: 7, colno: 3, context_line: "x()", in_app: true },
            ],
          },
        },
      ],
    },
    breadcrumbs: { values: [{ timestamp: "2026-03-01T11:59:00.000Z", message: "click", data: { a: 1 } }] },
    tags: { shop: "de", attempt: "2" },
    extra: { cart: [1], colour: "blue" },
    user: { id: "7", ip_address: "203.0.113.9" },
    sdk: { name: "mesher-js", version: "1.0" },
    environment: "production",
    session_id: "s1",
    release: "shop@2",
  });
  expect(cutsOf(FULL, native)).toEqual([]);
});

test("Sentry's spellings are understood in exceptions and frames", () => {
  const payload = { exception: { type: "E" }, stacktrace: [{ function: "inner" }, { function: "outer" }] };
  expect(normalized(payload, native).exception?.values).toEqual([
    { type: "E", stacktrace: { frames: [{ function: "outer" }, { function: "inner" }] } },
  ]);
});

test("a stack trace in an SDK's form keeps its order", () => {
  const stacktrace = { frames: [{ function: "outer" }, { function_name: "inner" }] };
  expect(normalized({ stacktrace }, native).stacktrace).toEqual({
    frames: [{ function: "outer" }, { function: "inner" }],
  });
});

test("without an exception the stack trace stands alone", () => {
  expect(normalized({ message: "x", stacktrace: [{ function_name: "f" }] }, native)).toMatchObject({
    stacktrace: { frames: [{ function: "f" }] },
  });
});

test("extra may be anything", () => {
  expect(normalized({ extra: [1, 2] }, native).extra).toEqual({ extra: [1, 2] });
  expect(normalized({ extra: null, a: 1 }, native).extra).toEqual({ a: 1 });
});

test("null means not sent", () => {
  const nulls = Object.fromEntries(Object.keys(FULL).map((key) => [key, null]));
  expect(normalized({ ...nulls, colour: undefined, message: "x" }, native)).toMatchObject({
    logentry: { formatted: "x" },
  });
  expect(cutsOf({ ...nulls, message: "x" }, native)).toEqual([]);
});
