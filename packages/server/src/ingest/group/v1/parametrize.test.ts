import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parametrize } from "./parametrize.ts";

describe("parametrize", () => {
  it.each([
    ["user 17 not found", "user <number> not found"],
    ["balance is -5 or 1,234.50, 5e-10", "balance is <number> or <number>, <number>"],
    ["at 0xdeadBEEF and deadbeef1", "at <hex> and <hex>"],
    ["commit a1b2c3d failed", "commit <hex> failed"],
    ["job 123e4567-e89b-12d3-a456-426614174000", "job <uuid>"],
    ["sum 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12", "sum <sha1>"],
    ["sum d41d8cd98f00b204e9800998ecf8427e", "sum <md5>"],
    ["no route from 10.0.0.1:5432 to [fe80::1]:80", "no route from <ip>:<number> to [<ip>]:<number>"],
    ["mail to anna@example.com bounced", "mail to <email> bounced"],
    ["GET https://example.com/a?b=1 failed (ws://x.y)", "GET <url> failed (<url>)"],
    ["took 12ms, 3.5s or 2 minutes for 10MB", "took <duration>, <duration> or <duration> for <size>"],
    ["2024-01-02T03:04:05.678Z and 2024-01-02 03:04", "<time> and <time>"],
    ["Wed Apr 17 22:31:45 2019: gone", "<time>: gone"],
    ["Wed, 17 Apr 2019 22:31:45 GMT", "<time>"],
    ["17/Apr/2019:22:31:45 +0000", "<time>"],
    ["at 12:30 PM", "at <time>"],
    ["cannot open /tmp/xy12/foo: gone", "cannot open <path>: gone"],
    ["name='Bob Smith' done=true", "name=<quoted> done=<boolean>"],
    ["trace 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "trace <trace>"],
  ])("reads %j as %j", (text, expected) => {
    expect(parametrize(text)).toBe(expected);
  });

  it.each([
    "std::vector or Foo::bar or dead::beef",
    "Cannot read 'length' of undefined",
    "cannot open /etc/passwd",
    "item42 of v2",
    "Marker of Decimal in May",
  ])("leaves %j as it is", (text) => {
    expect(parametrize(text)).toBe(text);
  });

  it("tells a position in a file always by numbers, even when it looks like a time", () => {
    expect(parametrize("app.js:10:22")).toBe(parametrize("app.js:7:5"));
  });

  it("keeps the first two lines that are not blank", () => {
    expect(parametrize("one\n\ntwo\nthree")).toBe("one\ntwo...");
    expect(parametrize(" \n ")).toBe("");
  });

  it("gives the same for any two numbers", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (a, b) => {
        expect(parametrize(`order ${a} is late`)).toBe(parametrize(`order ${b} is late`));
      }),
    );
  });

  it.each(["a".repeat(100_000), "1.".repeat(50_000), "a@".repeat(50_000), "='".repeat(50_000), ":1".repeat(50_000)])(
    "takes little time for a long text (%#)",
    (text) => {
      const started = performance.now();
      parametrize(text);
      expect(performance.now() - started).toBeLessThan(500);
    },
  );
});
