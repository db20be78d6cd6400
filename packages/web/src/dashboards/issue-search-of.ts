/** Searches for the issues behind a part of a dashboard. */
import {
  allOf,
  type PatternField,
  printSearch,
  SEARCH_FIELDS,
  type SearchQuery,
  searchFieldOf,
} from "@mesher/protocol";
import type { Span } from "../charts/buckets.ts";

/** Issues that lived in that time: no list knows when each of their events came. */
export function searchOfSpan({ from, to }: Span): string {
  return printSearch(allOf(livedIn({ from, to })));
}

export function searchOfTag(key: string, value: string, span: Span | undefined): string {
  const field = searchFieldOf(key);
  const isPattern = field !== undefined && ["value", "text", "words"].includes(SEARCH_FIELDS[field].type);
  const match: SearchQuery = {
    kind: "match",
    key: isPattern ? { field: field as PatternField } : { tag: key },
    patterns: [[value]],
  };
  return printSearch(allOf([match, ...(span === undefined ? [] : livedIn(span))]));
}

function livedIn({ from, to }: Span): SearchQuery[] {
  return [
    { kind: "time", field: "lastSeen", operator: ">=", ms: Date.parse(from) },
    { kind: "time", field: "firstSeen", operator: "<", ms: Date.parse(to) },
  ];
}
