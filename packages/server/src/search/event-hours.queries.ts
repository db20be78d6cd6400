/**
 * When events had what a search asks for, by the hourly counts: they hold every level, environment and release, so a value
 * that is long gone, or was never there, is not looked for in the events of all hours.
 */
import type { SearchQuery, SearchTerm } from "@mesher/protocol";
import { OTHER_VALUES } from "../dashboards/counted-tags.ts";
import type { Database } from "../db/database.ts";
import { matchesAny, SqlValues } from "./sql.ts";

const HOUR_MS = 3_600_000;

/** Between two moments, or open. */
export interface SearchedRange {
  readonly fromMs?: number | undefined;
  /** Excluded. */
  readonly toMs?: number | undefined;
}

/** The part of the range in which all events lie that can match; `undefined`: there are none. */
export async function narrowToCounts(
  database: Database,
  projectId: string,
  query: SearchQuery,
  range: SearchedRange,
): Promise<SearchedRange | undefined> {
  if (query.kind === "not") return range;
  if (query.kind === "all") {
    let narrowed: SearchedRange | undefined = range;
    for (const each of query.of)
      if (narrowed !== undefined) narrowed = await narrowToCounts(database, projectId, each, narrowed);
    return narrowed;
  }
  if (query.kind === "any") {
    const parts: SearchedRange[] = [];
    for (const each of query.of) {
      const part = await narrowToCounts(database, projectId, each, range);
      if (part === range) return range;
      if (part !== undefined) parts.push(part);
    }
    return around(parts);
  }
  return narrowToTerm(database, projectId, query, range);
}

/** Gives back the range itself if nothing is known of the term. */
async function narrowToTerm(database: Database, projectId: string, term: SearchTerm, range: SearchedRange) {
  const hours = countedHours(projectId, term, range);
  if (hours === undefined) return range;
  const { rows } = await database.query<{ first: Date | null; last: Date | null }>(hours);
  const { first = null, last = null } = rows[0] ?? {};
  if (first === null || last === null) return undefined;
  return {
    fromMs: Math.max(first.getTime(), range.fromMs ?? Number.NEGATIVE_INFINITY),
    toMs: Math.min(last.getTime() + HOUR_MS, range.toMs ?? Number.POSITIVE_INFINITY),
  };
}

/** The shortest range that holds all of them. */
function around(ranges: readonly SearchedRange[]): SearchedRange | undefined {
  if (ranges.length === 0) return undefined;
  return {
    fromMs: Math.min(...ranges.map(({ fromMs }) => fromMs ?? Number.NEGATIVE_INFINITY)),
    toMs: Math.max(...ranges.map(({ toMs }) => toMs ?? Number.POSITIVE_INFINITY)),
  };
}

/** What asks for the hours of a term; `undefined`: it is not counted, or not wholly. */
function countedHours(projectId: string, term: SearchTerm, { fromMs, toMs }: SearchedRange) {
  if (term.kind !== "match" || !("field" in term.key)) return undefined;
  const { field } = term.key;
  if (field !== "level" && field !== "environment" && field !== "release") return undefined;
  const values = new SqlValues();
  const conditions = [`project_id = ${values.add(projectId, "uuid")}`];
  if (fromMs !== undefined) conditions.push(`hour > ${values.add(new Date(fromMs - HOUR_MS), "timestamptz")}`);
  if (toMs !== undefined) conditions.push(`hour < ${values.add(new Date(toMs), "timestamptz")}`);
  if (field === "level") {
    conditions.push(matchesAny("level", term.patterns, values));
  } else {
    const others = values.add(OTHER_VALUES, "text");
    conditions.push(`key = ${values.add(field, "text")}`);
    conditions.push(`(${matchesAny("value", term.patterns, values)} or value = ${others})`);
  }
  const table = field === "level" ? "event_counts" : "tag_counts";
  return {
    text: `select min(hour) as first, max(hour) as last from ${table} where ${conditions.join(" and ")}`,
    values: values.values,
  };
}
