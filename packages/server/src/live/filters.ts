/** What a client wants to hear of a project. Pure. */
import { LEVELS, type StreamChange, type StreamEventData, type StreamFilters } from "@mesher/protocol";

const FILTER_NAMES = ["level", "environment", "release"] as const;
const VALUES_MAX = 20;
const VALUE_LENGTH_MAX = 200;

/** Filters that cannot be understood. The message is for the client. */
export class StreamFilterError extends Error {
  override readonly name = "StreamFilterError";
}

/** Reads filters as a client sends them. Throws a StreamFilterError. */
export function parseStreamFilters(given: unknown): StreamFilters {
  if (given === undefined || given === null) return {};
  if (typeof given !== "object" || Array.isArray(given)) throw new StreamFilterError("filters must be an object");
  const stranger = Object.keys(given).find((name) => !FILTER_NAMES.some((known) => known === name));
  if (stranger !== undefined) {
    throw new StreamFilterError(`there is no filter ${JSON.stringify(stranger.slice(0, VALUE_LENGTH_MAX))}`);
  }
  const values = Object.fromEntries(
    FILTER_NAMES.flatMap((name) => {
      const list = parseValues(name, (given as Record<string, unknown>)[name]);
      return list.length === 0 ? [] : [[name, list]];
    }),
  ) as { [Name in (typeof FILTER_NAMES)[number]]?: readonly string[] };
  const strangeLevel = values.level?.find((level) => !LEVELS.some((known) => known === level));
  if (strangeLevel !== undefined) throw new StreamFilterError(`level must be one of ${LEVELS.join(", ")}`);
  return values as StreamFilters;
}

/** Filters in a query string: `?level=error&level=fatal`. Parameters that are no filters are others' business. */
export function parseQueryFilters(query: URLSearchParams): StreamFilters {
  const given = FILTER_NAMES.filter((name) => query.has(name)).map((name) => [name, query.getAll(name)] as const);
  return parseStreamFilters(Object.fromEntries(given));
}

/** All filters must match. What is about no event in particular passes: a status, an alert. */
export function passes(filters: StreamFilters, change: StreamChange): boolean {
  const event = eventOf(change);
  if (event === undefined) return true;
  const { level, environment, release } = filters;
  return (
    (level === undefined || level.includes(event.level)) &&
    (environment === undefined || environment.includes(event.environment ?? "")) &&
    (release === undefined || release.includes(event.release ?? ""))
  );
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
