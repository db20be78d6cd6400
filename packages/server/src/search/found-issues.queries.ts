/**
 * Which issues the terms of a search find by their tags and events. Looked up before the list is read: then the list's
 * statement begins with a few ids, or walks along its order, and never asks every issue of a project.
 */
import { isExact, type SearchTerm } from "@mesher/protocol";
import { OTHER_VALUES } from "../dashboards/counted-tags.ts";
import type { Database } from "../db/database.ts";
import { eventCondition } from "./event-condition.ts";
import { type FoundIssues, isCountedTag, type SearchedIssues, searchedTextOf, tagOfTerm } from "./issue-condition.ts";
import { matchesAny, SqlValues } from "./sql.ts";

/** Events whose issues are found, the newest: so that what is common does not read all events. */
const NEWEST_EVENTS_MAX = 1_000;

/** Rows beyond which a tag is common: the issues of the list are asked for it, one after the other. */
const TAGGED_ROWS_MAX = 2_000;

type LookedUp = Omit<SearchedIssues, "found">;

/** What is known of a term; nothing, if it tells of the issue itself. */
export async function findIssuesOfTerm(database: Database, term: SearchTerm, of: LookedUp): Promise<FoundIssues> {
  if (searchedTextOf(term) !== undefined) return { newest: await listNewest(database, term, of) };
  const tag = tagOfTerm(term);
  if (tag === undefined) return {};
  if (!isCountedTag(term, of)) return { all: await listByEvents(database, term, of) };
  const all = await listByTag(database, tag, term, of);
  // Whoever has the tag has it, whatever its values.
  return term.kind === "has" ? { all } : { all, newest: await listNewest(database, term, of, tag) };
}

/** Issues of the newest events that match; where a tag is named, only those that have more values of it than are counted. */
async function listNewest(database: Database, term: SearchTerm, of: LookedUp, tag?: string): Promise<string[]> {
  const values = new SqlValues();
  const projectId = values.add(of.projectId, "uuid");
  const condition = eventCondition(term, of, values);
  const uncounted = (issueId: string) => `
    select from issue_tags t where t.project_id = ${projectId} and t.key = ${values.add(tag, "text")}
      and t.value = ${values.add(OTHER_VALUES, "text")} and ${issueId}`;
  const { rows } = await database.query<{ issue_id: string }>({
    text: `
      select distinct newest.issue_id from (
        select e.issue_id from events e
        where e.project_id = ${projectId} and ${condition}${tag === undefined ? "" : ` and exists (${uncounted("true")})`}
        order by e.received_at desc limit ${NEWEST_EVENTS_MAX}
      ) newest
      where ${tag === undefined ? "true" : `exists (${uncounted("t.issue_id = newest.issue_id")})`}`,
    values: values.values,
  });
  return rows.map(({ issue_id }) => issue_id);
}

/** Those that have one of the values; `undefined`: they are too many. */
async function listByTag(
  database: Database,
  tag: string,
  term: SearchTerm,
  of: LookedUp,
): Promise<string[] | undefined> {
  const values = new SqlValues();
  const conditions = [
    `t.project_id = ${values.add(of.projectId, "uuid")}`,
    `t.key = ${values.add(tag, "text")}`,
    ...(term.kind === "match" ? [matchesAny("t.value", term.patterns, values)] : []),
  ];
  return listFew(
    database,
    `select t.issue_id from issue_tags t where ${conditions.join(" and ")} limit ${TAGGED_ROWS_MAX + 1}`,
    values,
  );
}

/** Those that have an event that matches; `undefined`: they are too many, or no index knows them. */
async function listByEvents(database: Database, term: SearchTerm, of: LookedUp): Promise<string[] | undefined> {
  if (term.kind === "has" || (term.kind === "match" && !term.patterns.every(isExact))) return undefined;
  const values = new SqlValues();
  const project = `e.project_id = ${values.add(of.projectId, "uuid")}`;
  return listFew(
    database,
    `select e.issue_id from events e where ${project} and ${eventCondition(term, of, values)}
      limit ${TAGGED_ROWS_MAX + 1}`,
    values,
  );
}

async function listFew(database: Database, rowsSql: string, values: SqlValues): Promise<string[] | undefined> {
  const { rows } = await database.query<{ issue_id: string; rows: number }>({
    text: `select issue_id, (sum(count(*)) over ())::bigint as rows from (${rowsSql}) found group by issue_id`,
    values: values.values,
  });
  return (rows[0]?.rows ?? 0) > TAGGED_ROWS_MAX ? undefined : rows.map(({ issue_id }) => issue_id);
}
