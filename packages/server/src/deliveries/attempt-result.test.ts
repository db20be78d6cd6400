import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AttemptFailure, resultOf, waitAfterMs } from "./attempt-result.ts";
import { PAUSE_MAX_MS, RETRY_FIRST_MS, RETRY_MAX_MS, TRIES_MAX } from "./limits.ts";

const failure: AttemptFailure = { outcome: "failed", status: 500, error: "no", isFinal: false };

test.each([
  [200, "sent"],
  [204, "sent"],
  [302, "retried"],
  [400, "dead"],
  [404, "retried"],
  [410, "dead"],
  [422, "dead"],
  [429, "retried"],
  [500, "retried"],
  [503, "retried"],
])("status %i is %s", (status, expected) => {
  const result = resultOf({ status, excerpt: "", retryAfterMs: undefined });
  const wait = result.outcome === "failed" ? waitAfterMs(result, { triesLeft: 5, failures: 1 }) : undefined;
  expect(result.outcome === "sent" ? "sent" : wait === undefined ? "dead" : "retried").toBe(expected);
});

describe("a receiver that asks to wait", () => {
  test("is left alone for as long, up to a limit", () => {
    const pauseOf = (status: number, retryAfterMs?: number) => {
      const result = resultOf({ status, excerpt: "", retryAfterMs });
      return result.outcome === "failed" ? result.pauseMs : undefined;
    };
    expect(pauseOf(429, 7_000)).toBe(7_000);
    expect(pauseOf(503, 7_000)).toBe(7_000);
    expect(pauseOf(503)).toBeUndefined();
    expect(pauseOf(500, 7_000)).toBeUndefined();
    expect(pauseOf(429)).toBeGreaterThan(0);
    expect(pauseOf(429, 1e12)).toBe(PAUSE_MAX_MS);
  });
});

test("waits grow, never fall below what the receiver asks for, and end with the last try", () => {
  fc.assert(
    fc.property(
      fc.nat(30),
      fc.nat(PAUSE_MAX_MS),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (failures, pauseMs, random) => {
        const wait = waitAfterMs({ ...failure, pauseMs }, { triesLeft: 1, failures }, () => random);
        expect(wait).toBeGreaterThanOrEqual(Math.max(pauseMs, RETRY_FIRST_MS / 2));
        expect(wait).toBeLessThanOrEqual(Math.max(pauseMs, RETRY_MAX_MS));
        expect(waitAfterMs({ ...failure, pauseMs }, { triesLeft: 0, failures })).toBeUndefined();
      },
    ),
  );
});

test("all tries take hours, not minutes and not days", () => {
  let totalMs = 0;
  for (let failures = 1; failures < TRIES_MAX; failures += 1)
    totalMs += waitAfterMs(failure, { triesLeft: 1, failures }, () => 0.5) ?? 0;
  expect(totalMs).toBeGreaterThan(2 * 3_600_000);
  expect(totalMs).toBeLessThan(6 * 3_600_000);
});
