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
  { fromMs, toMs }: SearchedRange,
): Promise<SearchedRange | undefined> {
  let narrowed: SearchedRange = { fromMs, toMs };
  for (const term of demandedTerms(query)) {
    const hours = countedHours(projectId, term, narrowed);
    if (hours === undefined) continue;
    const { rows } = await database.query<{ first: Date | null; last: Date | null }>(hours);
    const { first = null, last = null } = rows[0] ?? {};
    if (first === null || last === null) return undefined;
    narrowed = {
      fromMs: Math.max(first.getTime(), narrowed.fromMs ?? Number.NEGATIVE_INFINITY),
      toMs: Math.min(last.getTime() + HOUR_MS, narrowed.toMs ?? Number.POSITIVE_INFINITY),
    };
  }
  return narrowed;
}

/** Terms that every match fulfils. */
function demandedTerms(query: SearchQuery): SearchTerm[] {
  if (query.kind === "all") return query.of.flatMap(demandedTerms);
  return query.kind === "any" || query.kind === "not" ? [] : [query];
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
