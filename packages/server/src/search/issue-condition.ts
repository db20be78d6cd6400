import {
  type IssueState,
  loosePattern,
  matchesPattern,
  type NumberField,
  type Pattern,
  PRIORITIES,
  placesOf,
  RECENT_DAYS,
  type SearchKey,
  type SearchMoment,
  type SearchTerm,
  type TimeField,
} from "@mesher/protocol";
import { isOfPriority } from "../issues/priority-sql.ts";
import { eventCondition, hasShortId, type SearchedProject } from "./event-condition.ts";
import { anyOfConditions, type Condition, folded, hasWords, matchesAny, type SqlValues } from "./sql.ts";

export interface SearchedIssues extends SearchedProject, Pick<SearchMoment, "assigneesOf"> {
  /** Whether all values of a tag are counted, but those beyond the maximum. */
  readonly isCounted: (key: string) => boolean;
  /** What was looked up for every term. */
  readonly found: ReadonlyMap<SearchTerm, FoundIssues>;
}

/** Issues that a term finds by tags and events, by their ids. */
export interface FoundIssues {
  /** All that have the tag; absent: too many to be looked up. */
  readonly all?: readonly string[] | undefined;
  /** All that do not have it, where nearly all have; absent: they are many, or nobody wants them. */
  readonly without?: readonly string[] | undefined;
  /** Those that the newest events that match lead to, beside the ones that the issues' own rows tell. */
  readonly newest?: readonly string[];
}

const DAY_MS = 86_400_000;

/** Of people and teams no two have one id. */
const ASSIGNEE = "coalesce(i.assigned_to, i.assigned_team)";

/** The condition of a term on a row `i` of `issues` and `c` of `issue_counters`. */
export function issueCondition(term: SearchTerm, of: SearchedIssues, values: SqlValues): Condition {
  const tag = tagOfTerm(term);
  if (tag !== undefined) return hasTag(tag, term, of, values);
  if (term.kind === "words") return hasSearchedWords(term, of, values);
  if (term.kind === "is") return isInState(term.state, of.nowMs, values);
  if (term.kind === "has") return hasField(term.key);
  if (term.kind === "match") return matchesField(term, of, values);
  if (term.kind === "number")
    return `${NUMBERS[term.field]} ${term.operator} ${values.add(term.value, "double precision")}`;
  const column = TIMES[term.field];
  if (column === undefined) throw new TypeError(`issues have no ${term.field}`);
  if (term.kind === "time") return `${column} ${term.operator} ${values.add(new Date(term.ms), "timestamptz")}`;
  const then = values.add(new Date(of.nowMs - term.seconds * 1_000), "timestamptz");
  return `${column} ${term.is === "within" ? ">=" : "<="} ${then}`;
}

const NUMBERS: Record<NumberField, string> = { timesSeen: "c.event_count", users: "c.user_count" };
const TIMES: Partial<Record<TimeField, string>> = { firstSeen: "c.first_seen", lastSeen: "c.last_seen" };

/** What a term looks for in the texts of events; `undefined`: nothing. */
export function searchedTextOf(term: SearchTerm) {
  if (term.kind === "words") return { patterns: [term.text], places: undefined };
  const places = term.kind === "match" && "field" in term.key ? placesOf(term.key.field) : undefined;
  return term.kind === "match" && places !== undefined ? { patterns: term.patterns, places } : undefined;
}

/** In the issue's first event, or the newest events of the project. */
function hasSearchedWords(term: SearchTerm, of: SearchedIssues, values: SqlValues): Condition {
  const text = searchedTextOf(term);
  if (text === undefined) throw new TypeError(`issues have no such ${term.kind}`);
  return anyOfConditions([
    ...text.patterns.map((pattern) => hasWords("i.search", pattern, text.places, values)),
    ...isOneOf(of.found.get(term)?.newest, values),
  ]);
}

function isOneOf(ids: readonly string[] | undefined, values: SqlValues): Condition[] {
  return ids === undefined || ids.length === 0 ? [] : [`i.id = any(${values.add(ids, "uuid[]")})`];
}

