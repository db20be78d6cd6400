import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Dsn, formatDsn, parseDsn } from "./dsn.ts";

describe("a DSN", () => {
  test("has a key, a host and a project number", () => {
    expect(parseDsn("https://mshr_0a@errors.example/7")).toEqual({
      protocol: "https",
      publicKey: "mshr_0a",
      host: "errors.example",
      prefix: "",
      projectNumber: 7,
    });
  });

  test("may have a port and a path before the number", () => {
    expect(parseDsn("http://k@[::1]:8080/monitor/errors/42")).toEqual({
      protocol: "http",
      publicKey: "k",
      host: "[::1]",
      port: 8080,
      prefix: "monitor/errors",
      projectNumber: 42,
    });
  });

  test("may have a secret, which is dropped", () => {
    expect(parseDsn("https://key:secret@host/1")?.publicKey).toBe("key");
  });

  test.each([
    "",
    "https://host/1",
    "https://key@host",
    "https://key@host/",
    "https://key@host/slug",
    "https://key@host/1/",
    "ftp://key@host/1",
    "https://key@host:99999/1",
    "https://key@ho st/1",
    "https://key@host/9999999999999999",
  ])("none: %s", (text) => {
    expect(parseDsn(text)).toBeUndefined();
  });

  test("is none if it is very long", () => {
    expect(parseDsn(`https://key@host/${"a/".repeat(1000)}1`)).toBeUndefined();
  });

  test("is read as it was written", () => {
    const dsn: fc.Arbitrary<Dsn> = fc.record(
      {
        protocol: fc.constantFrom("http" as const, "https" as const),
        publicKey: fc.stringMatching(/^[\w-]{1,64}$/),
        host: fc.domain(),
        port: fc.integer({ min: 1, max: 65_535 }),
        prefix: fc.constantFrom("", "a", "a/b-c"),
        projectNumber: fc.integer({ min: 0, max: 1e15 - 1 }),
      },
      { requiredKeys: ["protocol", "publicKey", "host", "prefix", "projectNumber"] },
    );
    fc.assert(
      fc.property(dsn, (written) => {
        expect(parseDsn(formatDsn(written))).toEqual(written);
      }),
    );
  });

  test("is found or not in any text, without an error", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(() => parseDsn(text)).not.toThrow();
      }),
    );
  });
});
