import { PLACES, tokenize } from "@mesher/protocol";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { normalized } from "./normalize-testing.ts";
import { searchText } from "./search-text.ts";

describe("a text is made of", () => {
  test.each([
    ["TypeError: x is undefined", ["typeerror", "type", "error", "x", "is", "undefined"]],
    ["django.db.utils", ["django", "db", "utils"]],
    ["send_notification()", ["send_notification", "send", "notification"]],
    ["HTTPError2", ["httperror2", "http", "error", "2"]],
    ["Überraschung für 東京", ["überraschung", "für", "東京"]],
    ["ÄrgerFall", ["ärgerfall", "ärger", "fall"]],
    ["NullPointerException", ["nullpointerexception", "null", "pointer", "exception"]],
    ["error42 0xdeadBEEF", ["error42", "0xdeadbeef", "0", "xdead", "beef"]],
    ["  ", []],
  ])("%j → %j", (text, expected) => {
    expect(tokenize(text)).toEqual(expected);
  });

  test("words that any part of which finds the whole", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        for (const lexeme of tokenize(text)) {
          expect(lexeme.length).toBeLessThanOrEqual(64);
          expect(lexeme).toBe(lexeme.toLowerCase());
          expect(lexeme).toMatch(/^[^\s.:;,()]+$/u);
        }
      }),
    );
  });
});

test("an event is found by its message, exceptions, culprit and frames, the application's first", () => {
  const event = normalized({
    message: "cannot pay",
    transaction: "/checkout",
    exception: {
      type: "CardError",
      value: "declined",
      stacktrace: [
        { function: "run", module: "lib.queue", in_app: false },
        { function: "chargeCard", filename: "src/pay.ts", in_app: true },
      ],
    },
  });
  expect([...searchText(event).keys()]).toEqual(
    "carderror card error cannot pay declined checkout chargecard charge src ts run lib queue".split(" "),
  );
  expect(searchText(event).get("carderror")).toBe(PLACES.message);
  expect(searchText(event).get("card")).toBe(PLACES.message | PLACES.function);
  expect(searchText(event).get("pay")).toBe(PLACES.message | PLACES.file);
  expect(searchText(event).get("queue")).toBe(PLACES.function);
});

test("an event has at most 400 lexemes, and room for its frames", () => {
  const words = Array.from({ length: 1000 }, (_, index) => `word${index}`).join(" ");
  const lexemes = searchText(normalized({ message: words, stacktrace: [{ function: "needle" }] }));
  expect(lexemes.get("needle")).toBe(PLACES.message | PLACES.function);
  const many = Array.from({ length: 250 }, (_, index) => ({ function: `f${index}`, module: `m${index}` }));
  expect(searchText(normalized({ stacktrace: many })).size).toBe(400);
});
