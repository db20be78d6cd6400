import type { Frame } from "@mesher/protocol";
import { describe, expect, it } from "vitest";
import { judgeFrames } from "./frame-rules.ts";

/** The names of the frames that count, those of the application's own code in capitals. */
function judged(frames: readonly Frame[], platform: string): string[] {
  const verdicts = judgeFrames(frames, platform);
  return frames.flatMap(({ function: name = "?" }, index) => {
    const verdict = verdicts[index];
    if (verdict?.contributes !== true) return [];
    return [verdict.inApp ? name.toUpperCase() : name];
  });
}

describe("judgeFrames", () => {
  it("takes the SDK's word when nothing else is known", () => {
    expect(
      judged([{ function: "a", in_app: true }, { function: "b", in_app: false }, { function: "c" }], "go"),
    ).toEqual(["A", "b", "c"]);
  });

  it.each([
    ["python", "/usr/lib/python3/site-packages/django/base.py"],
    ["javascript", "webpack:///./node_modules/react/index.js"],
    ["javascript", "https://unpkg.com/react@18/index.js"],
    ["go", "/root/go/pkg/mod/github.com/gin/gin.go"],
    ["php", "/srv/app/vendor/laravel/framework.php"],
  ])("knows what others wrote: %s %s", (platform, path) => {
    expect(judged([{ function: "a", abs_path: path, in_app: true }], platform)).toEqual(["a"]);
  });

  it.each(["org.springframework.web.Servlet", "kotlin.Unit", "android.os.Looper", "sun.nio.Net"])(
    "knows Java's frameworks: %s",
    (module) => {
      expect(judged([{ function: "x", module, in_app: true }], "java")).toEqual(["x"]);
    },
  );

  it("counts nothing of Sentry's SDKs, polyfills and event loops", () => {
    const frames = [
      { function: "a", module: "io.sentry.Hub" },
      { function: "b", module: "@babel/runtime/helpers" },
      { function: "processTicksAndRejections" },
      { function: "c", abs_path: "package:sentry_dio/src/dio.dart" },
      { function: "d", abs_path: "org-dartlang-sdk:///lib/async.dart" },
    ];
    expect(judged(frames, "javascript")).toEqual([]);
  });

  it("knows an iOS application by its folder, and the system's libraries", () => {
    const frames = [
      { function: "a", package: "/private/var/containers/Bundle/Application/9B2E/Foo.app/Foo" },
      { function: "b", package: "/usr/lib/libc.dylib", in_app: true },
    ];
    expect(judged(frames, "cocoa")).toEqual(["A", "b"]);
  });

  it("leaves out what starts a thread and everything before it", () => {
    const frames = [
      { function: "start_wqthread" },
      { function: "_pthread_wqthread" },
      { function: "work", in_app: true },
    ];
    expect(judged(frames, "native")).toEqual(["WORK"]);
  });

  it("leaves out what comes behind the place that raises", () => {
    const frames = [{ function: "work", in_app: true }, { function: "abort" }, { function: "__pthread_kill" }];
    expect(judged(frames, "native")).toEqual(["WORK", "abort"]);
    const rust = [
      { function: "work", in_app: true },
      { function: "std::panicking::begin_panic" },
      { function: "hook" },
    ];
    expect(judged(rust, "native")).toEqual(["WORK"]);
  });

  it("leaves out signal handlers and crash reporters", () => {
    const frames = [{ function: "work" }, { function: "_sigtramp" }, { function: "crashpad::HandleSignal" }];
    expect(judged(frames, "native")).toEqual(["work"]);
  });

  it("counts only the call that enters a library", () => {
    const library = "/System/Library/Frameworks/OpenGL.framework/OpenGL";
    const frames = ["draw", "glFlush", "gleFlush", "gleInner"].map((name, index) =>
      index === 0 ? { function: name, in_app: true } : { function: name, package: library },
    );
    expect(judged(frames, "native")).toEqual(["DRAW", "glFlush"]);
  });

  it("leaves out one system frame between two others", () => {
    const frames = [
      { function: "a", in_app: true },
      { function: "CFNotify", package: "CoreFoundation" },
      { function: "b", in_app: true },
    ];
    expect(judged(frames, "cocoa")).toEqual(["A", "B"]);
  });

  it("leaves out blocks unless they are the application's own", () => {
    expect(judged([{ function: "_foo_block_invoke" }], "cocoa")).toEqual([]);
    expect(judged([{ function: "f_block_invoke", in_app: true }], "cocoa")).toEqual(["F_BLOCK_INVOKE"]);
  });

  it("takes callers for the application's own where Unreal Engine raises", () => {
    const frames = [{ function: "AGame::Tick" }, { function: "FDebug::CheckVerifyFailedImpl2" }, { function: "trap" }];
    expect(judged(frames, "native")).toEqual(["AGAME::TICK", "FDebug::CheckVerifyFailedImpl2", "trap"]);
  });

  it("goes back to the SDK's word when the event went through Sentry before", () => {
    expect(judged([{ function: "a", in_app: false, data: { orig_in_app: 1 } }], "go")).toEqual(["A"]);
  });

  it.each([
    ["/srv/static/newrelic-agent/a.js", []],
    ["/srv/static/newrelic-agent.js", ["A"]],
    ["newrelic", ["A"]],
    ["https://cdn.logrocket.io/a.js", []],
  ])("leaves out what watches for errors, by its folder: %s", (path, expected) => {
    expect(judged([{ function: "a", abs_path: path, in_app: true }], "python")).toEqual(expected);
  });

  it("takes little time for a path that says newrelic often", () => {
    const started = performance.now();
    judged([{ function: "a", abs_path: `/${"newrelic".repeat(20_000)}` }], "python");
    expect(performance.now() - started).toBeLessThan(500);
  });
});
