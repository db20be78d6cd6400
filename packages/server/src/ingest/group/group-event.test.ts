import { existsSync } from "node:fs";
import type { Event, Exception, Frame } from "@mesher/protocol";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_FOLDER, scoreGrouping } from "../../../../../bench/grouping.ts";
import { GROUPING_VERSIONS, groupEvent } from "./group-event.ts";

function makeEvent(parts: Partial<Event>): Event {
  return {
    event_id: "0123456789abcdef0123456789abcdef",
    timestamp: "2026-01-02T03:04:05.000Z",
    platform: "python",
    level: "error",
    ...parts,
  };
}

function thrown(...values: Exception[]): Event {
  return makeEvent({ exception: { values } });
}

function fingerprintOf(event: Event): string {
  return groupEvent(event).fingerprint;
}

function frame(name: string, inApp: boolean): Frame {
  return { function: name, filename: `${name}.py`, in_app: inApp };
}

describe("strategies", () => {
  const frames = [frame("library", false), frame("own", true), frame("driver", false)];

  it("goes by the application's own frames when there are any", () => {
    const grouping = groupEvent(thrown({ type: "KeyError", value: "x", stacktrace: { frames } }));
    expect(grouping.strategy).toBe("in_app_frames");
    expect(grouping.parts).toEqual([
      { kind: "exception type", value: "KeyError" },
      { kind: "frame", value: "own.py in own" },
    ]);
  });

  it("goes by all frames when none is the application's own", () => {
    const foreign = frames.map((one) => ({ ...one, in_app: false }));
    const grouping = groupEvent(thrown({ type: "KeyError", stacktrace: { frames: foreign } }));
    expect(grouping.strategy).toBe("all_frames");
    expect(grouping.parts).toHaveLength(4);
  });

  it("[GROUP-02] goes by type and parametrized value when no frame says anything", () => {
    const grouping = groupEvent(thrown({ type: "KeyError", value: "id 7", stacktrace: { frames: [{ lineno: 1 }] } }));
    expect(grouping.strategy).toBe("exception");
    expect(grouping.parts.map((part) => part.value)).toEqual(["KeyError", "id <number>"]);
  });

  it("goes by the message's template, so that parameters do not matter", () => {
    const grouping = groupEvent(makeEvent({ logentry: { message: "%s failed", formatted: "send failed" } }));
    expect(grouping).toMatchObject({ strategy: "message", parts: [{ kind: "message", value: "%s failed" }] });
  });

  it("[GROUP-02] goes by the message's text when there is no template", () => {
    const [first, second] = [17, 4].map((id) => makeEvent({ logentry: { formatted: `user ${id} is gone` } }));
    expect(fingerprintOf(first as Event)).toBe(fingerprintOf(second as Event));
  });

  it("goes by the rule and the source of a security report, not by the page", () => {
    const report = (page: string) =>
      makeEvent({
        csp: { document_uri: page, effective_directive: "img-src", blocked_uri: "https://cdn.example.com/a.png" },
      });
    expect(groupEvent(report("https://a.example.com"))).toMatchObject({
      strategy: "security_report",
      parts: [{ value: "img-src" }, { value: "cdn.example.com" }],
    });
    expect(fingerprintOf(report("https://a.example.com"))).toBe(fingerprintOf(report("https://b.example.com")));
  });

  it("puts events without evidence into one issue per platform", () => {
    expect(groupEvent(makeEvent({})).strategy).toBe("fallback");
    expect(fingerprintOf(makeEvent({}))).not.toBe(fingerprintOf(makeEvent({ platform: "go" })));
  });

  it("prefers the crashed thread, and tells nothing by several", () => {
    const threads = [
      { id: 1, stacktrace: { frames: [frame("other", true)] } },
      { id: 2, stacktrace: { frames } },
    ];
    expect(groupEvent(makeEvent({ threads: { values: threads } })).strategy).toBe("fallback");
    const crashed = threads.map((thread) => ({ ...thread, crashed: thread.id === 2 }));
    expect(groupEvent(makeEvent({ threads: { values: crashed } })).parts.at(-1)?.value).toBe("own.py in own");
  });
});

