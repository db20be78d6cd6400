import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ENVELOPE_HEADER_BYTES_MAX,
  ENVELOPE_ITEMS_MAX,
  type Envelope,
  EnvelopeError,
  parseEnvelope,
  serializeEnvelope,
} from "./envelope.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const payloads = (text: string) => {
  const envelope = parseEnvelope(bytes(text));
  return envelope.items.map(({ offset, length }) =>
    new TextDecoder().decode(bytes(text).slice(offset, offset + length)),
  );
};

describe("framing", () => {
  test.each([
    ["only a header", "{}", []],
    ["a header and a newline", "{}\n", []],
    ["a payload with a length, ended by the end", '{}\n{"type":"event","length":2}\n{}', ["{}"]],
    ["a payload with a length, ended by a newline", '{}\n{"type":"event","length":2}\n{}\n', ["{}"]],
    ["a payload without a length, ended by a newline", '{}\n{"type":"event"}\n{"a":1}\n', ['{"a":1}']],
    ["a payload without a length, ended by the end", '{}\n{"type":"event"}\n{"a":1}', ['{"a":1}']],
    ["a length of null", '{}\n{"type":"event","length":null}\n{}', ["{}"]],
    [
      "a newline within a payload of known length",
      '{}\n{"type":"attachment","length":3}\na\nb\n{"type":"x"}\nc',
      ["a\nb", "c"],
    ],
    ["empty payloads", '{}\n{"type":"attachment","length":0}\n\n{"type":"attachment","length":0}\n\n', ["", ""]],
    ["an item header as the last line", '{}\n{"type":"attachment"}', [""]],
    ["an unknown type and attribute", '{}\n{"type":"hologram","depth":3}\nx', ["x"]],
    ["blank lines after payloads", '{}\n{"type":"a"}\nx\n\n\n{"type":"b"}\ny\n\n', ["x", "y"]],
    ["carriage returns, which belong to the payload", '{}\n{"type":"a"}\nx\r\n', ["x\r"]],
  ])("%s", (_, text, expected) => {
    expect(payloads(text)).toEqual(expected);
  });

  test.each([
    ["nothing", ""],
    ["a header that is no JSON", "hello"],
    ["a header that is an array", "[]"],
    ["a header that is null", "null"],
    ["a blank line before the header", "\n{}"],
    ["an item header that is no JSON", "{}\nhello\n{}"],
    ["an item without a type", '{}\n{"length":2}\n{}'],
    ["an item whose type is no text", '{}\n{"type":5}\n{}'],
    ["an envelope that ends before the payload does", '{}\n{"type":"event","length":3}\n{}'],
    ["a payload longer than its length", '{}\n{"type":"event","length":1}\n{}'],
    ["a negative length", '{}\n{"type":"event","length":-1}\n{}'],
    ["a fraction of a length", '{}\n{"type":"event","length":1.5}\n{}'],
    ["a length as text", '{}\n{"type":"event","length":"2"}\n{}'],
    ["a length beyond all numbers", '{}\n{"type":"event","length":1e300}\n{}'],
  ])("refuses %s", (_, text) => {
    expect(() => parseEnvelope(bytes(text))).toThrow(EnvelopeError);
  });

  test("refuses a header that is not UTF-8", () => {
    expect(() => parseEnvelope(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d))).toThrow(EnvelopeError);
  });

  test("refuses a header line over its limit, and takes one of its limit", () => {
    const header = (length: number) => `{"a":"${"x".repeat(length - 8)}"}`;
    expect(parseEnvelope(bytes(header(ENVELOPE_HEADER_BYTES_MAX))).items).toEqual([]);
    expect(() => parseEnvelope(bytes(header(ENVELOPE_HEADER_BYTES_MAX + 1)))).toThrow(/too long/);
  });

  test("refuses more items than the limit, and takes as many", () => {
    const items = (count: number) => bytes(`{}\n${'{"type":"a"}\n\n'.repeat(count)}`);
    expect(parseEnvelope(items(ENVELOPE_ITEMS_MAX)).items).toHaveLength(ENVELOPE_ITEMS_MAX);
    expect(() => parseEnvelope(items(ENVELOPE_ITEMS_MAX + 1))).toThrow(/more than 1000 items/);
  });
});

/** Any other error is passed on. */
function envelopeOrError(anything: Uint8Array): Envelope | EnvelopeError {
  try {
    return parseEnvelope(anything);
  } catch (error) {
    if (error instanceof EnvelopeError) return error;
    throw error;
  }
}

describe("properties", () => {
  const header = fc.dictionary(
    fc.string({ unit: "binary" }).filter((key) => key !== "length" && key !== "type" && key !== "__proto__"),
    fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)),
    { noNullPrototype: true },
  );
  const item = fc.record({
    header: fc.tuple(header, fc.string()).map(([rest, type]) => ({ ...rest, type })),
    payload: fc.uint8Array({ maxLength: 100 }),
  });
  const content = fc.record({ header, items: fc.array(item) });

  test("an envelope is read as it was written", () => {
    fc.assert(
      fc.property(content, (written) => {
        const serialized = serializeEnvelope(written);
        const read = parseEnvelope(serialized);
        expect(read.header).toEqual(written.header);
        expect(read.items.map(({ offset, length }) => serialized.slice(offset, offset + length))).toEqual(
          written.items.map(({ payload }) => payload),
        );
        expect(read.items.map((found) => found.header)).toEqual(
          written.items.map((wrote) => ({ ...wrote.header, length: wrote.payload.length })),
        );
      }),
    );
  });

  test("whatever bytes come, an envelope within them or an EnvelopeError leaves", () => {
    const broken = fc
      .tuple(content, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 5 }), fc.nat())
      .map(([written, flips, cut]) => {
        const serialized = serializeEnvelope(written);
        for (const [at, value] of flips) serialized[at % serialized.length] = value;
        return serialized.subarray(0, cut % (serialized.length + 1));
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), broken), (anything) => {
        const found = envelopeOrError(anything);
        const ends = found instanceof EnvelopeError ? [0] : found.items.map(({ offset, length }) => offset + length);
        expect(Math.max(0, ...ends)).toBeLessThanOrEqual(anything.length);
      }),
      { numRuns: 1000 },
    );
  });

  test("deep nesting in a header is no way to overflow the stack", () => {
    expect(() => parseEnvelope(bytes(`{"a":${"[".repeat(60_000)}`))).toThrow(EnvelopeError);
  });
});
