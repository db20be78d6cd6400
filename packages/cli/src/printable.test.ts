import fc from "fast-check";
import { expect, test } from "vitest";
import { alignColumns } from "./align-columns.ts";
import { printable, printableJson, printableLines } from "./printable.ts";

const COMMANDING = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const HOSTILE = "first\u001b[2J\u0007\r\nsecond\u202e\u009b31m\u{e0041}";

/** Texts of which every other character does something to a terminal. */
const texts = fc.string({
  unit: fc.oneof(fc.constantFrom("\u001b", "\n", "\t", "\u007f", "\u009b", "\u202e", "\u2028"), fc.string()),
});

test("a text of strangers is one line that commands no terminal", () => {
  expect(printable(HOSTILE)).toBe("first [2J second 31m ");
  fc.assert(
    fc.property(texts, (text) => {
      expect(printable(text)).not.toMatch(COMMANDING);
    }),
  );
});

test("lines stay lines, and nothing in them commands a terminal", () => {
  expect(printableLines("a\u001b\nb\n\nc")).toBe("a \nb\n\nc");
  fc.assert(
    fc.property(fc.array(texts), (lines) => {
      const shown = printableLines(lines.join("\n"));
      expect(shown.replaceAll("\n", "")).not.toMatch(COMMANDING);
    }),
  );
});

test("JSON for programs says the same, with what commands a terminal escaped", () => {
  fc.assert(
    fc.property(fc.array(texts), (value) => {
      const shown = printableJson(value, 2);
      expect(shown.replaceAll("\n", "")).not.toMatch(COMMANDING);
      expect(JSON.parse(shown)).toEqual(value);
    }),
  );
});

test("a cell of a table cannot break its row or its column", () => {
  expect(
    alignColumns([
      ["NAME", "STATE"],
      [`a\nb\u202e`, "on"],
    ]),
  ).toBe("NAME   STATE\na b    on");
});
