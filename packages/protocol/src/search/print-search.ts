import { isExact, type Pattern } from "./pattern.ts";
import { AGE_UNITS, type AgeUnit } from "./read-value.ts";
import { searchFieldOf } from "./search-keys.ts";
import type { SearchKey, SearchQuery, SearchTerm } from "./search-query.ts";

/** Writes a search so that `parseSearch` reads the same again. */
export function printSearch(query: SearchQuery): string {
  if (query.kind === "all") return query.of.map(printWithinAll).join(" ");
  if (query.kind === "any") return query.of.map((each) => printSearch(each)).join(" OR ");
  if (query.kind === "not") return printNot(query.of);
  return printTerm(query);
}

function printWithinAll(query: SearchQuery): string {
  return query.kind === "any" ? `(${printSearch(query)})` : printSearch(query);
}

function printNot(query: SearchQuery): string {
  return query.kind === "all" || query.kind === "any" ? `!(${printSearch(query)})` : `!${printSearch(query)}`;
}

function printTerm(term: SearchTerm): string {
  if (term.kind === "words") return printPattern(term.text);
  if (term.kind === "is") return `is:${term.state}`;
  if (term.kind === "has") return printHas(term.key);
  if (term.kind === "match") return `${printKey(term.key)}:${printPatterns(term.patterns)}`;
  if (term.kind === "number") return `${term.field}:${term.operator === "=" ? "" : term.operator}${term.value}`;
  if (term.kind === "time") return `${term.field}:${term.operator}${new Date(term.ms).toISOString()}`;
  return `${term.field}:${term.is === "within" ? "-" : "+"}${printAge(term.seconds)}`;
}

function printHas(key: SearchKey): string {
  if ("field" in key) return `has:${key.field}`;
  return `has:${printPattern([searchFieldOf(key.tag) === undefined ? key.tag : `tags[${key.tag}]`])}`;
}

function printKey(key: SearchKey): string {
  if ("field" in key) return key.field;
  const isPlain = /^[A-Za-z_][\w.-]*$/.test(key.tag) && searchFieldOf(key.tag) === undefined;
  if (isPlain && key.tag !== "is" && key.tag !== "has") return key.tag;
  // A bracket would end it; no field has one in its name.
  return key.tag.includes("]") ? `"${key.tag.replace(/[\\"]/g, "\\$&")}"` : `tags[${key.tag}]`;
}

function printPatterns(patterns: readonly Pattern[]): string {
  const [only] = patterns;
  return patterns.length === 1 && only !== undefined ? printPattern(only) : `[${patterns.map(printPattern).join(",")}]`;
}

/** What reads the same without quotes has none. */
function printPattern(pattern: Pattern): string {
  const text = pattern.map((piece) => piece.replace(/[\\*"]/g, "\\$&")).join("*");
  const isBare = /^[\w.*/@-]+$/.test(text) && !["OR", "AND"].includes(text);
  return isBare && !(isExact(pattern) && text === "") ? text : `"${text}"`;
}

function printAge(seconds: number): string {
  for (const unit of Object.keys(AGE_UNITS) as AgeUnit[]) {
    const count = seconds / AGE_UNITS[unit];
    if (Number.isInteger(count) && count > 0) return `${count}${unit}`;
  }
  return `${seconds}s`;
}
