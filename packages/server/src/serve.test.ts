import { expect, test } from "vitest";
import { serve } from "./serve.ts";

function setUp() {
  const errors: string[] = [];
  const log = {
    debug: () => {},
    info: () => {},
    warn: () => {},
    error: (message: string) => void errors.push(message),
  };
  return { errors, options: { stopSignal: Promise.resolve("SIGTERM" as const), log } };
}

const fault = (message: string, cause: string) => new Error(message, { cause: new Error(cause) });

test("a server that cannot start says why", async () => {
  const { errors, options } = setUp();
  const start = () => Promise.reject(fault("HTTP server could not start", "the port is taken"));
  expect(await serve({ ...options, start, stopSignal: new Promise(() => {}) })).toBe(1);
  expect(errors).toEqual(["Mesher cannot start: HTTP server could not start: the port is taken"]);
});

test("a server that was started and does not stop in order says so, and of which parts", async () => {
  const { errors, options } = setUp();
  const faults = [fault("a did not stop cleanly", "stuck"), fault("b did not stop cleanly", "lost")];
  const stop = () => Promise.reject(new AggregateError(faults, "several services did not stop cleanly"));
  expect(await serve({ ...options, start: async () => ({ stop }) })).toBe(1);
  expect(errors).toEqual([
    "Mesher did not stop in order: several services did not stop cleanly: a did not stop cleanly: stuck; b did not stop cleanly: lost",
  ]);
});

test("a start that is stopped is no fault, whatever it fails with then", async () => {
  const { errors, options } = setUp();
  const start = (signal: AbortSignal) =>
    new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(new Error("initdb: interrupted"))));
  expect(await serve({ ...options, start })).toBe(0);
  expect(errors).toEqual([]);
});

test("a server that was started and stopped leaves no fault", async () => {
  const { errors, options } = setUp();
  expect(await serve({ ...options, start: async () => ({ stop: async () => {} }) })).toBe(0);
  expect(errors).toEqual([]);
});
