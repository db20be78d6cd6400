import {
  type IssueState,
  loosePattern,
  type NumberField,
  type Pattern,
  placesOf,
  RECENT_DAYS,
  type SearchKey,
  type SearchMoment,
  type SearchTerm,
  type TimeField,
} from "@mesher/protocol";
import { OTHER_VALUES } from "../dashboards/counted-tags.ts";
import { PRIORITY } from "../issues/priority-sql.ts";
import { eventCondition, hasShortId, type SearchedProject } from "./event-condition.ts";
import { anyOfConditions, type Condition, folded, hasWords, matchesAny, type SqlValues } from "./sql.ts";

export interface SearchedIssues extends SearchedProject, Pick<SearchMoment, "personOf"> {
  /** Whether all values of a tag are counted, but those beyond the maximum. */
  readonly isCounted: (key: string) => boolean;
}

/** Events whose issues are found, the newest: so that what is common does not read all events. */
const FOUND_EVENTS_MAX = 1_000;

const DAY_MS = 86_400_000;

/** The condition of a term on a row `i` of `issues` and `c` of `issue_counters`. */
export function issueCondition(term: SearchTerm, of: SearchedIssues, values: SqlValues): Condition {
  if (term.kind === "words") return hasSearchedWords(term.text, undefined, of, values);
  if (term.kind === "is") return isInState(term.state, of.nowMs, values);
  if (term.kind === "has") return hasKey(term.key, of, values);
  if (term.kind === "match") return matchesKey(term.key, term.patterns, of, values);
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

/** In the issue's first event, or the newest events of the project. */
function hasSearchedWords(text: Pattern, places: number | undefined, of: SearchedIssues, values: SqlValues): Condition {
  const newest = amongNewest(hasWords("e.search", text, places, values), of, values);
  return `(${hasWords("i.search", text, places, values)} or ${newest})`;
}

/** Whether it is the issue of one of the newest events for which the condition is true. */
function amongNewest(condition: Condition, of: SearchedIssues, values: SqlValues): Condition {
  return `i.id = any(array(
    select distinct issue_id from (
      select e.issue_id from events e where e.project_id = ${values.add(of.projectId, "uuid")} and ${condition}
      order by e.received_at desc limit ${FOUND_EVENTS_MAX}
    ) newest))`;
}

function isInState(state: IssueState, nowMs: number, values: SqlValues): Condition {
  const recent = () => values.add(new Date(nowMs - RECENT_DAYS * DAY_MS), "timestamptz");
  const isNew = () => `(i.status = 'unresolved' and i.created_at >= ${recent()})`;
  const isRegressed = "(i.status = 'unresolved' and i.regressed_at is not null)";
  if (state === "assigned") return "i.assigned_to is not null";
  if (state === "unassigned") return "i.assigned_to is null";
  if (state === "new") return isNew();
  if (state === "regressed") return isRegressed;
  if (state === "for_review")
    return `(i.assigned_to is null and (${isNew()} or (${isRegressed} and i.regressed_at >= ${recent()})))`;
  return `i.status = ${values.add(state, "text")}`;
}

function hasKey(key: SearchKey, of: SearchedIssues, values: SqlValues): Condition {
  if ("field" in key && key.field === "assigned") return "i.assigned_to is not null";
  const tag = tagOf(key);
  if (tag === undefined) return "true";
  if (isCounted(key, tag, of)) return issueTag(tag, undefined, values);
  return anEvent(eventCondition({ kind: "has", key }, of, values));
}

function matchesKey(key: SearchKey, patterns: readonly Pattern[], of: SearchedIssues, values: SqlValues): Condition {
  const tag = tagOf(key);
  if (tag !== undefined) return hasTag(tag, key, patterns, of, values);
  const field = "field" in key ? key.field : undefined;
  if (field === "assigned") return anyOfConditions(patterns.map((pattern) => isAssigned(pattern, of, values)));
  if (field === "title" || field === "culprit")
    return matchesAny(folded(`i.${field}`), patterns.map(loosePattern), values);
  if (field === "priority") return matchesAny(PRIORITY, patterns, values);
  if (field === "level" || field === "platform") return matchesAny(`i.${field}`, patterns, values);
  if (field === "issue") return anyOfConditions(patterns.map((pattern) => hasShortId(pattern, of, values)));
  const places = field && placesOf(field);
  if (places === undefined) throw new TypeError(`issues have no ${field}`);
  return anyOfConditions(patterns.map((pattern) => hasSearchedWords(pattern, places, of, values)));
}

/** The key under which it is counted; `undefined`: it tells of the issue itself. */
function tagOf(key: SearchKey): string | undefined {
  if ("tag" in key) return key.tag;
  return key.field === "environment" || key.field === "release" ? key.field : undefined;
}

/** Tags named `environment` or `release` are not: under these names the event's own are. */
function isCounted(key: SearchKey, tag: string, of: SearchedIssues): boolean {
  return "tag" in key && tagOf({ field: tag as never }) !== undefined ? false : of.isCounted(tag);
}

/**
 * Counted values are looked up there. Where an issue has more than are counted one by one, the newest events that have the
 * value are asked, too.
 */
function hasTag(
  tag: string,
  key: SearchKey,
  patterns: readonly Pattern[],
  of: SearchedIssues,
  values: SqlValues,
): Condition {
  const condition = eventCondition({ kind: "match", key, patterns }, of, values);
  if (!isCounted(key, tag, of)) return anEvent(condition);
  return `(${issueTag(tag, patterns, values)} or (${issueTag(tag, [[OTHER_VALUES]], values)} and ${amongNewest(condition, of, values)}))`;
}

function issueTag(tag: string, patterns: readonly Pattern[] | undefined, values: SqlValues): Condition {
  const value = patterns === undefined ? "true" : matchesAny("t.value", patterns, values);
  return `exists (select from issue_tags t where t.project_id = i.project_id and t.issue_id = i.id
    and t.key = ${values.add(tag, "text")} and ${value})`;
}

function anEvent(condition: Condition): Condition {
  return `exists (select from events e where e.project_id = i.project_id and e.issue_id = i.id and ${condition})`;
}

function isAssigned(pattern: Pattern, { personOf }: SearchedIssues, values: SqlValues): Condition {
  const name = pattern.join("*");
  if (name === "none") return "i.assigned_to is null";
  const id = personOf(name);
  return id === undefined ? "false" : `i.assigned_to is not distinct from ${values.add(id, "uuid")}`;
}
