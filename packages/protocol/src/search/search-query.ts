/** What a search says, as `parseSearch` reads it and `printSearch` writes it. */
import type { Pattern } from "./pattern.ts";
import type { IssueState, NumberField, PatternField, TimeField } from "./search-keys.ts";

/**
 * `all` and `any` hold two or more, none of their own kind; only the whole search may be an `all` of nothing, which
 * everything matches. An `all` holds its free words in one term, so that one event must have them all. `not` holds no
 * `not`. `allOf`, `anyOf` and `not` see to it.
 */
export type SearchQuery =
  | { readonly kind: "all"; readonly of: readonly SearchQuery[] }
  | { readonly kind: "any"; readonly of: readonly SearchQuery[] }
  | { readonly kind: "not"; readonly of: SearchQuery }
  | SearchTerm;

export type SearchTerm =
  /** Words anywhere; a star behind one stands for its end. A text without letters and digits is in everything. */
  | { readonly kind: "words"; readonly text: Pattern }
  | { readonly kind: "is"; readonly state: IssueState }
  | { readonly kind: "has"; readonly key: SearchKey }
  /** Any of these. */
  | { readonly kind: "match"; readonly key: SearchKey; readonly patterns: readonly Pattern[] }
  | { readonly kind: "number"; readonly field: NumberField; readonly operator: Comparison; readonly value: number }
  | { readonly kind: "time"; readonly field: TimeField; readonly operator: Ordering; readonly ms: number }
  /** Less than so long ago, or more. */
  | { readonly kind: "age"; readonly field: TimeField; readonly is: "within" | "beyond"; readonly seconds: number };

export type SearchKey = { readonly field: PatternField } | { readonly tag: string };

export const ORDERINGS = [">=", "<=", ">", "<"] as const;
export type Ordering = (typeof ORDERINGS)[number];
export type Comparison = Ordering | "=";

/** Matches everything. */
export const EVERYTHING: SearchQuery = { kind: "all", of: [] };

export function allOf(queries: readonly SearchQuery[]): SearchQuery {
  return join("all", joinWords(queries));
}

/** Of one query at least. */
export function anyOf(queries: readonly SearchQuery[]): SearchQuery {
  return join("any", queries);
}

export function not(query: SearchQuery): SearchQuery {
  return query.kind === "not" ? query.of : { kind: "not", of: query };
}

function join(kind: "all" | "any", queries: readonly SearchQuery[]): SearchQuery {
  const of = queries.flatMap((query) => (query.kind === kind ? query.of : [query]));
  return of.length === 1 && of[0] !== undefined ? of[0] : { kind, of };
}

function joinWords(queries: readonly SearchQuery[]): SearchQuery[] {
  const flat = queries.flatMap((query) => (query.kind === "all" ? query.of : [query]));
  const words = flat.filter((query) => query.kind === "words");
  const [first, ...others] = words;
  if (first === undefined) return flat;
  const text = others.reduce((joined, next) => joinPatterns(joined, next.text), first.text);
  return flat.flatMap((query): SearchQuery[] =>
    query.kind !== "words" ? [query] : query === first ? [{ kind: "words", text }] : [],
  );
}

/** With a blank between them. */
function joinPatterns(left: Pattern, right: Pattern): Pattern {
  const [head, ...tail] = right;
  const last = left.length - 1;
  return [...left.map((piece, index) => (index === last ? `${piece} ${head}` : piece)), ...tail] as [
    string,
    ...string[],
  ];
}

/** The terms of a search, from left to right. */
export function* termsOf(query: SearchQuery): Generator<SearchTerm> {
  if (query.kind === "all" || query.kind === "any") for (const each of query.of) yield* termsOf(each);
  else if (query.kind === "not") yield* termsOf(query.of);
  else yield query;
}

/** Characters of a search as it is typed. */
export const SEARCH_LENGTH_MAX = 2_000;
/** Terms of a search; each value of a list is one. */
export const SEARCH_TERMS_MAX = 60;
/** Parentheses within parentheses. */
export const SEARCH_DEPTH_MAX = 8;
