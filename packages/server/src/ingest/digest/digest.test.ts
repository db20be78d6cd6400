import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeTsvector } from "../../db/tsvector.ts";
import { unpackPayload } from "../../events/payload.ts";
import type { JournalEntry } from "../journal/entry.ts";
import type { DigestedEvent } from "../store/digested-event.ts";
import { type Digest, digestEntries, groupsOf } from "./digest.ts";
import { DEFAULT_RULES, type ProjectRules } from "./project-rules.ts";

const EVENT_ID = "0123456789abcdef0123456789abcdef";

function entryOf(json: string, more: Partial<JournalEntry> = {}): JournalEntry {
  const body = Buffer.from(json);
  const events = [{ eventId: EVENT_ID, offset: 0, length: body.length }];
  return {
    projectId: "p",
    receivedAtMs: 1_800_000_000_000,
    source: "sentry",
    encoding: "identity",
    events,
    body,
    ...more,
  };
}

function digestEntry(entry: JournalEntry, rules?: ProjectRules): Digest {
  return digestEntries([entry], { rulesOf: () => rules });
}

/** The texts of an event that PostgreSQL would not take. */
function unstorableOf({ words, ...digested }: DigestedEvent): string[] {
  const { title, culprit, environment, release, tagsJson, groupingJson, receiptJson } = digested;
  const texts = [
    title,
    culprit,
    environment,
    release,
    tagsJson,
    groupingJson,
    receiptJson,
    ...decodeTsvector(words).keys(),
  ];
  return texts.filter((text) => text !== undefined && !isStorable(text)) as string[];
}

/** What PostgreSQL refuses in jsonb and text. */
function isStorable(text: string): boolean {
  return !text.includes("\u0000") && !/\\u0000|\\ud[89a-f]/i.test(text.replaceAll("\\\\", "")) && text.isWellFormed();
}

