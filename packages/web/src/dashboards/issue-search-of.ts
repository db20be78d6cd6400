/** Searches for what is behind a part of a dashboard, or of an issue's tags. */
import { allOf, printSearch, type SearchKey, type SearchQuery } from "@mesher/protocol";
import type { Span } from "../charts/buckets.ts";

/** Issues that lived in that time: no list knows when each of their events came. */
export function searchOfSpan({ from, to }: Span): string {
  return printSearch(allOf(livedIn({ from, to })));
}

/** A dashboard counts levels beside tags: they are a field, where an issue's own tag of that name is a tag. */
export function searchOfLevel(level: string, span?: Span): string {
  return searchOf({ field: "level" }, level, span);
}

/** As one would type it: `plan:free`. */
export function searchOfTag(key: string, value: string, span?: Span): string {
  return searchOf(keyOfTag(key), value, span);
}

function searchOf(key: SearchKey, value: string, span: Span | undefined): string {
  const match: SearchQuery = { kind: "match", key, patterns: [[value]] };
  return printSearch(allOf([match, ...(span === undefined ? [] : livedIn(span))]));
}

/** A tag that is only called as a field is, as `users` or `title`, is something else. */
function keyOfTag(key: string): SearchKey {
  return key === "environment" || key === "release" ? { field: key } : { tag: key };
}

function livedIn({ from, to }: Span): SearchQuery[] {
  return [
    { kind: "time", field: "lastSeen", operator: ">=", ms: Date.parse(from) },
    { kind: "time", field: "firstSeen", operator: "<", ms: Date.parse(to) },
  ];
}
