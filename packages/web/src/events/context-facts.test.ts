import { expect, test } from "vitest";
import { contextFacts } from "./context-facts.ts";

test("contexts have the names people use, and what they look for comes first", () => {
  const facts = contextFacts({
    trace: { trace_id: "ab", type: "trace" },
    device: { free_memory: 34_359_738_368, battery_level: 0.41, simulator: false, model: null, arch: "arm64" },
    browser: { name: "Firefox", version: "140.0", type: "browser" },
    empty: { type: "empty" },
  });
  expect(facts.map(({ title, summary }) => [title, summary])).toEqual([
    ["Browser", "Firefox 140.0"],
    ["Device", undefined],
    ["Trace", undefined],
  ]);
  expect(facts[0]?.entries).toEqual([]);
  expect(facts[1]?.entries).toEqual([
    ["Free memory", "32 GiB"],
    ["Battery level", "41 %"],
    ["Simulator", "no"],
    ["Arch", "arm64"],
  ]);
  expect(facts[2]?.entries).toEqual([["Trace ID", "ab"]]);
});

test("what is no plain name, and what is no plain value, stays as it was sent", () => {
  expect(contextFacts({ "my.Context": { someKey: [1], memory_size: "8 GB" } })).toEqual([
    {
      key: "my.Context",
      title: "my.Context",
      summary: undefined,
      entries: [
        ["someKey", [1]],
        ["Memory size", "8 GB"],
      ],
    },
  ]);
});
