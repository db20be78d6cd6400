import type { Frame } from "@mesher/protocol";
import { describe, expect, it } from "vitest";
import { describeFrame } from "./frame.ts";

function valuesOf(frame: Frame, platform = "other"): readonly string[] {
  return describeFrame(frame, platform).values;
}

describe("the place of a frame", () => {
  it("is the module rather than the file", () => {
    expect(valuesOf({ module: "foo.bar", filename: "foo/bar.py", function: "run" })).toEqual(["foo.bar", "run"]);
  });

  it("is the file's base name in lower case, whatever the release's folder", () => {
    const old = valuesOf({ filename: "/data/releases/20140114151955/app/Foo.html.erb" });
    expect(old).toEqual(["foo.html.erb"]);
    expect(valuesOf({ filename: "C:\\app\\Foo.html.erb" })).toEqual(old);
  });

  it.each([
    ["app.3f9a1c2b.js", "app.<hash>.js"],
    ["main-4f2e1d0c9b8a7654.chunk.js", "main-<hash>.chunk.js"],
    ["index-BdYx3k2p.js", "index-<hash>.js"],
    ["jquery-3.1.1.min.js", "jquery-<version>.min.js"],
    ["EntriesResource_$$_javassist_seam_74.java", "entriesresource_$$_javassist<auto>.java"],
    ["checkout.js", "checkout.js"],
    ["utf8.rs", "utf8.rs"],
  ])("names %s as %s, without what a build put into it", (filename, expected) => {
    expect(valuesOf({ filename })).toEqual([expected]);
  });

  it.each(["https://example.com/app.js", "blob:https://example.com/7f7a", "applewebdata://7f7a/x"])(
    "is not the address of a page or bundle: %s",
    (path) => {
      expect(valuesOf({ abs_path: path, filename: "/app.js", function: "run" }, "javascript")).toEqual(["run"]);
    },
  );

  it("is a file of the browser's own machine", () => {
    expect(valuesOf({ abs_path: "file:///tmp/test.html", filename: "/tmp/test.html" }, "javascript")).toEqual([
      "test.html",
    ]);
  });

  it("is no module cut out of the page's address", () => {
    const frame = { abs_path: "https://sentry.io/foo/bar/baz", module: "foo/bar/baz", function: "a" };
    expect(valuesOf(frame, "javascript")).toEqual(["a"]);
  });

  it.each(["<anonymous>", "[native code]"])("is nothing for %s", (filename) => {
    expect(valuesOf({ filename, abs_path: "x", function: "run" })).toEqual(["run"]);
  });

  it.each([
    ["sun.reflect.GeneratedConstructorAccessor2", "sun.reflect.GeneratedConstructorAccessor<auto>"],
    ["jdk.internal.reflect.GeneratedMethodAccessor29", "jdk.internal.reflect.GeneratedMethodAccessor<auto>"],
    ["com.sun.proxy.$Proxy12", "com.sun.proxy.$Proxy<auto>"],
    [
      "a.B$$EnhancerBySpringCGLIB$$1ebdddb0$$FastClassBySpringCGLIB$$6c0b",
      "a.B$$EnhancerBySpringCGLIB$$<auto>$$FastClassBySpringCGLIB$$<auto>",
    ],
    ["a.B$EnhancerByGuice$ae46b1bf$FastClassByGuice$caceacd2", "a.B$EnhancerByGuice$<auto>$FastClassByGuice$<auto>"],
    ["a.User$HibernateProxy$oRWxjAWT", "a.User$HibernateProxy$<auto>"],
    ["app.core$fn__12345", "app.core$fn__<auto>"],
    ["a.Foo$_run_closure12$_closure3", "a.Foo$_run_closure<auto>$_closure<auto>"],
    ["a_closure1closure2_closure3", "a_closure<auto>closure2_closure<auto>"],
    ["a.closure1", "a.closure1"],
    ["Script1$_run_closure1", "Script<auto>$_run_closure<auto>"],
    ["a.Outer$1", "a.Outer$1"],
  ])("reads Java's class %s as %s", (module, expected) => {
    expect(valuesOf({ module }, "java")).toEqual([expected]);
  });

  it("is no lambda's class", () => {
    expect(valuesOf({ module: "a.B$$Lambda$40/1673859467", function: "call" }, "java")).toEqual(["call"]);
  });
});

describe("the line of source", () => {
  it("counts where sources can be trusted, whatever its indentation", () => {
    expect(valuesOf({ function: "run", context_line: "\t  a  =  1" }, "python")).toEqual(["run", "a = 1"]);
    expect(valuesOf({ function: "run", context_line: "a = 1" }, "java")).toEqual(["run"]);
  });

  it("does not count when it is minified", () => {
    expect(valuesOf({ function: "run", context_line: "x".repeat(121) }, "javascript")).toEqual(["run"]);
  });

  it("takes the place of the function's name behind a source map", () => {
    const frame = { function: "this", module: "app/api", context_line: "send()", data: { sourcemap: "a.map" } };
    expect(valuesOf(frame, "javascript")).toEqual(["app/api", "send()"]);
  });
});

it("counts no frame of evaluated or native JavaScript", () => {
  expect(valuesOf({ function: "eval", filename: "a.js" }, "javascript")).toEqual([]);
  expect(valuesOf({ function: "map", filename: "[native code]" }, "javascript")).toEqual([]);
  expect(valuesOf({ function: "Array.map", abs_path: "<anonymous>" }, "javascript")).toEqual([]);
});

it.each<[Frame, platform: string]>([
  [{ filename: `${"-".repeat(40_000)}1` }, "other"],
  [{ filename: `-${"aB".repeat(40_000)}1.js` }, "other"],
  [{ module: `${"_".repeat(40_000)}1` }, "java"],
  [{ module: `${"_closure".repeat(20_000)}1$` }, "java"],
  [{ module: `${"g__".repeat(20_000)}1` }, "csharp"],
])("a hostile name takes little time (%#)", (frame, platform) => {
  const started = performance.now();
  valuesOf(frame, platform);
  expect(performance.now() - started).toBeLessThan(500);
});