function isInState(state: IssueState, nowMs: number, values: SqlValues): Condition {
  const recent = () => values.add(new Date(nowMs - RECENT_DAYS * DAY_MS), "timestamptz");
  const isNew = () => `(i.status = 'unresolved' and i.created_at >= ${recent()})`;
  const isRegressed = "(i.status = 'unresolved' and i.regressed_at is not null)";
  if (state === "assigned") return `${ASSIGNEE} is not null`;
  if (state === "unassigned") return `${ASSIGNEE} is null`;
  if (state === "new") return isNew();
  if (state === "regressed") return isRegressed;
  if (state === "for_review")
    return `(${ASSIGNEE} is null and (${isNew()} or (${isRegressed} and i.regressed_at >= ${recent()})))`;
  return `i.status = ${values.add(state, "text")}`;
}

function hasField(key: SearchKey): Condition {
  return "field" in key && key.field === "assigned" ? `${ASSIGNEE} is not null` : "true";
}

function matchesField(term: Extract<SearchTerm, { kind: "match" }>, of: SearchedIssues, values: SqlValues): Condition {
  const { key, patterns } = term;
  const field = "field" in key ? key.field : undefined;
  if (field === "assigned") return anyOfConditions(patterns.map((pattern) => isAssigned(pattern, of, values)));
  if (field === "title" || field === "culprit")
    return matchesAny(folded(`i.${field}`), patterns.map(loosePattern), values);
  if (field === "priority") {
    return isOfPriority(PRIORITIES.filter((each) => patterns.some((pattern) => matchesPattern(pattern, each))));
  }
  if (field === "level" || field === "platform") return matchesAny(`i.${field}`, patterns, values);
  if (field === "issue") return anyOfConditions(patterns.map((pattern) => hasShortId(pattern, of, values)));
  return hasSearchedWords(term, of, values);
}

/** The key under which it is counted; `undefined`: the term tells of the issue itself. */
export function tagOfTerm(term: SearchTerm): string | undefined {
  return term.kind === "has" || term.kind === "match" ? tagOf(term.key) : undefined;
}

function tagOf(key: SearchKey): string | undefined {
  if ("tag" in key) return key.tag;
  return key.field === "environment" || key.field === "release" ? key.field : undefined;
}

/** Tags named `environment` or `release` are not: under these names the event's own are. */
export function isCountedTag(term: SearchTerm, of: Pick<SearchedIssues, "isCounted">): boolean {
  const tag = tagOfTerm(term);
  if (tag === undefined) return false;
  const isTag = (term.kind === "has" || term.kind === "match") && "tag" in term.key;
  return isTag && tagOf({ field: tag as never }) !== undefined ? false : of.isCounted(tag);
}

/**
 * Counted values are looked up there. Where an issue has more than are counted one by one, the newest events that have the
 * value are asked, too.
 */
function hasTag(tag: string, term: SearchTerm, of: SearchedIssues, values: SqlValues): Condition {
  const { all, without, newest } = of.found.get(term) ?? {};
  if (without !== undefined) {
    return anyOfConditions([`not i.id = any(${values.add(without, "uuid[]")})`, ...isOneOf(newest, values)]);
  }
  if (all !== undefined) return anyOfConditions(isOneOf([...all, ...(newest ?? [])], values));
  if (!isCountedTag(term, of)) return anEvent(eventCondition(term, of, values));
  const value = term.kind === "match" ? matchesAny("t.value", term.patterns, values) : "true";
  // A bare `exists` could be made a join over all issues that have it. They are many, so a page is soon full along the list.
  const hasCounted = `coalesce(exists (select from issue_tags t where t.project_id = i.project_id and t.issue_id = i.id
    and t.key = ${values.add(tag, "text")} and ${value}), false)`;
  return anyOfConditions([hasCounted, ...isOneOf(newest, values)]);
}

/** Not a bare `exists` either: what is rare and has an index was looked up. Only days of the issue's life are looked at. */
function anEvent(condition: Condition): Condition {
  return `coalesce(exists (select from events e
    where e.project_id = i.project_id and e.issue_id = i.id
      and e.received_at >= c.first_seen and e.received_at <= c.last_seen and ${condition}), false)`;
}

function isAssigned(pattern: Pattern, { assigneesOf }: SearchedIssues, values: SqlValues): Condition {
  const name = pattern.join("*");
  if (name === "none") return `${ASSIGNEE} is null`;
  const ids = assigneesOf(name);
  // Never null, which `not` would leave null.
  return ids.length === 0 ? "false" : `coalesce(${ASSIGNEE} = any(${values.add(ids, "uuid[]")}), false)`;
}
