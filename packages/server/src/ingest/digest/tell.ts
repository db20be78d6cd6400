/** From what was stored to what is told of it. On the worker thread, and only for projects that somebody watches. */
import type { IssueAction, Level, Occasion, SearchedEvent, StreamChange, StreamEventData } from "@mesher/protocol";
import { decodeTsvector } from "../../db/tsvector.ts";
import {
  type CompiledSearch,
  compileStreamSearch,
  matchedBy,
  STREAM_SEARCHES_MAX,
  type Verdicts,
  type WatchedProject,
} from "../../search/stream-search.ts";
import type { DigestedEvent } from "../store/digested-event.ts";
import type { StoredChange } from "../store/store.ts";

/** What is told of one project, in the order in which it was stored. */
export interface Telling {
  readonly projectId: string;
  readonly changes: readonly StreamChange[];
  /** Absent: somebody listens, but nobody searches. */
  readonly verdicts?: Verdicts;
  /** Something of this project was stored of which perhaps nothing was told: who committed it died, or lost the database, before. */
  readonly isGap?: boolean;
}

/** What the whole cluster's searches in one project come to at most: so many nodes with all that each may have. */
const SEARCHES_MAX = 9 * STREAM_SEARCHES_MAX;

/** What was stored of one project that is watched. */
export interface WatchedStore {
  readonly projectId: string;
  readonly searches: readonly CompiledSearch[];
  readonly stored: readonly StoredChange[];
}

export function watchedOf(stored: readonly StoredChange[], watched: readonly WatchedProject[]): WatchedStore[] {
  if (watched.length === 0) return [];
  const byProject = Map.groupBy(stored, ({ event }) => event.projectId);
  return watched.flatMap(({ projectId, searches }) => {
    const ofProject = byProject.get(projectId);
    if (ofProject === undefined) return [];
    const compiled = searches.slice(0, SEARCHES_MAX).flatMap((text) => compileSearch(text) ?? []);
    return [{ projectId, searches: compiled, stored: ofProject }];
  });
}

/** Of a batch that turned out to be stored already. */
export function gapsOf(events: readonly DigestedEvent[], watched: readonly WatchedProject[]): Telling[] {
  const projectIds = new Set(events.map(({ projectId }) => projectId));
  return watched
    .filter(({ projectId }) => projectIds.has(projectId))
    .map(({ projectId }) => ({ projectId, changes: [], isGap: true }));
}

/** Ids of the issues whose short ids a search asks for. */
export function issuesToName({ searches, stored }: WatchedStore): string[] {
  if (!searches.some(({ namesIssue }) => namesIssue)) return [];
  return [...new Set(stored.map(({ issueId }) => issueId))];
}

/** `shortIds`: of `issuesToName`; `undefined`: they could not be read, so searches that ask for them say nothing. */
export function tellStored(
  { projectId, searches: all, stored }: WatchedStore,
  shortIds: ReadonlyMap<string, string> | undefined,
  nowMs: number,
): Telling {
  const changes = stored.map((change) => changesOf(change));
  const searches = shortIds === undefined ? all.filter(({ namesIssue }) => !namesIssue) : all;
  if (searches.length === 0) return { projectId, changes: changes.flat() };
  const found = stored.flatMap(({ event, issueId }, index) => {
    const places = matchedBy(searches, searchedOf(event, shortIds?.get(issueId) ?? ""), nowMs);
    return (changes[index] ?? []).map(() => places);
  });
  return { projectId, changes: changes.flat(), verdicts: { asked: searches.map(({ id }) => id), found } };
}

function searchedOf(event: DigestedEvent, issueShortId: string): SearchedEvent {
  return { ...event, words: decodeTsvector(event.words), issueShortId };
}

/** The same few searches come with every batch. */
const COMPILED_MAX = 1_000;
const compiledSearches = new Map<string, CompiledSearch | undefined>();

function compileSearch(text: string): CompiledSearch | undefined {
  if (compiledSearches.has(text)) return compiledSearches.get(text);
  const compiled = compileStreamSearch(text);
  if (compiledSearches.size >= COMPILED_MAX) compiledSearches.clear();
  compiledSearches.set(text, compiled);
  return compiled;
}

/** An event that makes an issue, or brings one back, is told as a change of the issue too. */
function changesOf({ event, issueId, occasion, issueEventCount }: StoredChange): StreamChange[] {
  const data: StreamEventData = {
    id: event.eventId,
    level: event.level as Level,
    message: event.title,
    received_at: new Date(event.receivedAtMs).toISOString(),
    platform: event.platform,
    culprit: event.culprit,
    environment: event.environment ?? null,
    release: event.release ?? null,
  };
  const ids = { project_id: event.projectId, issue_id: issueId };
  const eventStored: StreamChange = {
    type: "event",
    ...ids,
    event_id: event.eventId,
    occasion,
    issue_event_count: issueEventCount,
    data,
  };
  if (occasion === "repeat") return [eventStored];
  return [{ type: "issue", action: ACTIONS[occasion], ...ids, event: data }, eventStored];
}

const ACTIONS: Record<Exclude<Occasion, "repeat">, IssueAction> = {
  new_issue: "new",
  regression: "regressed",
  archive_ended: "archive_ended",
};
