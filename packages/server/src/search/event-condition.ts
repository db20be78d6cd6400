import {
  isExact,
  loosePattern,
  type Pattern,
  parseEventId,
  placesOf,
  type SearchKey,
  type SearchTerm,
  shortIdPattern,
} from "@mesher/protocol";
import {
  anyOfConditions,
  type Condition,
  folded,
  hasWords,
  isKnownAndMatchesAny,
  likeOf,
  matchesAny,
  type SqlValues,
} from "./sql.ts";

/** What is known when a search is made. */
export interface SearchedProject {
  readonly projectId: string;
  readonly slug: string;
  readonly nowMs: number;
}

/** The condition of a term on a row `e` of `events`. */
export function eventCondition(term: SearchTerm, project: SearchedProject, values: SqlValues): Condition {
  if (term.kind === "words") return hasWords("e.search", term.text, undefined, values);
  if (term.kind === "has") return hasKey(term.key, values);
  if (term.kind === "match") return matchesKey(term.key, term.patterns, project, values);
  if (term.kind === "time") return `e.received_at ${term.operator} ${values.add(new Date(term.ms), "timestamptz")}`;
  if (term.kind === "age") {
    const then = values.add(new Date(project.nowMs - term.seconds * 1_000), "timestamptz");
    return `e.received_at ${term.is === "within" ? ">=" : "<="} ${then}`;
  }
  throw new TypeError(`a search of events has no ${term.kind}`);
}

function hasKey(key: SearchKey, values: SqlValues): Condition {
  if ("tag" in key) return `jsonb_exists(e.tags, ${values.add(key.tag, "text")})`;
  return key.field === "environment" || key.field === "release" ? `e.${key.field} is not null` : "true";
}

function matchesKey(
  key: SearchKey,
  patterns: readonly Pattern[],
  project: SearchedProject,
  values: SqlValues,
): Condition {
  if ("tag" in key) return anyOfConditions(patterns.map((pattern) => hasTag(key.tag, pattern, values)));
  const { field } = key;
  const places = placesOf(field);
  if (places !== undefined)
    return anyOfConditions(patterns.map((pattern) => hasWords("e.search", pattern, places, values)));
  if (field === "title") return matchesAny(folded("e.title"), patterns.map(loosePattern), values);
  if (field === "level") return matchesAny("e.level", patterns, values);
  if (field === "environment" || field === "release") return isKnownAndMatchesAny(`e.${field}`, patterns, values);
  if (field === "id") return anyOfConditions(patterns.map((pattern) => hasId(pattern, values)));
  if (field === "issue") {
    const conditions = patterns.map((pattern) => hasShortId(pattern, project, values));
    const id = values.add(project.projectId, "uuid");
    return `e.issue_id in (select i.id from issues i where i.project_id = ${id} and ${anyOfConditions(conditions)})`;
  }
  throw new TypeError(`events have no ${field}`);
}

/** An exact value is looked up in the index of tags. */
function hasTag(key: string, pattern: Pattern, values: SqlValues): Condition {
  if (isExact(pattern)) return `e.tags @> ${values.add(JSON.stringify({ [key]: pattern[0] }), "jsonb")}`;
  return `coalesce(e.tags ->> ${values.add(key, "text")} like ${values.add(likeOf(pattern), "text")}, false)`;
}

function hasId(pattern: Pattern, values: SqlValues): Condition {
  if (!isExact(pattern)) return `replace(e.event_id::text, '-', '') like ${values.add(likeOf(pattern), "text")}`;
  const id = parseEventId(pattern[0]);
  return id === undefined ? "false" : `e.event_id = ${values.add(id, "uuid")}`;
}

/** The condition on a row `i` of `issues`. */
export function hasShortId(typed: Pattern, { slug }: SearchedProject, values: SqlValues): Condition {
  const pattern = shortIdPattern(typed);
  const prefix = `${slug.toUpperCase()}-`;
  if (!isExact(pattern)) return `${values.add(prefix, "text")} || i.number like ${values.add(likeOf(pattern), "text")}`;
  const number = pattern[0].startsWith(prefix) ? pattern[0].slice(prefix.length) : "";
  return /^[1-9]\d{0,17}$/.test(number) ? `i.number = ${values.add(number, "bigint")}` : "false";
}
