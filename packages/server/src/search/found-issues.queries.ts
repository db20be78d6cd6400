/**
 * Which issues the terms of a search find by their tags and events. Looked up before the list is read: then the list's
 * statement begins with a few ids, or walks along its order, and never asks every issue of a project.
 */
import { isExact, type SearchTerm } from "@mesher/protocol";
import { OTHER_VALUES } from "../dashboards/counted-tags.ts";
import type { Database } from "../db/database.ts";
import { partsNewestFirst } from "../events/newest-first.ts";
import { eventCondition } from "./event-condition.ts";
import type { SearchedRange } from "./event-hours.queries.ts";
import { type FoundIssues, isCountedTag, type SearchedIssues, searchedTextOf, tagOfTerm } from "./issue-condition.ts";
import { matchesAny, SqlValues } from "./sql.ts";

/** Events whose issues are found, the newest: so that what is common does not read all events. */
const NEWEST_EVENTS_MAX = 1_000;

/** Rows beyond which a tag is common: the issues of the list are asked for it, one after the other. */
const TAGGED_ROWS_MAX = 2_000;

type LookedUp = Omit<SearchedIssues, "found">;

/**
 * Of so many issues, the first of a list, this part must lack a tag for a list of those that lack it to be walked along: then
 * a page is full after a few hundred. Where fewer do, they are looked up.
 */
const SAMPLED_ISSUES = 300;
const LACKING_MIN = 60;

/** What is known of a term; nothing, if it tells of the issue itself. `isNegated`: those are wanted that it does not find. */
export async function findIssuesOfTerm(
  database: Database,
  term: SearchTerm,
  isNegated: boolean,
  of: LookedUp,
): Promise<FoundIssues> {
  if (searchedTextOf(term) !== undefined) return { newest: await listNewest(database, term, of) };
  const tag = tagOfTerm(term);
  if (tag === undefined) return {};
  if (!isCountedTag(term, of)) return { all: await listByEvents(database, term, of) };
  const all = await listByTag(database, tag, term, of);
  const without = isNegated && all === undefined ? await listWithoutTag(database, tag, term, of) : undefined;
  // Whoever has the tag has it, whatever its values.
  return { all, without, ...(term.kind !== "has" && { newest: await listNewestUncounted(database, tag, term, of) }) };
}

/** Issues of the newest events that match. */
async function listNewest(database: Database, term: SearchTerm, of: LookedUp): Promise<string[]> {
  const issueIds = new Set<string>();
  let rest = NEWEST_EVENTS_MAX;
  for (const part of partsNewestFirst({}, of.nowMs)) {
    const values = new SqlValues();
    const { rows } = await database.query<{ issue_id: string; events: number }>({
      text: `
        select newest.issue_id, count(*) as events from (
          select e.issue_id from events e where ${matchingEvents(term, part, of, values)}
          order by e.received_at desc limit ${values.add(rest, "integer")}
        ) newest
        group by newest.issue_id`,
      values: values.values,
    });
    for (const { issue_id } of rows) issueIds.add(issue_id);
    rest -= rows.reduce((sum, { events }) => sum + events, 0);
    if (rest <= 0) break;
  }
  return [...issueIds];
}

/** Of these issues, those that have more values of a tag than are counted: of them the counts do not tell all. */
async function listNewestUncounted(database: Database, tag: string, term: SearchTerm, of: LookedUp): Promise<string[]> {
  const uncounted = "from issue_tags where project_id = $1 and key = $2 and value = $3";
  const values = [of.projectId, tag, OTHER_VALUES];
  const { rows: answer } = await database.query<{ is_there: boolean }>({
    name: "tags.has_uncounted",
    text: `select exists (select ${uncounted}) as is_there`,
    values,
  });
  // As nearly always: then there is no need to look at events.
  if (answer[0]?.is_there !== true) return [];
  const { rows } = await database.query<{ issue_id: string }>({
    name: "tags.list_uncounted",
    text: `select issue_id ${uncounted} and issue_id = any($4::uuid[])`,
    values: [...values, await listNewest(database, term, of)],
  });
  return rows.map(({ issue_id }) => issue_id);
}

