/** What a rule's filters mean, as one search of events. Pure. */
import {
  type AlertFilters,
  allOf,
  EVERYTHING,
  parseSearch,
  type SearchKey,
  type SearchQuery,
  type SearchTerm,
  termsOf,
} from "@mesher/protocol";

/** Values of one list, and tags. */
export const FILTER_VALUES_MAX = 20;

/** Throws a `SearchQueryError`. */
export function searchOf({ level, environment, release, tags, query }: AlertFilters): SearchQuery {
  return allOf([
    anyValue({ field: "level" }, level),
    anyValue({ field: "environment" }, environment),
    anyValue({ field: "release" }, release),
    ...Object.entries(tags ?? {}).map(([tag, value]) => anyValue({ tag }, [value])),
    parseSearch(query ?? "", "event"),
  ]);
}

function anyValue(key: SearchKey, values: readonly string[] | undefined): SearchQuery {
  if (values === undefined || values.length === 0) return EVERYTHING;
  return { kind: "match", key, patterns: values.map((value) => [value] as const) };
}

/** Whether what is counted by the minute answers it: the events themselves need not be read. */
export function isCounted(query: SearchQuery): boolean {
  return [...termsOf(query)].every(isCountedTerm);
}

function isCountedTerm(term: SearchTerm): boolean {
  if (term.kind !== "match" && term.kind !== "has") return false;
  return "field" in term.key && ["level", "environment", "release"].includes(term.key.field);
}
