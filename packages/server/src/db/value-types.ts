import { types } from "pg";

type TextParser = (text: string) => unknown;

const INT8 = 20;
const INT8_ARRAY = 1016;
const DATE = 1082;
const NUMERIC = 1700;

/**
 * How columns become JavaScript values, where `pg`'s own choice is a trap:
 *
 * - `int8` (every `count(*)`): a number; a bigint only beyond 2^53.
 * - `numeric` (every `sum(int8)`): a number, so fractions are as exact as a double.
 * - `date`: the text `YYYY-MM-DD`; `pg` would make it midnight of the server's time zone.
 *
 * `timestamptz` is a `Date`, `bytea` a `Buffer`, `jsonb` the parsed value: as `pg` has them.
 */
export const VALUE_TYPES = {
  getTypeParser(oid: number, format?: "text" | "binary"): TextParser {
    const parse = format === "binary" ? undefined : PARSERS.get(oid);
    return parse ?? builtInParser(oid, format);
  },
};

const PARSERS: ReadonlyMap<number, TextParser> = new Map<number, TextParser>([
  [INT8, parseInt8],
  [INT8_ARRAY, parseInt8Array],
  [DATE, (text) => text],
  [NUMERIC, Number],
]);

function parseInt8(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

function parseInt8Array(text: string): unknown {
  const items = builtInParser(INT8_ARRAY, "text")(text) as (string | null)[];
  return items.map((item) => (item === null ? null : parseInt8(item)));
}

function builtInParser(oid: number, format: "text" | "binary" = "text"): TextParser {
  return (types.getTypeParser as (oid: number, format: "text" | "binary") => TextParser)(oid, format);
}
