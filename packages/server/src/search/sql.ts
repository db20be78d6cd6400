/** Pieces of SQL with their values, and searches made of them. */
import { isExact, type Pattern, type SearchQuery, type SearchTerm, searchedWords } from "@mesher/protocol";
import { quoteLexeme, weightLetters } from "../db/tsvector-text.ts";

/** The values of one statement. Nothing of a search ever stands in the text. */
export class SqlValues {
  readonly values: unknown[] = [];

  /** The placeholder of a value of this type. */
  add(value: unknown, type: string): string {
    this.values.push(value);
    return `$${this.values.length}::${type}`;
  }
}

/** A condition that is true or false, never null: so it can be negated. */
export type Condition = string;

/** The condition of a search, from those of its terms. */
export function conditionOf(query: SearchQuery, ofTerm: (term: SearchTerm) => Condition): Condition {
  if (query.kind === "not") return `not ${conditionOf(query.of, ofTerm)}`;
  if (query.kind !== "all" && query.kind !== "any") return ofTerm(query);
  if (query.of.length === 0) return "true";
  return `(${query.of.map((each) => conditionOf(each, ofTerm)).join(query.kind === "all" ? " and " : " or ")})`;
}

export function anyOfConditions(conditions: readonly Condition[]): Condition {
  return conditions.length === 0 ? "false" : `(${conditions.join(" or ")})`;
}

/** Whether a value, which is never null, is one that the patterns describe. */
export function matchesAny(value: string, patterns: readonly Pattern[], values: SqlValues): Condition {
  const exact = patterns.filter(isExact).map(([text]) => text);
  const conditions = patterns
    .filter((pattern) => !isExact(pattern))
    .map((pattern) => `${value} like ${values.add(likeOf(pattern), "text")}`);
  if (exact.length > 0) conditions.push(`${value} = any(${values.add(exact, "text[]")})`);
  return anyOfConditions(conditions);
}

/** The same of a value that may be null. Not with `coalesce`, behind which no index is seen. */
export function isKnownAndMatchesAny(value: string, patterns: readonly Pattern[], values: SqlValues): Condition {
  return `(${value} is not null and ${matchesAny(value, patterns, values)})`;
}

/** The pattern as `like` wants it. */
export function likeOf(pattern: Pattern): string {
  return pattern.map((piece) => piece.replace(/[\\%_]/g, "\\$&")).join("%");
}

/** As `foldCase`: letters of ASCII, under every locale. */
export const folded = (value: string) => `lower(${value} collate "C")`;

/** Whether a tsvector has the words of a text: all of them, each at any of the places. */
export function hasWords(column: string, text: Pattern, places: number | undefined, values: SqlValues): Condition {
  const query = tsqueryOf(text, places);
  return query === "" ? "true" : `${column} @@ ${values.add(query, "text")}::tsquery`;
}

/** The words of a text as a `tsquery`: all of them, at any of the places. */
function tsqueryOf(text: Pattern, places: number | undefined): string {
  const weights = places === undefined ? "" : weightLetters(places);
  return searchedWords(text)
    .map(({ word, isBeginning }) => {
      const suffix = `${isBeginning ? "*" : ""}${weights}`;
      return `${quoteLexeme(word)}${suffix === "" ? "" : `:${suffix}`}`;
    })
    .join(" & ");
}

/** Any of these words, or of those that begin with one. */
export function rankQueryOf(words: readonly string[]): string {
  return words.map((word) => `${quoteLexeme(word)}:*`).join(" | ");
}
