import { describe, expect, test } from "vitest";
import { crashedThread, crashFrame, eventStacktrace } from "./event-stacktrace.ts";
import { normalized } from "./normalize-testing.ts";
import { eventCulprit, eventMessage, eventTitle } from "./title.ts";

describe("a title", () => {
  test.each([
    [{ exception: [{ type: "Cause" }, { type: "TypeError", value: "x is\nundefined" }] }, "TypeError: x is"],
    [{ exception: { type: "TypeError" } }, "TypeError"],
    [{ exception: { value: "just this" } }, "just this"],
    [{ exception: { type: "E", value: "\n \n" }, message: "m" }, "E"],
    [{ message: "\n  first line\nsecond" }, "first line"],
    [
      { csp: { effective_directive: "img-src", blocked_uri: "https://evil.example/x.png" } },
      "Blocked 'img-src' from 'evil.example'",
    ],
    [{ csp: { violated_directive: "script-src 'self'", blocked_uri: "self" } }, "Blocked inline 'script-src'"],
    [{ csp: { effective_directive: "img-src", blocked_uri: "data" } }, "Blocked 'img-src' from 'data'"],
    [{ hpkp: { hostname: "x.example" } }, "Public key pinning validation failed for 'x.example'"],
    [{ threads: [{ crashed: true, stacktrace: [{ function: "f" }] }] }, "f"],
    [{}, "<unlabeled event>"],
  ])("of %j is %s", (raw, expected) => {
    expect(eventTitle(normalized(raw))).toBe(expected);
  });

  test("has at most 200 characters", () => {
    expect(eventTitle(normalized({ message: "x".repeat(500) }))).toHaveLength(200);
  });
});

describe("a culprit", () => {
  const stacktrace = [
    { function: "main", module: "app", in_app: true },
    { function: "get", filename: "lib/http.py", in_app: false },
  ];
  test.each([
    [{ transaction: "/checkout", stacktrace }, "/checkout"],
    [{ stacktrace }, "app in main"],
    [{ stacktrace: [{ function: "f", filename: "a.c" }, {}] }, "a.c in f"],
    [{ csp: { effective_directive: "img-src" } }, "img-src"],
    [{}, ""],
  ])("of %j is %j", (raw, expected) => {
    expect(eventCulprit(normalized(raw))).toBe(expected);
  });
});

test("the message is what was logged, or else what was thrown", () => {
  expect(eventMessage(normalized({ message: "m", exception: { value: "v" } }))).toBe("m");
  expect(eventMessage(normalized({ exception: { value: "v" } }))).toBe("v");
  expect(eventMessage(normalized({}))).toBe("");
});

describe("the stack trace", () => {
  const of = (name: string) => [{ function: name }];
  const threads = [
    { id: 1, current: true, stacktrace: of("current") },
    { id: 2, crashed: true, stacktrace: of("crashed") },
    { id: 3, stacktrace: of("third") },
  ];
  test.each([
    [{ exception: [{ stacktrace: of("cause") }, { type: "E", stacktrace: of("last") }], threads }, "last"],
    [{ exception: [{ stacktrace: of("cause") }, { type: "E" }], threads }, "cause"],
    [{ exception: { type: "E", thread_id: 3 }, threads }, "third"],
    [{ threads }, "crashed"],
    [{ stacktrace: of("own"), threads }, "own"],
    [{ threads: [threads[0], threads[2]] }, "current"],
    [{ threads: [threads[2]] }, "third"],
    [{ threads: [threads[2], threads[2]] }, undefined],
  ])("of %j", (raw, expected) => {
    expect(eventStacktrace(normalized(raw))?.frames[0]?.function).toBe(expected);
  });

  test("of an event without threads is none", () => {
    expect(crashedThread(normalized({}))).toBeUndefined();
    expect(crashFrame(normalized({}))).toBeUndefined();
  });
});

test("the culprit of a trace without application frames is not the machinery that made the report", () => {
  const culpritOf = (...frames: object[]) => eventCulprit(normalized({ stacktrace: { frames } }));
  expect(
    culpritOf(
      { module: "com.example.Orders", function: "save" },
      { module: "io.sentry.Sentry", function: "captureMessage" },
      { module: "java.lang.Thread", function: "getStackTrace" },
    ),
  ).toBe("com.example.Orders in save");
  expect(
    culpritOf(
      { filename: "main.rs", function: "shop::pay" },
      { filename: "panicking.rs", function: "core::panicking::panic_fmt" },
      { filename: "panicking.rs", function: "std::panicking::begin_panic_handler" },
      { filename: "lib.rs", function: "sentry_panic::PanicIntegration::event_from_panic_info" },
    ),
  ).toBe("main.rs in shop::pay");
  expect(culpritOf({ module: "java.lang.Thread", function: "getStackTrace" })).toBe(
    "java.lang.Thread in getStackTrace",
  );
});
