/** Random searches, and few enough words, tags and values that some of them match. */
import {
  allOf,
  anyOf,
  ISSUE_STATES,
  LEVELS,
  not,
  ORDERINGS,
  type Pattern,
  type PatternField,
  PRIORITIES,
  printSearch,
  SEARCH_LENGTH_MAX,
  SEARCH_TERMS_MAX,
  type SearchKey,
  type SearchQuery,
  type SearchTerm,
  searchedWords,
  type TimeField,
  termsOf,
} from "@mesher/protocol";
import * as fc from "fast-check";

export const SEARCHED_WORDS = ["time", "timeout", "Type", "TypeError", "pay_card", "Ünder", "x1"] as const;
export const SEARCHED_TAG_KEYS = ["browser", "user.email", "level", "with blank", "a]b"] as const;
export const SEARCHED_VALUES = [
  "Chrome",
  "Chrome 120",
  "chrome",
  "a_b",
  "a%b",
  "a\\b",
  'say "hi"',
  "1.2.3",
  "1.2.10",
  "ÄÖ*",
] as const;
/** Around it lie all times of random searches. */
export const SEARCHED_NOW_MS = Date.UTC(2026, 5, 15, 12, 34, 56, 789);

const HOUR_SECONDS = 3_600;
const words = fc.constantFrom(...SEARCHED_WORDS);
const values = fc.constantFrom<string>(...SEARCHED_VALUES, ...SEARCHED_WORDS, "production", "staging");

/** A value as it is, or with a star at either end or in its middle. */
const patterns: fc.Arbitrary<Pattern> = fc
  .tuple(values, fc.constantFrom("whole", "start", "end", "within", "any"), fc.nat({ max: 3 }))
  .map(([value, star, at]): Pattern => {
    if (star === "start") return [value.slice(0, at + 1), ""];
    if (star === "end") return ["", value.slice(-at - 1)];
    if (star === "within") return [value.slice(0, 1), value.slice(-1)];
    if (star === "any") return ["", ""];
    return [value];
  });

const texts: fc.Arbitrary<Pattern> = fc
  .tuple(words, words, fc.boolean())
  .map(([one, two, isCut]): Pattern => (isCut ? [`${one} ${two.slice(0, 2)}`, ""] : [`${one}: ${two}`]))
  .filter((text) => searchedWords(text).length > 0);

const tags: fc.Arbitrary<SearchKey> = fc.constantFrom(...SEARCHED_TAG_KEYS).map((tag) => ({ tag }));
const fields = (...names: PatternField[]): fc.Arbitrary<SearchKey> =>
  fc.constantFrom(...names).map((field) => ({ field }));
const lists = <T>(elements: fc.Arbitrary<T>) => fc.array(elements, { minLength: 1, maxLength: 3 });

const matchOf = (key: fc.Arbitrary<SearchKey>, of: fc.Arbitrary<Pattern>): fc.Arbitrary<SearchTerm> =>
  fc.record({ kind: fc.constant("match" as const), key, patterns: lists(of) });

const sharedTerms: fc.Arbitrary<SearchTerm>[] = [
  fc.record({ kind: fc.constant("words" as const), text: texts }),
  matchOf(
    fields("level"),
    fc.constantFrom(...LEVELS).map((level) => [level]),
  ),
  matchOf(fields("environment", "release", "title"), patterns),
  matchOf(fields("message", "stack.filename", "stack.function"), texts),
  matchOf(tags, patterns),
  fc.record({ kind: fc.constant("has" as const), key: fc.oneof(tags, fields("environment", "release")) }),
];

function timesOf(...names: TimeField[]): fc.Arbitrary<SearchTerm>[] {
  const field = fc.constantFrom(...names);
  return [
    fc.record({
      kind: fc.constant("time" as const),
      field,
      operator: fc.constantFrom(...ORDERINGS),
      ms: fc.integer({ min: -48, max: 2 }).map((hours) => SEARCHED_NOW_MS + hours * HOUR_SECONDS * 1_000),
    }),
    fc.record({
      kind: fc.constant("age" as const),
      field,
      is: fc.constantFrom("within" as const, "beyond" as const),
      seconds: fc.integer({ min: 1, max: 48 }).map((hours) => hours * HOUR_SECONDS),
    }),
  ];
}

const issueTerms = fc.oneof(
  ...sharedTerms,
  ...timesOf("firstSeen", "lastSeen"),
  fc.record({ kind: fc.constant("is" as const), state: fc.constantFrom(...ISSUE_STATES) }),
  fc.record({
    kind: fc.constant("number" as const),
    field: fc.constantFrom("timesSeen" as const, "users" as const),
    operator: fc.constantFrom("=" as const, ...ORDERINGS),
    value: fc.nat({ max: 4 }),
  }),
  matchOf(fields("culprit", "platform"), patterns),
  matchOf(
    fields("priority"),
    fc.constantFrom(...PRIORITIES).map((priority) => [priority]),
  ),
  matchOf(
    fields("assigned"),
    fc.constantFrom<Pattern>(["me"], ["my_teams"], ["#other"], ["none"], ["nobody@example.com"], ["#nobody"]),
  ),
  fc.record({ kind: fc.constant("has" as const), key: fields("assigned") }),
);

const eventTerms = fc.oneof(...sharedTerms, ...timesOf("timestamp"));

const PARENTHESES_MAX = 4;

function valuesOf(query: SearchQuery): number {
  return [...termsOf(query)].reduce((sum, term) => sum + (term.kind === "match" ? 1 + term.patterns.length : 1), 0);
}

function searchesOf(terms: fc.Arbitrary<SearchTerm>): fc.Arbitrary<SearchQuery> {
  const parts = fc.letrec<{ query: SearchQuery }>((tie) => ({
    query: fc.oneof(
      { maxDepth: PARENTHESES_MAX, withCrossShrink: true },
      terms,
      lists(tie("query")).map(allOf),
      lists(tie("query")).map(anyOf),
      tie("query").map(not),
    ),
  }));
  return parts.query.filter(
    (query) => printSearch(query).length <= SEARCH_LENGTH_MAX && valuesOf(query) <= SEARCH_TERMS_MAX,
  );
}

export const issueSearches = searchesOf(issueTerms);
export const eventSearches = searchesOf(eventTerms);