test("whatever JSON comes, what leaves for the database is something it takes", () => {
  const anyText = fc
    .string({ unit: "binary" })
    .chain((text) => fc.constantFrom(text, `${text}\u0000`, `\ud800${text}`, `${text}\udc00`));
  const anyEvent = fc.record(
    {
      message: anyText,
      environment: anyText,
      release: anyText,
      transaction: anyText,
      tags: fc.dictionary(anyText, anyText),
      exception: fc.record({ values: fc.array(fc.record({ type: anyText, value: anyText })) }),
      extra: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(anyEvent, anyText, anyText, (event, sentAt, userAgent) => {
      const { events, outcomes } = digestEntry(entryOf(JSON.stringify(event), { sentAt, userAgent }));
      expect(events.length + outcomes.length).toBe(1);
      for (const digested of events) expect(unstorableOf(digested)).toEqual([]);
    }),
  );
});

describe("a text is never cut within a character, whatever limit it meets", () => {
  /** Around all that is cut anywhere: lexemes, tags, what is shown of a fingerprint, symbols, messages. */
  const limits = [64, 100, 128, 200, 256, 300, 512, 1_024, 2_048, 4_096, 8_192];
  const offsets = limits.flatMap((limit) => [-3, -2, -1, 0, 1, 2].map((more) => limit + more));
  const framed = (frame: object, platform: string) => ({
    platform,
    exception: { values: [{ type: "E", stacktrace: { frames: [frame] } }] },
  });

  test.each<[string, (text: string) => object]>([
    ["message", (text) => ({ message: text })],
    ["fingerprint", (text) => ({ message: "m", fingerprint: [text] })],
    ["tags", (text) => ({ fingerprint: ["{{ tags.a }}"], tags: { a: text, [text]: "a" }, user: { id: text } })],
    ["exception's type", (text) => ({ exception: { values: [{ type: text }] } })],
    ["exception's value", (text) => ({ exception: { values: [{ type: "E", value: text }] } })],
    ["function", (text) => framed({ function: text }, "other")],
    ["native function", (text) => framed({ function: text.replaceAll(" ", "_") }, "native")],
    ["file and module", (text) => framed({ filename: text, module: text, function: "f" }, "javascript")],
    ["line", (text) => framed({ function: "f", context_line: text }, "python")],
    ["thread's function", (text) => ({ threads: { values: [{ stacktrace: { frames: [{ function: text }] } }] } })],
    ["template", (text) => ({ template: { filename: text, context_line: text } })],
    ["security report", (text) => ({ csp: { effective_directive: text, blocked_uri: `https://${text}` } })],
    ["transaction, release and environment", (text) => ({ transaction: text, release: text, environment: text })],
  ])("%s", (_, make) => {
    // Digits become a placeholder, so that a text may be cut before it is short.
    for (const filler of ["x", "7"]) {
      for (const offset of offsets) {
        const text = `${filler.repeat(offset)}\u{1f600} and so on ${"y".repeat(300)}`;
        const [digested] = digestEntry(entryOf(JSON.stringify(make(text)))).events;
        if (digested === undefined) throw new Error("no event");
        expect(unstorableOf(digested), `at ${offset}`).toEqual([]);
      }
    }
  });
});

const UNSCRUBBED: ProjectRules = { isRemoved: false, keepsClientIp: true, filter: DEFAULT_RULES.filter };
const DEEP = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;

test.each(["modules", "debug_meta", "fingerprint", "extra", "password", "exception", "threads", "sdk"])(
  "%s nested deeper than the stack reaches keeps no event from being stored, whatever stands beside it",
  (part) => {
    for (const source of ["sentry", "native"] as const) {
      for (const secret of ["", '"token":"x",', '"token":"x","number":12345678901234567890,']) {
        for (const value of [DEEP, `{"a":${DEEP}}`, `{"values":[{"type":${DEEP},"frames":${DEEP}}]}`]) {
          for (const rules of [DEFAULT_RULES, UNSCRUBBED]) {
            const entry = entryOf(`{"message":"m",${secret}"${part}":${value}}`, { source });
            const { events, outcomes } = digestEntry(entry, rules);
            expect([events.length, outcomes]).toEqual([1, []]);
          }
        }
      }
    }
  },
);

test.each(["", '"token":"x",'])(
  "ids that JavaScript cannot hold stay apart, and what is stored says them: %s",
  (secret) => {
    const json = `{${secret}"user":{"id":18446744073709551615},"tags":{"order":-9007199254740993},"timestamp":1799999999.1234567890123}`;
    const [event] = digestEntry(entryOf(json)).events;
    if (event === undefined) throw new Error("no event");
    expect(event.tags).toEqual({ "user.id": "18446744073709551615", order: "-9007199254740993" });
    expect(event.occurredAtMs).toBe(1_799_999_999_123);
    const stored = Buffer.from(unpackPayload(event.payload)).toString();
    expect(stored).toBe(json.replace('"x"', '"[Filtered]"'));
  },
);

test("the number of a card is a secret also where JavaScript cannot hold it", () => {
  const json =
    '{"extra":{"paid":6304000000000000125,"again":4.1111111111111110e15,"once more":4111111111111111.0,"id":1234567890123456789}}';
  const [event] = digestEntry(entryOf(json)).events;
  if (event === undefined) throw new Error("no event");
  expect(Buffer.from(unpackPayload(event.payload)).toString()).toBe(
    '{"extra":{"paid":"[Filtered]","again":"[Filtered]","once more":"[Filtered]","id":1234567890123456789}}',
  );
});

test("a number with many digits behind its point is written anew as it was sent", () => {
  const json = '{"token":"x","timestamp":1799999999.123456789}';
  const [event] = digestEntry(entryOf(json)).events;
  if (event === undefined) throw new Error("no event");
  expect(Buffer.from(unpackPayload(event.payload)).toString()).toBe(json.replace('"x"', '"[Filtered]"'));
});

test("the payload that is stored is the one that was sent, byte for byte, however the body was compressed", () => {
  const json = '{"message":"caf\u00e9 \ud83d\ude00","odd" : [1.0,  2e3]}';
  const plain = entryOf(json);
  const zipped = { ...plain, encoding: "gzip" as const, body: gzipSync(plain.body) };
  for (const entry of [plain, zipped]) {
    const [event] = digestEntry(entry).events;
    if (event === undefined) throw new Error("no event");
    expect(Buffer.from(unpackPayload(event.payload)).toString()).toBe(json);
  }
});

test("every event of an entry ends as an event or as an outcome", () => {
  const parts = ['{"message":"a"}', "nonsense", "[]", '{"message":"b"}'];
  const body = Buffer.from(parts.join(""));
  let offset = 0;
  const events = parts.map((part, n) => {
    const slice = { eventId: EVENT_ID.slice(0, 31) + n, offset, length: part.length };
    offset += part.length;
    return slice;
  });
  const digest = digestEntry({ ...entryOf(""), body, events });
  expect(digest.events.map(({ title }) => title)).toEqual(["a", "b"]);
  expect(digest.outcomes.map(({ outcome, reason }) => [outcome, reason])).toEqual([
    ["invalid", "json"],
    ["invalid", "not_an_event"],
  ]);
});

describe("entries of a batch", () => {
  /** `count` events with messages of so many letters, two of which cannot be read. */
  const entryOfMany = (name: string, count: number, letters: number): JournalEntry => {
    const parts = Array.from({ length: count }, (_, n) =>
      JSON.stringify({ message: `${name}${n} ${"x".repeat(letters)}` }),
    );
    parts.splice(1, 0, "nonsense", "[]");
    const body = Buffer.from(parts.join(""));
    let offset = 0;
    const events = parts.map((part) => {
      const slice = { eventId: EVENT_ID, offset, length: part.length };
      offset += part.length;
      return slice;
    });
    return { ...entryOf(""), body, events };
  };

  test("digested together they are what they are one by one, in their order, whatever of them is unusable", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ count: fc.integer({ min: 1, max: 40 }), letters: fc.integer({ min: 0, max: 20_000 }) }), {
          maxLength: 12,
        }),
        (shapes) => {
          const entries = shapes.map(({ count, letters }, n) => entryOfMany(String(n), count, letters));
          const groups = [...groupsOf(entries)];
          expect(groups.flatMap((group) => group.entries)).toEqual(entries);
          expect(groups.map(({ place }) => entries[place])).toEqual(groups.map((group) => group.entries[0]));
          const together = groups.map((group) => digestEntries(group.entries));
          const alone = entries.map((entry) => digestEntry(entry));
          expect(together.flatMap(({ events }) => events)).toEqual(alone.flatMap(({ events }) => events));
          expect(together.flatMap(({ outcomes }) => outcomes)).toHaveLength(2 * entries.length);
        },
      ),
      { numRuns: 20 },
    );
  });

  test("the entry that is worked on is told, also of those that take each step together", () => {
    const entries = ["a", "b", "c"].map((name) => entryOf(JSON.stringify({ message: name })));
    let place = -1;
    const filter: ProjectRules["filter"] = ({ logentry }) => {
      if (logentry?.formatted === "b") throw new Error("of b");
      return undefined;
    };
    const digest = () =>
      digestEntries(entries, { rulesOf: () => ({ ...DEFAULT_RULES, filter }), onEntry: (at) => (place = at) });
    expect(digest).toThrow("of b");
    expect(place).toBe(1);
  });
});
