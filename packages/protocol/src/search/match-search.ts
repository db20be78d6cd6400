/** The meaning of a search, in memory: for live streams and pages, and what PostgreSQL must agree with. */

import type { IssueStatus } from "../api.ts";
import type { Priority } from "../api-issue-actions.ts";
import { parseEventId } from "../event-id.ts";
import { foldCase, isExact, loosePattern, matchesPattern, type Pattern, shortIdPattern } from "./pattern.ts";
import { type IssueState, type NumberField, type PatternField, RECENT_DAYS, type TimeField } from "./search-keys.ts";
import type { Comparison, SearchKey, SearchQuery, SearchTerm } from "./search-query.ts";
import { searchedWords } from "./tokenize.ts";
import { placesOf, type Words } from "./words.ts";

/** An event as it is searched. */
export interface SearchedEvent {
  readonly eventId: string;
  readonly level: string;
  readonly title: string;
  readonly environment: string | undefined;
  readonly release: string | undefined;
  /** Those that were sent, and those Mesher adds. */
  readonly tags: Readonly<Record<string, string>>;
  readonly receivedAtMs: number;
  readonly words: Words;
  /** `SHOP-12`. */
  readonly issueShortId: string;
}

/** An issue as it is searched. */
export interface SearchedIssue {
  readonly shortId: string;
  readonly level: string;
  readonly platform: string;
  readonly title: string;
  readonly culprit: string;
  readonly status: IssueStatus;
  readonly priority: Priority;
  /** The id of the person or team. */
  readonly assignedTo: string | null;
  readonly createdAtMs: number;
  readonly regressedAtMs: number | null;
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
  readonly eventCount: number;
  readonly userCount: number;
  /** Whatever tells of events (tags, words, environment, release) is true of an issue when it is true of one of them. */
  readonly events: readonly Pick<SearchedEvent, "environment" | "release" | "tags" | "words">[];
}

export interface SearchMoment {
  readonly nowMs: number;
  /** The ids of people and teams that `assigned:` names: `me`, `my_teams`, `#team`, an address, an id. */
  readonly assigneesOf: (name: string) => readonly string[];
}

export function matchesEvent(query: SearchQuery, event: SearchedEvent, moment: SearchMoment): boolean {
  return matches(query, (term) => eventTerm(term, event, moment));
}

export function matchesIssue(query: SearchQuery, issue: SearchedIssue, moment: SearchMoment): boolean {
  return matches(query, (term) => issueTerm(term, issue, moment));
}

function matches(query: SearchQuery, isTrue: (term: SearchTerm) => boolean): boolean {
  if (query.kind === "all") return query.of.every((each) => matches(each, isTrue));
  if (query.kind === "any") return query.of.some((each) => matches(each, isTrue));
  if (query.kind === "not") return !matches(query.of, isTrue);
  return isTrue(query);
}

function eventTerm(term: SearchTerm, event: SearchedEvent, { nowMs }: SearchMoment): boolean {
  if (term.kind === "words") return hasWords(event.words, term.text, undefined);
  if (term.kind === "has") return valueOfEvent(event, term.key) !== undefined;
  if (term.kind === "match") return term.patterns.some((pattern) => eventMatches(event, term.key, pattern));
  if (term.kind === "time") return COMPARE[term.operator](event.receivedAtMs, term.ms);
  if (term.kind === "age") return isOfAge(event.receivedAtMs, term, nowMs);
  return notOf("event", term);
}

function eventMatches(event: SearchedEvent, key: SearchKey, pattern: Pattern): boolean {
  if ("field" in key) {
    const place = placesOf(key.field);
    if (place !== undefined) return hasWords(event.words, pattern, place);
    if (key.field === "title") return matchesPattern(loosePattern(pattern), foldCase(event.title));
    if (key.field === "issue") return matchesPattern(shortIdPattern(pattern), event.issueShortId);
    if (key.field === "id" && isExact(pattern)) return parseEventId(pattern[0]) === event.eventId;
  }
  const value = valueOfEvent(event, key);
  return value !== undefined && matchesPattern(pattern, value);
}

function valueOfEvent(
  event: Pick<SearchedEvent, "environment" | "release" | "tags"> & Partial<SearchedEvent>,
  key: SearchKey,
): string | undefined {
  if ("tag" in key) return Object.hasOwn(event.tags, key.tag) ? event.tags[key.tag] : undefined;
  if (key.field === "environment") return event.environment;
  if (key.field === "release") return event.release;
  if (key.field === "level") return event.level;
  if (key.field === "id") return event.eventId;
  if (key.field === "issue") return event.issueShortId;
  return notOf("event", key.field);
}

