import { describe, expect, test } from "vitest";
import { cutsOf, normalized } from "./normalize-testing.ts";

describe("messages", () => {
  test.each([
    ["hello", { formatted: "hello" }],
    [42, { formatted: "42" }],
    [{ message: "hello" }, { formatted: "hello" }],
    [{ message: "hello", formatted: "hello" }, { formatted: "hello" }],
    [
      { message: "hi %s", formatted: "hi you" },
      { message: "hi %s", formatted: "hi you" },
    ],
    [
      { message: "hi %s, %d%% of %(x)s", params: ["you", 5] },
      { formatted: "hi %s, %d%% of %(x)s", params: ["you", 5] },
    ],
    [
      { message: "%s: %d%%", params: ["you", 5] },
      { message: "%s: %d%%", formatted: "you: 5%", params: ["you", 5] },
    ],
    [
      { message: "%(who)s is %(age)03d", params: { who: "Ann", age: 5 } },
      { message: "%(who)s is %(age)03d", formatted: "Ann is 5", params: { who: "Ann", age: 5 } },
    ],
    [
      { message: "{} and {}", params: ["a", null] },
      { message: "{} and {}", formatted: "a and null", params: ["a", null] },
    ],
    [
      { message: "{1} {0:x} {{}}", params: ["a", "b"] },
      { message: "{1} {0:x} {{}}", formatted: "b a {}", params: ["a", "b"] },
    ],
    [
      { message: "{name}", params: { name: { a: 1 } } },
      { message: "{name}", formatted: '{"a":1}', params: { name: { a: 1 } } },
    ],
    [{ params: [1] }, undefined],
    ["", undefined],
  ])("%j is %j", (message, expected) => {
    expect(normalized({ message }).logentry).toEqual(expected);
    expect(normalized({ logentry: message }).logentry).toEqual(expected);
    expect(normalized({ message })).not.toHaveProperty("message");
  });

  test("that old SDKs sent twice are a template and its text", () => {
    const raw = { message: "hello you", "sentry.interfaces.Message": { message: "hello %s" } };
    expect(normalized(raw).logentry).toEqual({ message: "hello %s", formatted: "hello you" });
  });

  test("that would be too large with their parameters are not made", () => {
    const message = { message: "{0}".repeat(2_500), params: ["x".repeat(250_000)] };
    expect(normalized({ message }).logentry?.formatted).toHaveLength(8192);
  });

  test("are cut at 8,192 characters, and never within one", () => {
    const formatted = normalized({ message: "😀".repeat(5000) }).logentry?.formatted ?? "";
    expect(formatted.length).toBeLessThanOrEqual(8192);
    expect(formatted.isWellFormed()).toBe(true);
    expect(cutsOf({ message: "x".repeat(9000) })).toEqual([
      { path: "logentry", reason: "too_long", originalLength: 9000 },
    ]);
  });
});
