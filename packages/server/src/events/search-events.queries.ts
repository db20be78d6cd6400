/** Searches of events, always of one project. */
import { type Pattern, type SearchQuery, searchedWords, termsOf } from "@mesher/protocol";
import type { Database } from "../db/database.ts";
import { eventCondition, type SearchedProject } from "../search/event-condition.ts";
import { narrowToCounts, type SearchedRange } from "../search/event-hours.queries.ts";
import { conditionOf, rankQueryOf, SqlValues } from "../search/sql.ts";
import type { EventSummary } from "./events.queries.ts";
import { readNewestFirst } from "./newest-first.ts";

/** Events received in a range. */
export interface EventSearch extends SearchedProject, SearchedRange {
  readonly query: SearchQuery;
  /** Only of this issue. */
  readonly issueId?: string;
  readonly limit: number;
}

export interface FoundEvent extends EventSummary {
  readonly issueId: string;
  readonly environment: string | null;
  readonly release: string | null;
  readonly tags: Readonly<Record<string, string>>;
}

interface FoundRow {
  event_id: string;
  issue_id: string;
  level: string;
  title: string;
  received_at: Date;
  environment: string | null;
  release: string | null;
  tags: Record<string, string>;
}

const COLUMNS = "e.event_id, e.issue_id, e.level, e.title, e.received_at, e.environment, e.release, e.tags";

const foundOf = (row: FoundRow): FoundEvent => ({
  eventId: row.event_id.replaceAll("-", ""),
  issueId: row.issue_id,
  level: row.level,
  title: row.title,
  receivedAt: row.received_at,
  environment: row.environment,
  release: row.release,
  tags: row.tags,
});

interface PagedSearch extends EventSearch {
  readonly after?: { readonly receivedAt: Date; readonly eventId: string } | undefined;
}

/** A page, newest first, from behind the given event. */
export async function listEvents(database: Database, search: PagedSearch): Promise<FoundEvent[]> {
  const { after } = search;
  const range = await narrowToCounts(database, search.projectId, search.query, toCursor(search, after?.receivedAt));
  if (range === undefined) return [];
  let isRare = false;
  const rows = await readNewestFirst({ ...search, ...range }, async (part, limit) => {
    const within = { ...search, ...part };
    if (!hasTagOrWord(search.query)) return readRows(database, within, limit, inOrder);
    if (!isRare) {
      const frequent = await readRows(database, within, limit, ofNewest);
      if (frequent.length === limit) return frequent;
      isRare = true;
    }
    return readRows(database, within, limit, byIndex);
  });
  return rows.map(foundOf);
}

interface Condition {
  /** Which events are looked at. */
  readonly range: string;
  /** Which of them match. */
  readonly match: string;
  readonly limit: string;
}

/**
 * Nobody knows how many events have a tag or a word: statistics that tell cost a second each time that the day has grown by a
 * fifth. What many have is found among so many of the newest; what is not is rare, and is read by the index of it.
 * Among so many both ways read as much where a page's matches are one in a hundred of 300,000.
 */
const FREQUENT_AMONG = 2_500;

const NEWEST = "order by received_at desc, event_id desc limit";

const inOrder = ({ range, match, limit }: Condition) =>
  `select ${COLUMNS} from events e where ${range} and ${match} ${NEWEST} ${limit}`;

const ofNewest = ({ range, match, limit }: Condition) => `
  select ${COLUMNS} from (select * from events e where ${range} ${NEWEST} ${FREQUENT_AMONG}) e
  where ${match} ${NEWEST} ${limit}`;

/** All that match, in any order: a plan that knew the limit would look for a few rare ones among all. */
const byIndex = ({ range, match, limit }: Condition) => `
  with matching as materialized (select ${COLUMNS} from events e where ${range} and ${match})
  select * from matching ${NEWEST} ${limit}`;

async function readRows(
  database: Database,
  search: PagedSearch,
  limit: number,
  statement: (condition: Condition) => string,
): Promise<FoundRow[]> {
  const values = new SqlValues();
  const range = rangeOf(search, values);
  if (search.after !== undefined) {
    const { receivedAt, eventId } = search.after;
    range.push(
      `(e.received_at, e.event_id) < (${values.add(receivedAt, "timestamptz")}, ${values.add(eventId, "uuid")})`,
    );
  }
  const match = conditionOf(search.query, (term) => eventCondition(term, search, values));
  const text = statement({ range: range.join(" and "), match, limit: values.add(limit, "integer") });
  const { rows } = await database.query<FoundRow>({ text, values: values.values });
  return rows;
}

/** Both have an index of their own. */
function hasTagOrWord(query: SearchQuery): boolean {
  return [...termsOf(query)].some(
    (term) => term.kind === "words" || (term.kind === "match" && ("tag" in term.key || term.key.field === "message")),
  );
}

/** A page behind an event has none that are later. */
function toCursor({ fromMs, toMs }: SearchedRange, receivedAt: Date | undefined): SearchedRange {
  if (receivedAt === undefined) return { fromMs, toMs };
  return { fromMs, toMs: Math.min(receivedAt.getTime() + 1, toMs ?? Number.POSITIVE_INFINITY) };
}

/** Of the events that match, so many of the newest are ranked: all matches of a common word would be too many. */
export const RANKED_EVENTS_MAX = 500;

/** The best matches first: words in a message before those in a stack trace, many before few, new before old. */
export async function rankEvents(database: Database, search: EventSearch): Promise<FoundEvent[]> {
  const range = await narrowToCounts(database, search.projectId, search.query, search);
  if (range === undefined) return [];
  const values = new SqlValues();
  const conditions = conditionsOf({ ...search, ...range }, values);
  const words = rankQueryOf(wordsOf(search.query));
  const rank = words === "" ? "0::real" : `ts_rank(search, ${values.add(words, "text")}::tsquery)`;
  const { rows } = await database.query<FoundRow>({
    text: `
      select * from (
        select ${COLUMNS}, e.search from events e
        where ${conditions.join(" and ")}
        order by e.received_at desc, e.event_id desc
        limit ${RANKED_EVENTS_MAX}
      ) newest
      order by ${rank} desc, received_at desc, event_id desc
      limit ${values.add(search.limit, "integer")}`,
    values: values.values,
  });
  return rows.map(foundOf);
}

function conditionsOf(search: EventSearch, values: SqlValues): string[] {
  return [...rangeOf(search, values), conditionOf(search.query, (term) => eventCondition(term, search, values))];
}

function rangeOf({ projectId, issueId, fromMs, toMs }: EventSearch, values: SqlValues): string[] {
  const conditions = [`e.project_id = ${values.add(projectId, "uuid")}`];
  if (issueId !== undefined) conditions.push(`e.issue_id = ${values.add(issueId, "uuid")}`);
  if (fromMs !== undefined) conditions.push(`e.received_at >= ${values.add(new Date(fromMs), "timestamptz")}`);
  if (toMs !== undefined) conditions.push(`e.received_at < ${values.add(new Date(toMs), "timestamptz")}`);
  return conditions;
}

/** What is looked for in texts. Words that must not be there do no harm: no match has them. */
function wordsOf(query: SearchQuery): string[] {
  const texts = [...termsOf(query)].flatMap((term): readonly Pattern[] => {
    if (term.kind === "words") return [term.text];
    return term.kind === "match" && "field" in term.key && term.key.field === "message" ? term.patterns : [];
  });
  return texts.flatMap(searchedWords).map(({ word }) => word);
}
