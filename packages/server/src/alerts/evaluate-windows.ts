/**
 * Finds which rules about all events of a project are breached. What is counted by the minute decides nearly always: only
 * where the minute in which a window begins makes the difference are that minute's events read, and only rules whose filters
 * name tags or words read events themselves, a bounded number.
 */
import { matchesEvent, type SearchQuery } from "@mesher/protocol";
import type { Queryable } from "../db/database.ts";
import { isCounted, searchOf } from "./alert-filters.ts";
import { isBreached, isProjectCondition, type ProjectCondition, type WindowCounts, windowsOf } from "./conditions.ts";
import { MINUTE_MS } from "./event-minutes.queries.ts";
import type { FiringRule } from "./firing-rules.queries.ts";
import {
  type CountsSince,
  countMatching,
  countRestOfMinute,
  countSince,
  type KindCount,
  type Point,
} from "./window-counts.queries.ts";

export interface ProjectRule extends FiringRule {
  readonly condition: ProjectCondition;
}

export const isProjectRule = (rule: FiringRule): rule is ProjectRule => isProjectCondition(rule.condition);

export interface Judgement {
  readonly rule: ProjectRule;
  readonly isBreached: boolean;
  readonly counts: WindowCounts;
}

/** In the order of the rules. */
export async function judgeRules(
  database: Queryable,
  rules: readonly ProjectRule[],
  nowMs: number,
): Promise<Judgement[]> {
  const asked = rules.map((rule) => ({ rule, query: searchOf(rule.filters) }));
  const counted = await judgeCounted(
    database,
    asked.filter(({ query }) => isCounted(query)),
    nowMs,
  );
  const read = await judgeRead(
    database,
    asked.filter(({ query }) => !isCounted(query)),
    nowMs,
  );
  const judged = new Map([...counted, ...read].map((judgement) => [judgement.rule, judgement]));
  return rules.flatMap((rule) => judged.get(rule) ?? []);
}

interface AskedRule {
  readonly rule: ProjectRule;
  readonly query: SearchQuery;
}

/** The moments at which its windows begin, the later one first. */
function pointsOf({ projectId, condition }: ProjectRule, nowMs: number): Point[] {
  const windowMs = condition.window_minutes * MINUTE_MS;
  return Array.from({ length: windowsOf(condition) }, (_, index) => ({
    projectId,
    atMs: nowMs - (index + 1) * windowMs,
  }));
}

const keyOf = ({ projectId, atMs }: Point) => `${projectId}/${atMs}`;

async function judgeCounted(database: Queryable, asked: readonly AskedRule[], nowMs: number): Promise<Judgement[]> {
  const points = distinct(asked.flatMap(({ rule }) => pointsOf(rule, nowMs)));
  const counted = await countSince(database, points);
  const since = new Map(points.map((point, index) => [keyOf(point), counted[index] ?? NOTHING]));

  const open = asked.filter(({ rule, query }) => {
    const [narrow, wide] = boundsOf(rule, query, since, nowMs);
    return isBreached(rule.condition, narrow) !== isBreached(rule.condition, wide);
  });
  const edges = distinct(open.flatMap(({ rule }) => pointsOf(rule, nowMs)));
  const rests = await countRestOfMinute(database, edges);
  // What was read takes the place of what was counted in the whole minute.
  for (const [index, edge] of edges.entries()) {
    const known = since.get(keyOf(edge)) ?? NOTHING;
    since.set(keyOf(edge), { after: [...known.after, ...(rests[index] ?? [])], within: [] });
  }
  return asked.map(({ rule, query }) => {
    // Without an edge both bounds are the same; with one that makes no difference, either does.
    const [, counts] = boundsOf(rule, query, since, nowMs);
    return { rule, counts, isBreached: isBreached(rule.condition, counts) };
  });
}

const NOTHING: CountsSince = { after: [], within: [] };

/**
 * The counts between which the true ones lie: those that breach least, and those that breach most. A window begins somewhere in
 * a minute of which only the sum is known.
 */
function boundsOf(
  rule: ProjectRule,
  query: SearchQuery,
  since: ReadonlyMap<string, CountsSince>,
  nowMs: number,
): [least: WindowCounts, most: WindowCounts] {
  const [now, before] = pointsOf(rule, nowMs).map((point) => {
    const { after, within } = since.get(keyOf(point)) ?? NOTHING;
    const sum = sumMatching(after, query);
    return { least: sum, most: sum + sumMatching(within, query) };
  });
  const { least, most } = now ?? { least: 0, most: 0 };
  if (before === undefined) return [at(least), at(most)];
  const few = { count: least, previous: Math.max(0, before.most - least) };
  const many = { count: most, previous: Math.max(0, before.least - most) };
  return rule.condition.condition_type === "percent_change" && rule.condition.direction === "decrease"
    ? [many, few]
    : [few, many];
}

const at = (count: number): WindowCounts => ({ count, previous: 0 });

export function sumMatching(counts: readonly KindCount[], query: SearchQuery): number {
  return counts.reduce((sum, kind) => (matchesKind(kind, query) ? sum + kind.count : sum), 0);
}

/** Of a search that `isCounted`: it asks for nothing but these three. */
function matchesKind({ level, environment, release }: KindCount, query: SearchQuery): boolean {
  const event = { ...NO_EVENT, level, environment, release };
  return matchesEvent(query, event, { nowMs: 0, assigneesOf: () => [] });
}

const NO_EVENT = {
  eventId: "",
  title: "",
  tags: {},
  receivedAtMs: 0,
  words: new Map<string, number>(),
  issueShortId: "",
};

async function judgeRead(database: Queryable, asked: readonly AskedRule[], nowMs: number): Promise<Judgement[]> {
  const spans = asked.flatMap(({ rule, query }) => {
    const [now, before] = pointsOf(rule, nowMs);
    const of = { projectId: rule.projectId, slug: rule.projectSlug, query };
    if (now === undefined) return [];
    const window = { ...of, fromMs: now.atMs };
    return before === undefined ? [window] : [window, { ...of, fromMs: before.atMs, toMs: now.atMs }];
  });
  const counts = await countMatching(database, spans, nowMs);
  let next = 0;
  return asked.map(({ rule }) => {
    const [count = 0, previous = 0] = counts.slice(next, (next += windowsOf(rule.condition)));
    return { rule, counts: { count, previous }, isBreached: isBreached(rule.condition, { count, previous }) };
  });
}

function distinct(points: readonly Point[]): Point[] {
  return [...new Map(points.map((point) => [keyOf(point), point])).values()];
}