function issueTerm(term: SearchTerm, issue: SearchedIssue, moment: SearchMoment): boolean {
  if (term.kind === "words") return issue.events.some(({ words }) => hasWords(words, term.text, undefined));
  if (term.kind === "is") return isInState(term.state, issue, moment.nowMs);
  if (term.kind === "has") return issueHas(issue, term.key);
  if (term.kind === "match") return term.patterns.some((pattern) => issueMatches(issue, term.key, pattern, moment));
  if (term.kind === "number") return COMPARE[term.operator](NUMBERS[term.field](issue), term.value);
  if (term.kind === "time") return COMPARE[term.operator](timeOf(issue, term.field), term.ms);
  return isOfAge(timeOf(issue, term.field), term, moment.nowMs);
}

const NUMBERS: Record<NumberField, (issue: SearchedIssue) => number> = {
  timesSeen: ({ eventCount }) => eventCount,
  users: ({ userCount }) => userCount,
};

function timeOf(issue: SearchedIssue, field: TimeField): number {
  if (field === "firstSeen") return issue.firstSeenMs;
  if (field === "lastSeen") return issue.lastSeenMs;
  return notOf("issue", field);
}

const RECENT_MS = RECENT_DAYS * 86_400_000;

function isInState(state: IssueState, issue: SearchedIssue, nowMs: number): boolean {
  const isUnresolved = issue.status === "unresolved";
  const isNew = isUnresolved && issue.createdAtMs >= nowMs - RECENT_MS;
  const isRegressed = isUnresolved && issue.regressedAtMs !== null;
  if (state === "assigned") return issue.assignedTo !== null;
  if (state === "unassigned") return issue.assignedTo === null;
  if (state === "new") return isNew;
  if (state === "regressed") return isRegressed;
  if (state === "for_review") {
    const isRecentlyRegressed = isRegressed && (issue.regressedAtMs ?? 0) >= nowMs - RECENT_MS;
    return issue.assignedTo === null && (isNew || isRecentlyRegressed);
  }
  return issue.status === state;
}

function issueHas(issue: SearchedIssue, key: SearchKey): boolean {
  if ("field" in key) {
    if (key.field === "assigned") return issue.assignedTo !== null;
    if (key.field !== "environment" && key.field !== "release") return true;
  }
  return issue.events.some((event) => valueOfEvent(event, key) !== undefined);
}

function issueMatches(issue: SearchedIssue, key: SearchKey, pattern: Pattern, { assigneesOf }: SearchMoment): boolean {
  if (!("field" in key)) return anEventMatches(issue, key, pattern);
  const { field } = key;
  if (field === "assigned") return isAssignedTo(issue, pattern, assigneesOf);
  if (field === "title" || field === "culprit") return matchesPattern(loosePattern(pattern), foldCase(issue[field]));
  if (field === "level" || field === "platform" || field === "priority") return matchesPattern(pattern, issue[field]);
  if (field === "issue") return matchesPattern(shortIdPattern(pattern), issue.shortId);
  const place = placesOf(field);
  if (place !== undefined) return issue.events.some(({ words }) => hasWords(words, pattern, place));
  return anEventMatches(issue, key, pattern);
}

function anEventMatches(issue: SearchedIssue, key: SearchKey, pattern: Pattern): boolean {
  return issue.events.some((event) => {
    const value = valueOfEvent(event, key);
    return value !== undefined && matchesPattern(pattern, value);
  });
}

function isAssignedTo(issue: SearchedIssue, pattern: Pattern, assigneesOf: SearchMoment["assigneesOf"]): boolean {
  const name = pattern.join("*");
  if (name === "none") return issue.assignedTo === null;
  return issue.assignedTo !== null && assigneesOf(name).includes(issue.assignedTo);
}

function hasWords(words: Words, text: Pattern, places: number | undefined): boolean {
  return searchedWords(text).every(({ word, isBeginning }) => {
    if (!isBeginning) return isAt(words.get(word), places);
    for (const [known, at] of words) if (known.startsWith(word) && isAt(at, places)) return true;
    return false;
  });
}

function isAt(at: number | undefined, places: number | undefined): boolean {
  return at !== undefined && (places === undefined || (at & places) !== 0);
}

const COMPARE: Record<Comparison, (left: number, right: number) => boolean> = {
  "=": (left, right) => left === right,
  ">": (left, right) => left > right,
  ">=": (left, right) => left >= right,
  "<": (left, right) => left < right,
  "<=": (left, right) => left <= right,
};

function isOfAge(ms: number, { is, seconds }: SearchTerm & { kind: "age" }, nowMs: number): boolean {
  const thenMs = nowMs - seconds * 1_000;
  return is === "within" ? ms >= thenMs : ms <= thenMs;
}

/** The parser lets no such term through. */
function notOf(scope: "issue" | "event", what: SearchTerm | PatternField | TimeField): never {
  throw new TypeError(`${JSON.stringify(what)} does not tell of an ${scope}`);
}