function matchingEvents(term: SearchTerm, { fromMs, toMs }: SearchedRange, of: LookedUp, values: SqlValues): string {
  const conditions = [`e.project_id = ${values.add(of.projectId, "uuid")}`, eventCondition(term, of, values)];
  if (fromMs !== undefined) conditions.push(`e.received_at >= ${values.add(new Date(fromMs), "timestamptz")}`);
  if (toMs !== undefined) conditions.push(`e.received_at < ${values.add(new Date(toMs), "timestamptz")}`);
  return conditions.join(" and ");
}

/** Those that have one of the values; `undefined`: they are too many. */
async function listByTag(
  database: Database,
  tag: string,
  term: SearchTerm,
  of: LookedUp,
): Promise<string[] | undefined> {
  const values = new SqlValues();
  const tagged = taggedRows(tag, term, values.add(of.projectId, "uuid"), values);
  return listFew(database, `select t.issue_id ${tagged} limit ${TAGGED_ROWS_MAX + 1}`, values);
}

/** Those that have none of the values, where most have one; `undefined`: they are many. */
async function listWithoutTag(
  database: Database,
  tag: string,
  term: SearchTerm,
  of: LookedUp,
): Promise<string[] | undefined> {
  if (await isOftenLacked(database, tag, term, of)) return undefined;
  const values = new SqlValues();
  const projectId = values.add(of.projectId, "uuid");
  // Two indexes read once each, where an anti-join could be made a look at the tags of every issue.
  return listFew(
    database,
    `(select i.id as issue_id from issues i where i.project_id = ${projectId}
      except select t.issue_id ${taggedRows(tag, term, projectId, values)}) limit ${TAGGED_ROWS_MAX + 1}`,
    values,
  );
}

/** Told by those that were seen last. */
async function isOftenLacked(database: Database, tag: string, term: SearchTerm, of: LookedUp): Promise<boolean> {
  const values = new SqlValues();
  const projectId = values.add(of.projectId, "uuid");
  const { rows } = await database.query<{ lacking: number }>({
    text: `
      select count(*) filter (where not coalesce(exists (
        select ${taggedRows(tag, term, projectId, values)} and t.issue_id = sampled.issue_id), false)) as lacking
      from (
        select c.issue_id from issue_counters c where c.project_id = ${projectId}
        order by c.coarse_last_seen desc limit ${SAMPLED_ISSUES}
      ) sampled`,
    values: values.values,
  });
  return (rows[0]?.lacking ?? 0) >= LACKING_MIN;
}

function taggedRows(tag: string, term: SearchTerm, projectId: string, values: SqlValues): string {
  const conditions = [
    `t.project_id = ${projectId}`,
    `t.key = ${values.add(tag, "text")}`,
    ...(term.kind === "match" ? [matchesAny("t.value", term.patterns, values)] : []),
  ];
  return `from issue_tags t where ${conditions.join(" and ")}`;
}

/** Those that have an event that matches; `undefined`: they are too many, or no index knows them. */
async function listByEvents(database: Database, term: SearchTerm, of: LookedUp): Promise<string[] | undefined> {
  if (term.kind === "has" || (term.kind === "match" && !term.patterns.every(isExact))) return undefined;
  const issueIds = new Set<string>();
  let rest = TAGGED_ROWS_MAX + 1;
  for (const part of partsNewestFirst({}, of.nowMs)) {
    const values = new SqlValues();
    const matching = matchingEvents(term, part, of, values);
    const limit = values.add(rest, "integer");
    const found = await countFew(database, `select e.issue_id from events e where ${matching} limit ${limit}`, values);
    rest -= found.rows;
    if (rest <= 0) return undefined;
    for (const id of found.issueIds) issueIds.add(id);
  }
  return [...issueIds];
}

async function listFew(database: Database, rowsSql: string, values: SqlValues): Promise<string[] | undefined> {
  const { issueIds, rows } = await countFew(database, rowsSql, values);
  return rows > TAGGED_ROWS_MAX ? undefined : issueIds;
}

async function countFew(database: Database, rowsSql: string, values: SqlValues) {
  const { rows } = await database.query<{ issue_id: string; rows: number }>({
    text: `select issue_id, (sum(count(*)) over ())::bigint as rows from (${rowsSql}) found group by issue_id`,
    values: values.values,
  });
  return { issueIds: rows.map(({ issue_id }) => issue_id), rows: rows[0]?.rows ?? 0 };
}
