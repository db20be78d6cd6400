import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EventJsonError, mayHaveLongNumber, parseEventJson, parseEventJsonForReading } from "./event-json.ts";

test.each([
  ['{"a":1}', { a: 1 }],
  ['\ufeff{"a":1}', { a: 1 }],
  ['{"a":NaN,"b":[Infinity,-Infinity]}', { a: null, b: [null, null] }],
  ['{"NaN":"-Infinity \\" NaN","a":NaN}', { NaN: '-Infinity " NaN', a: null }],
  ['{"a":"\\\\","b":NaN}', { a: "\\", b: null }],
])("%s is read", (text, expected) => {
  expect(parseEventJson(Buffer.from(text))).toEqual(expected);
});

test("bytes that are not UTF-8 do not cost the event", () => {
  expect(parseEventJson(Buffer.from([0x22, 0xff, 0x22]))).toBe("\ufffd");
});

describe("is no JSON", () => {
  test.each(["", "{", '{"a":NaN', "nan", '{"a":NaN "b"}', '"NaN', "[-NaN-]"])("%s", (text) => {
    expect(() => parseEventJson(Buffer.from(text))).toThrow(EventJsonError);
  });
});

test("a long string with a stray NaN beside it is read in time proportional to its length", () => {
  const long = "\\\\".repeat(500_000);
  expect(parseEventJson(Buffer.from(`{"a":"${long}","b":NaN}`))).toMatchObject({ b: null });
});

test("all JSON is read as JSON.parse reads it", () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(parseEventJson(Buffer.from(text))).toEqual(JSON.parse(text));
    }),
  );
});

test.each([
  ['{"a":9007199254740993}', { a: "9007199254740993" }],
  ["[-12345678901234567890 , 9007199254740991]", ["-12345678901234567890", 9_007_199_254_740_991]],
  ['{"a":1234567890.12345678901234567,"b":1e300}', { a: 1_234_567_890.123_456_7, b: 1e300 }],
  ['{"a":"9007199254740993, ","b":[NaN,9007199254740993]}', { a: "9007199254740993, ", b: [null, "9007199254740993"] }],
  ["[1e-1234567890123456,9.0071992547409930e2, 9007199254740993]", [0, 900.719_925_474_099_3, "9007199254740993"]],
])("integers that JavaScript cannot hold are read as their digits: %s", (text, expected) => {
  expect(parseEventJsonForReading(Buffer.from(text))).toEqual(expected);
});

test("however deep it is nested beside them, they are", () => {
  const text = `{"a":${"[".repeat(20_000)}${"]".repeat(20_000)},"b":9007199254740993}`;
  expect(parseEventJsonForReading(Buffer.from(text))).toMatchObject({ b: "9007199254740993" });
});

test("what is no JSON stays none, whatever number is in it", () => {
  expect(() => parseEventJsonForReading(Buffer.from('{"a":9007199254740993,}'))).toThrow(EventJsonError);
});

test("sixteen digits one after the other are noticed, wherever they and a point among them stand, and fewer are not", () => {
  const anyText = fc.array(
    fc.oneof(fc.stringMatching(/^[0-9]{1,20}$/), fc.constant("."), fc.stringMatching(/^[^0-9]{0,20}$/)),
    {
      maxLength: 6,
    },
  );
  fc.assert(
    fc.property(anyText, (parts) => {
      const text = parts.join("");
      expect(mayHaveLongNumber(Buffer.from(text))).toBe(/[0-9.]{16}/.test(text));
    }),
  );
});