describe("custom fingerprints", () => {
  const event = { transaction: "/pay", tags: { shop: "7" }, logentry: { formatted: "boom" } };

  it("[GROUP-03] win over everything else", () => {
    const one = makeEvent({ ...event, fingerprint: ["mine"] });
    expect(groupEvent(one).strategy).toBe("custom_fingerprint");
    expect(fingerprintOf(one)).toBe(fingerprintOf(makeEvent({ fingerprint: ["mine"] })));
    expect(fingerprintOf(one)).not.toBe(fingerprintOf(makeEvent({ logentry: { formatted: "mine" } })));
  });

  it("take variables, with or without spaces", () => {
    const grouping = groupEvent(
      makeEvent({ ...event, fingerprint: ["{{transaction}}", "{{ tags.shop }}", "{{ level }}", "{{ nothing }}"] }),
    );
    expect(grouping.parts.map((part) => part.value)).toEqual(["/pay", "7", "error", "{{ nothing }}"]);
  });

  it("extend the default", () => {
    const extended = groupEvent(makeEvent({ ...event, fingerprint: ["{{ default }}", "eu"] }));
    expect(extended.strategy).toBe("extended_fingerprint");
    expect(extended.fingerprint).not.toBe(fingerprintOf(makeEvent(event)));
  });

  it("change nothing when they are only the default", () => {
    expect(groupEvent(makeEvent({ ...event, fingerprint: ["{{default}}"] }))).toEqual(groupEvent(makeEvent(event)));
  });
});

describe("chains and groups of exceptions", () => {
  const root = { type: "AggregateError", mechanism: { type: "m", exception_id: 0, is_exception_group: true } };
  const leaf = (id: number, type: string, value = "x", parent = 0): Exception => ({
    type,
    value,
    mechanism: { type: "m", exception_id: id, parent_id: parent },
  });

  it("lets every exception of a chain count", () => {
    const cause = { type: "IOError", value: "x" };
    const outer = { type: "AppError", value: "y" };
    expect(fingerprintOf(thrown(cause, outer))).not.toBe(fingerprintOf(thrown(outer)));
  });

  it("drops a group around exceptions that all say the same", () => {
    const event = thrown(leaf(2, "DbError", "row 2"), leaf(1, "DbError", "row 1"), root);
    expect(fingerprintOf(event)).toBe(fingerprintOf(thrown(leaf(1, "DbError", "row 9"))));
  });

  it("takes one of each kind otherwise, in any order, through nested groups", () => {
    const flat = thrown(leaf(2, "DbError"), leaf(1, "NetError"), root);
    expect(fingerprintOf(thrown(leaf(2, "NetError"), leaf(1, "DbError"), root))).toBe(fingerprintOf(flat));
    const inner = { ...root, mechanism: { ...root.mechanism, exception_id: 1, parent_id: 0 } };
    expect(fingerprintOf(thrown(leaf(3, "DbError", "x", 1), leaf(2, "NetError", "x", 1), inner, root))).toBe(
      fingerprintOf(flat),
    );
  });

  it("survives parents that are missing or run in a circle", () => {
    const circle = { ...root, mechanism: { ...root.mechanism, parent_id: 0 } };
    expect(groupEvent(thrown(leaf(2, "A", "x", 1), leaf(1, "B", "x", 2), root)).parts).toHaveLength(1);
    expect(groupEvent(thrown(leaf(1, "A"), circle)).parts).toHaveLength(3);
    expect(groupEvent(thrown(leaf(1, "A", "x", 9), { type: "B" })).parts).toHaveLength(3);
  });

  it("looks at each exception once, though ids that occur twice make many ways to it", () => {
    const layer = (id: number): Exception => ({
      type: "Group",
      mechanism: { type: "m", exception_id: id, parent_id: id - 1, is_exception_group: true },
    });
    const layers = Array.from({ length: 22 }, (_, index) => [layer(index + 1), layer(index + 1)]).flat();
    const event = thrown(leaf(23, "DbError", "x", 22), ...layers.toReversed(), root);
    const started = performance.now();
    expect(groupEvent(event).parts.map(({ value }) => value)).toEqual(["DbError", "x"]);
    expect(performance.now() - started).toBeLessThan(500);
  });

  it("tells Apple's errors by domain and code", () => {
    const error = (value: string) =>
      thrown({ type: "NSError", value, mechanism: { type: "NSError", meta: { ns_error: { domain: "X", code: 3 } } } });
    expect(fingerprintOf(error("Datei fehlt"))).toBe(fingerprintOf(error("file missing")));
  });

  it("ignores the type of a synthetic exception", () => {
    const synthetic = (type: string) =>
      thrown({
        type,
        value: "x",
        mechanism: { type: "minidump", synthetic: true },
        stacktrace: { frames: [frame("a", true)] },
      });
    expect(fingerprintOf(synthetic("SIGSEGV"))).toBe(fingerprintOf(synthetic("EXC_BAD_ACCESS")));
  });
});

