import type { Frame } from "@mesher/protocol";
import { expect, test } from "vitest";
import { arrangeFrames, frameLocation, frameToOpen, sourceLines } from "./frames.ts";

const own = (name: string): Frame => ({ function: name, in_app: true });
const library = (name: string): Frame => ({ function: name, in_app: false });

/** `main [2] render` for a frame, two folded ones, and a frame. */
function picture(frames: Frame[], mode: "app" | "all"): string {
  return arrangeFrames({ frames }, mode)
    .map((row) => (row.kind === "frame" ? row.frame.function : `[${row.frames.length}]`))
    .join(" ");
}

test("the place that failed is on top", () => {
  expect(picture([own("main"), own("handle"), own("fail")], "app")).toBe("fail handle main");
});

test("runs of library frames are folded, single ones are not", () => {
  const frames = [library("boot"), library("run"), own("main"), library("call"), own("fail")];
  expect(picture(frames, "app")).toBe("fail call main [2]");
});

test("the place that failed is shown although a library failed", () => {
  const frames = [own("main"), library("connect"), library("open"), library("throw")];
  expect(picture(frames, "app")).toBe("throw [2] main");
});

test("nothing is folded when all frames are wanted, or when no frame is one's own", () => {
  expect(picture([library("a"), library("b"), own("c")], "all")).toBe("c b a");
  expect(picture([library("a"), library("b"), library("c")], "app")).toBe("c b a");
});

test("of a deep stack the lower end is folded", () => {
  const frames = Array.from({ length: 50 }, (_, index) => library(`f${index}`));
  expect(picture(frames, "app")).toMatch(/^f49 f48 .* f38 \[38\]$/);
  expect(picture(frames.slice(0, 13), "app")).not.toContain("[");
});

test("every frame has its place counted from the top, folded or not", () => {
  const rows = arrangeFrames({ frames: [own("a"), library("b"), library("c"), own("d")] }, "app");
  expect(rows.map(({ index }) => index)).toEqual([0, 1, 3]);
});

test("the newest frame of one's own with source is opened first", () => {
  const frames: Frame[] = [
    { ...own("main"), context_line: "x" },
    own("bare"),
    { ...library("lib"), context_line: "y" },
  ];
  expect(frameToOpen({ frames })?.function).toBe("main");
  expect(frameToOpen({ frames: [own("bare")] })).toBeUndefined();
});

test.each<[Frame, string]>([
  [{ filename: "app.py", lineno: 12, colno: 5 }, "app.py:12:5"],
  [{ filename: "Main.java", lineno: 0 }, "Main.java"],
  [{ module: "app.views" }, "app.views"],
  [{ package: "/usr/lib/system/libdyld.dylib" }, "libdyld.dylib"],
  [{}, ""],
])("%j is at %s", (frame, location) => {
  expect(frameLocation(frame)).toBe(location);
});

test("lines around the failing one are numbered from it", () => {
  const lines = sourceLines({ lineno: 10, pre_context: ["a", "b"], context_line: "c", post_context: ["d"] });
  expect(lines.map(({ number }) => number)).toEqual([8, 9, 10, 11]);
  expect(lines.find(({ failed }) => failed)?.text).toBe("c");
});
