import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeTsvector } from "../../db/tsvector.ts";
import { unpackPayload } from "../../events/payload.ts";
import type { JournalEntry } from "../journal/entry.ts";
import { digestEntry } from "./digest.ts";

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
      for (const digested of events) {
        const { title, culprit, environment, release, tagsJson, groupingJson, receiptJson, words } = digested;
        for (const text of [
          title,
          culprit,
          environment,
          release,
          tagsJson,
          groupingJson,
          receiptJson,
          ...decodeTsvector(words).keys(),
        ]) {
          expect(text === undefined || isStorable(text)).toBe(true);
        }
      }
    }),
  );
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
