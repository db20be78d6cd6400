/** What a client wants to hear of a project. Pure. */
import {
  LEVELS,
  SearchQueryError,
  type StreamChange,
  type StreamErrorDetails,
  type StreamEventData,
  type StreamFilters,
} from "@mesher/protocol";
import { parseStreamSearch, type StreamSearch } from "../search/stream-search.ts";
import { saysOf, type Verdict } from "./verdict.ts";

const LIST_NAMES = ["level", "environment", "release"] as const;
const FILTER_NAMES = [...LIST_NAMES, "query"] as const;
const VALUES_MAX = 20;
const VALUE_LENGTH_MAX = 200;

/** Filters that cannot be understood. The message is for the client. */
export class StreamFilterError extends Error {
  override readonly name = "StreamFilterError";
  readonly code: "bad_request" | "invalid_search";
  /** Where a search cannot be understood. */
  readonly details: StreamErrorDetails | undefined;

  constructor(message: string, options?: ErrorOptions & { readonly details?: StreamErrorDetails }) {
    super(message, options);
    this.details = options?.details;
    this.code = this.details === undefined ? "bad_request" : "invalid_search";
  }
}

/** Filters, and the search among them as it is held against events. */
export interface Wanted {
  readonly filters: StreamFilters;
  readonly search?: StreamSearch;
}

/** Reads filters as a client sends them. Throws a StreamFilterError. */
export function parseStreamFilters(given: unknown): Wanted {
  if (given === undefined || given === null) return { filters: {} };
  if (typeof given !== "object" || Array.isArray(given)) throw new StreamFilterError("filters must be an object");
  const stranger = Object.keys(given).find((name) => !FILTER_NAMES.some((known) => known === name));
  if (stranger !== undefined) {
    throw new StreamFilterError(`there is no filter ${JSON.stringify(stranger.slice(0, VALUE_LENGTH_MAX))}`);
  }
  const values = Object.fromEntries(
    LIST_NAMES.flatMap((name) => {
      const list = parseValues(name, (given as Record<string, unknown>)[name]);
      return list.length === 0 ? [] : [[name, list]];
    }),
  ) as { [Name in (typeof LIST_NAMES)[number]]?: readonly string[] };
  const strangeLevel = values.level?.find((level) => !LEVELS.some((known) => known === level));
  if (strangeLevel !== undefined) throw new StreamFilterError(`level must be one of ${LEVELS.join(", ")}`);
  const filters = values as StreamFilters;
  const { query } = given as { readonly query?: unknown };
  const search = parseQuery(query);
  return search === undefined ? { filters } : { filters: { ...filters, query: String(query) }, search };
}

/** `undefined`: it asks for nothing. */
function parseQuery(given: unknown): StreamSearch | undefined {
  if (given === undefined || given === null) return undefined;
  if (typeof given !== "string") throw new StreamFilterError("query must be a text");
  try {
    return parseStreamSearch(given);
  } catch (error) {
    if (!(error instanceof SearchQueryError)) throw error;
    const details = { column: error.column, expected: error.expected };
    throw new StreamFilterError(`the search cannot be understood: ${error.message}`, { cause: error, details });
  }
}

/** Filters in a query string: `?level=error&level=fatal`. Parameters that are no filters are others' business. */
export function parseQueryFilters(query: URLSearchParams): Wanted {
  const lists = LIST_NAMES.filter((name) => query.has(name)).map((name) => [name, query.getAll(name)] as const);
  const [search, ...others] = query.getAll("query");
  if (others.length > 0) throw new StreamFilterError("query stands there more than once");
  return parseStreamFilters({ ...Object.fromEntries(lists), query: search });
}

/**
 * All filters must match. What is about no event in particular passes: a status, an alert. `undefined`: the event was not
 * held against the search.
 */
export function passes({ filters, search }: Wanted, change: StreamChange, verdict: Verdict): boolean | undefined {
  const event = eventOf(change);
  if (event === undefined) return true;
  const { level, environment, release } = filters;
  const isListed =
    (level === undefined || level.includes(event.level)) &&
    (environment === undefined || environment.includes(event.environment ?? "")) &&
    (release === undefined || release.includes(event.release ?? ""));
  return isListed && search !== undefined ? saysOf(verdict, search.id) : isListed;
}

function eventOf(change: StreamChange): StreamEventData | undefined {
  if (change.type === "event") return change.data;
  return change.type === "issue" ? change.event : undefined;
}

/** A text or a list of texts; empty ones ask for nothing. */
function parseValues(name: string, given: unknown): string[] {
  const list: unknown[] = Array.isArray(given) ? given : given === undefined || given === null ? [] : [given];
  if (list.length > VALUES_MAX) throw new StreamFilterError(`${name} has more than ${VALUES_MAX} values`);
  for (const value of list) {
    if (typeof value !== "string") throw new StreamFilterError(`${name} must be a text or a list of texts`);
    if (value.length > VALUE_LENGTH_MAX) {
      throw new StreamFilterError(`${name} has a value of more than ${VALUE_LENGTH_MAX} characters`);
    }
  }
  return (list as string[]).filter((value) => value !== "");
}