describe("the fingerprint", () => {
  const deep = (depth: number): Event =>
    thrown({
      type: "RecursionError",
      stacktrace: { frames: [frame("main", true), ...Array.from({ length: depth }, () => frame("walk", true))] },
    });

  it("is 32 hex digits", () => {
    expect(fingerprintOf(deep(1))).toMatch(/^[0-9a-f]{32}$/);
  });

  it("does not depend on the depth of a recursion", () => {
    expect(fingerprintOf(deep(500))).toBe(fingerprintOf(deep(3)));
  });

  it("depends on every frame, though only 60 parts are shown", () => {
    const long = (first: string): Event => {
      const frames = Array.from({ length: 100 }, (_, index) => frame(`f${index}`, true));
      return thrown({ type: "E", stacktrace: { frames: [frame(first, true), ...frames] } });
    };
    expect(groupEvent(long("a")).parts).toHaveLength(60);
    expect(fingerprintOf(long("a"))).not.toBe(fingerprintOf(long("b")));
  });

  it("is that of the newest version, and every version gives one", () => {
    expect(GROUPING_VERSIONS[0]?.group(deep(2))).toEqual(groupEvent(deep(2)));
    expect(new Set(GROUPING_VERSIONS.map((one) => one.version)).size).toBe(GROUPING_VERSIONS.length);
  });
});

const texts = fc.oneof(
  fc.string(),
  fc.constantFrom("<anonymous>", "a.b::c<int>(x)", "http://x/y.js", "lambda$a", "((<[", "main"),
);
const frames = fc.record(
  {
    function: texts,
    raw_function: texts,
    module: texts,
    package: texts,
    filename: texts,
    abs_path: texts,
    context_line: texts,
    lineno: fc.nat(),
    in_app: fc.boolean(),
  },
  { requiredKeys: [] },
);
const platforms = fc.constantFrom("javascript", "python", "native", "cocoa", "java", "php", "csharp", "ruby", "other");
const exceptions = fc.record(
  {
    type: texts,
    value: texts,
    stacktrace: fc.record({ frames: fc.array(frames, { maxLength: 12 }) }),
    mechanism: fc.record({
      type: fc.constant("m"),
      exception_id: fc.nat(4),
      parent_id: fc.nat(4),
      is_exception_group: fc.boolean(),
    }),
  },
  { requiredKeys: [] },
);
const events = fc
  .tuple(platforms, fc.array(exceptions, { maxLength: 5 }), texts)
  .map(([platform, values, text]) => makeEvent({ platform, exception: { values }, logentry: { formatted: text } }));

describe("for any event", () => {
  it("there is a grouping, and it is the same each time", () => {
    fc.assert(
      fc.property(events, (event) => {
        const grouping = groupEvent(event);
        expect(grouping.fingerprint).toMatch(/^[0-9a-f]{32}$/);
        expect(grouping.parts.length).toBeLessThanOrEqual(60);
        expect(groupEvent(structuredClone(event))).toEqual(grouping);
      }),
    );
  });

  it("[GROUP-01] time, ids, order of keys, lines and columns do not matter", () => {
    fc.assert(
      fc.property(events, fc.nat(), (event, line) => {
        const changed = reverseKeys({
          ...event,
          event_id: "f".repeat(32),
          timestamp: "2020-01-01T00:00:00.000Z",
          exception: {
            values: event.exception?.values.map((one) =>
              one.stacktrace === undefined
                ? one
                : {
                    ...one,
                    stacktrace: { frames: one.stacktrace.frames.map((f) => ({ ...f, lineno: line, colno: line })) },
                  },
            ),
          },
        }) as Event;
        expect(groupEvent(changed)).toEqual(groupEvent(event));
      }),
    );
  });
});

function reverseKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reverseKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, inner]) => [key, reverseKeys(inner)]),
  );
}

describe("against Sentry's regression inputs", () => {
  it.skipIf(!existsSync(DEFAULT_FOLDER))("puts together and keeps apart as Sentry does (needs ../shared/data)", () => {
    const score = scoreGrouping(DEFAULT_FOLDER);
    expect(score.f1).toBeGreaterThanOrEqual(0.85);
    expect(score.inputsRight / score.inputs).toBeGreaterThanOrEqual(0.9);
  });
});
