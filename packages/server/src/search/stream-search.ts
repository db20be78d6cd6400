/**
 * Searches that live streams filter by. An event is held against them where it is stored, since only there is known what can
 * be searched of it; what it matches travels with what is told of it. Pure.
 */
import { createHash } from "node:crypto";
import {
  matchesEvent,
  parseSearch,
  printSearch,
  SEARCH_LENGTH_MAX,
  type SearchedEvent,
  type SearchQuery,
  SearchQueryError,
  termsOf,
} from "@mesher/protocol";

/** Terms of a stream's search. Each is asked of every event of the project, on the node that stores it. */
export const STREAM_TERMS_MAX = 20;

/** Different searches in one project's streams on one node. */
export const STREAM_SEARCHES_MAX = 10;

/** One search, however it was typed. */
export interface StreamSearch {
  /** What it is called between nodes. */
  readonly id: string;
  readonly text: string;
}

/** A project that somebody in the cluster listens to, and the searches that its events are held against. */
export interface WatchedProject {
  readonly projectId: string;
  /** As `StreamSearch.text` has them. */
  readonly searches: readonly string[];
}

/** What changes match, of the searches they were held against. */
export interface Verdicts {
  /** Ids of these searches. */
  readonly asked: readonly string[];
  /** One list for each change: places in `asked`. Empty for what is about no event. */
  readonly found: readonly (readonly number[])[];
}

/** `undefined`: it asks for nothing. Throws a SearchQueryError. */
export function parseStreamSearch(text: string): StreamSearch | undefined {
  const query = parseSearch(text, "event");
  const terms = [...termsOf(query)];
  if (terms.length === 0) return undefined;
  if (terms.length > STREAM_TERMS_MAX) throw new SearchQueryError(1, `at most ${STREAM_TERMS_MAX} terms`);
  const search = streamSearchOf(query);
  // Peers read it as it is printed, which may be longer than it was typed.
  if (search.text.length > SEARCH_LENGTH_MAX) throw new SearchQueryError(1, "a shorter search");
  return search;
}

function streamSearchOf(query: SearchQuery): StreamSearch {
  const text = printSearch(query);
  return { id: createHash("sha256").update(text).digest("base64url").slice(0, 12), text };
}

export interface CompiledSearch extends StreamSearch {
  readonly query: SearchQuery;
  /** Short ids of issues are in no event: who asks for one has them looked up. */
  readonly namesIssue: boolean;
}

/** `undefined`: this version does not understand it, as may be while a cluster is upgraded. */
export function compileStreamSearch(text: string): CompiledSearch | undefined {
  try {
    const query = parseSearch(text, "event");
    const namesIssue = [...termsOf(query)].some(
      (term) => (term.kind === "match" || term.kind === "has") && "field" in term.key && term.key.field === "issue",
    );
    return { ...streamSearchOf(query), query, namesIssue };
  } catch (error) {
    if (error instanceof SearchQueryError) return undefined;
    throw error;
  }
}

/** Places of the searches that an event matches. */
export function matchedBy(searches: readonly CompiledSearch[], event: SearchedEvent, nowMs: number): number[] {
  // `assigned:` tells of issues; no search of events has it.
  const moment = { nowMs, assigneesOf: () => [] };
  return searches.flatMap(({ query }, place) => (matchesEvent(query, event, moment) ? [place] : []));
}
