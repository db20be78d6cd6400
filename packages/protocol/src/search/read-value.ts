import { isOfKnownYear } from "../known-year.ts";
import { isExact, type Pattern } from "./pattern.ts";
import type { NumberField, TimeField } from "./search-keys.ts";
import { allOf, type Comparison, ORDERINGS, type SearchQuery } from "./search-query.ts";
import { SearchQueryError } from "./search-query-error.ts";

interface Given {
  readonly text: Pattern;
  /** Its column. */
  readonly at: number;
}

const NUMBER = /^(>=|<=|>|<|=)?(\d{1,12}(?:\.\d{1,6})?)([kmb]?)$/i;
const MAGNITUDES: Readonly<Record<string, number>> = { "": 1, k: 1e3, m: 1e6, b: 1e9 };

/** More than anything is ever counted to. */
const COUNT_MAX = 1e12;

/** `100`, `>100`, `<=2.5k`. */
export function readNumber(field: NumberField, { text, at }: Given): SearchQuery {
  const found = isExact(text) ? NUMBER.exec(text[0]) : null;
  if (found === null) throw new SearchQueryError(at, `a number, as in ${field}:>100`);
  const [, operator = "=", digits = "", magnitude = ""] = found;
  // Rounded, because 1.1 × 1000 is a little more than 1100.
  const value = Math.round(Number(digits) * (MAGNITUDES[magnitude.toLowerCase()] ?? 1) * 1e6) / 1e6;
  if (value > COUNT_MAX) throw new SearchQueryError(at, `a number up to ${COUNT_MAX}`);
  return { kind: "number", field, operator: operator as Comparison, value };
}

const AGE = /^([+-])(\d{1,6})([smhdw])$/;
export const AGE_UNITS = { w: 604_800, d: 86_400, h: 3_600, m: 60, s: 1 } as const;
export type AgeUnit = keyof typeof AGE_UNITS;
/** Beyond it dates cannot be reckoned with: a thousand years. */
const AGE_SECONDS_MAX = 1_000 * 365 * 86_400;

const TIME = /^(>=|<=|>|<)?(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:\d\d)?)?$/;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const SECOND_MS = 1_000;

/** `-24h` (since then), `+7d` (before then), `>2026-01-31`, `<=2026-01-31T12:00+01:00`; a day alone is the whole day, in UTC. */
export function readTime(field: TimeField, { text, at }: Given): SearchQuery {
  const given = isExact(text) ? text[0] : "";
  const age = AGE.exec(given);
  if (age !== null) {
    const [, sign, count, unit] = age;
    const seconds = Number(count) * AGE_UNITS[unit as AgeUnit];
    if (seconds <= AGE_SECONDS_MAX) return { kind: "age", field, is: sign === "-" ? "within" : "beyond", seconds };
  }
  const [, operator, day = "", time, zone = "Z"] = TIME.exec(given) ?? [];
  const ms = Date.parse(`${day}T${time ?? "00:00"}${zone}`);
  const endMs = ms + (time === undefined ? DAY_MS : time.length === "12:00".length ? MINUTE_MS : SECOND_MS);
  const isKnown = isOfKnownYear(ms) && (operator !== undefined || isOfKnownYear(endMs));
  // Date.parse rolls 30 February over to March instead of refusing it.
  const isDay = isKnown && new Date(`${day}T00:00Z`).toISOString().startsWith(day);
  if (!isDay) throw new SearchQueryError(at, `a time, as in ${field}:-24h or ${field}:>2026-01-31T12:00Z`);
  if (operator !== undefined)
    return { kind: "time", field, operator: ORDERINGS.find((each) => each === operator) ?? ">=", ms };
  return allOf([
    { kind: "time", field, operator: ">=", ms },
    { kind: "time", field, operator: "<", ms: endMs },
  ]);
}
