/** Searches of events, always of one project. */
import { isExact, type Pattern, type SearchQuery, type SearchTerm, searchedWords, termsOf } from "@mesher/protocol";
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
  let rareBy: Way | undefined;
  const rows = await readNewestFirst({ ...search, ...range }, async (part, limit) => {
    const within = { ...search, ...part, limit };
    if (!hasTagOrWord(search.query)) return read<FoundRow>(database, within, inOrder);
    if (rareBy === undefined) {
      const frequent = await read<FoundRow>(database, within, ofNewest);
      if (frequent.length === limit) return frequent;
      rareBy = await chooseIndex(database, within);
    }
    return read<FoundRow>(database, within, rareBy);
  });
  return rows.map(foundOf);
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
  const within = { ...search, ...range, limit: RANKED_EVENTS_MAX };
  const way = (await isFrequent(database, within)) ? inOrder : await chooseIndex(database, within);
  const words = rankQueryOf(wordsOf(search.query));
  const rows = await read<FoundRow>(database, within, (pieces, values) => {
    const newest = way({ ...pieces, columns: `${COLUMNS}, e.search` });
    const rank = words === "" ? "0::real" : `ts_rank(e.search, ${values.add(words, "text")}::tsquery)`;
    return `
      select ${COLUMNS} from (${newest}) e
      order by ${rank} desc, received_at desc, event_id desc limit ${values.add(search.limit, "integer")}`;
  });
  return rows.map(foundOf);
}

/** Pieces of a statement that reads events `e`. Each call adds its values to the statement. */
interface Pieces {
  readonly columns: string;
  /** Which events are looked at. */
  readonly range: string;
  /** Which of them match. */
  readonly match: () => string;
  readonly matchOf: (term: SearchTerm) => string;
  readonly limit: () => string;
}

/** A statement that reads the newest that match. */
type Way = (pieces: Pieces) => string;

/**
 * Nobody knows how many events have a tag or a word: statistics that tell cost a second each time that the day has grown by a
 * fifth. What many have is found among so many of the newest; what is not is rare, and is read by the index of it.
 * Among so many both ways read as much where a page's matches are one in a hundred of 300,000.
 */
const FREQUENT_AMONG = 2_500;
const FREQUENT_ROWS = FREQUENT_AMONG / 100;

/** A term that no more of them have is so rare that its index alone is read: that of a common one takes longer than the events. */
const RARE_ROWS_MAX = FREQUENT_AMONG / 500;

const NEWEST = "order by received_at desc, event_id desc limit";

const inOrder: Way = ({ columns, range, match, limit }) =>
  `select ${columns} from events e where ${range} and ${match()} ${NEWEST} ${limit()}`;

const amongNewest = (range: string) => `(select * from events e where ${range} ${NEWEST} ${FREQUENT_AMONG}) e`;

const ofNewest: Way = ({ columns, range, match, limit }) =>
  `select ${columns} from ${amongNewest(range)} where ${match()} ${NEWEST} ${limit()}`;

/** All that match, in any order: a plan that knew the limit would look for a few rare ones among all. */
const byIndexes: Way = ({ columns, range, match, limit }) => `
  with e as materialized (select ${columns} from events e where ${range} and ${match()})
  select ${columns} from e ${NEWEST} ${limit()}`;

/** All that the term matches, and of them those that match wholly. */
const byIndexOf =
  (rare: SearchTerm): Way =>
  ({ columns, range, match, matchOf, limit }) =>
    `
  with e as materialized (select * from events e where ${range} and ${matchOf(rare)})
  select ${columns} from e where ${match()} ${NEWEST} ${limit()}`;

async function isFrequent(database: Database, search: EventSearch): Promise<boolean> {
  if (!hasTagOrWord(search.query)) return true;
  const rows = await read<FoundRow>(database, { ...search, limit: FREQUENT_ROWS }, ofNewest);
  return rows.length === FREQUENT_ROWS;
}

/** For what is rare. */
async function chooseIndex(database: Database, search: PagedSearch): Promise<Way> {
  const indexed = demandedTerms(search.query).filter(hasIndex);
  if (indexed.length < 2) return byIndexes;
  const [counts = {}] = await read<Record<string, number>>(database, search, ({ range, matchOf }) => {
    const columns = indexed.map((term, at) => `count(*) filter (where ${matchOf(term)})::integer as "${at}"`);
    return `select ${columns.join(", ")} from ${amongNewest(range)}`;
  });
  const [rarest] = indexed
    .map((term, at) => ({ term, count: counts[at] ?? 0 }))
    .toSorted((one, other) => one.count - other.count);
  return rarest === undefined || rarest.count > RARE_ROWS_MAX ? byIndexes : byIndexOf(rarest.term);
}

async function read<Row>(
  database: Database,
  search: PagedSearch,
  statement: (pieces: Pieces, values: SqlValues) => string,
): Promise<Row[]> {
  const values = new SqlValues();
  const matchOf = (term: SearchTerm) => eventCondition(term, search, values);
  const pieces: Pieces = {
    columns: COLUMNS,
    range: rangeOf(search, values).join(" and "),
    match: () => conditionOf(search.query, matchOf),
    matchOf,
    limit: () => values.add(search.limit, "integer"),
  };
  const text = statement(pieces, values);
  const { rows } = await database.query<Row & object>({ text, values: values.values });
  return rows;
}

function rangeOf({ projectId, issueId, fromMs, toMs, after }: PagedSearch, values: SqlValues): string[] {
  const conditions = [`e.project_id = ${values.add(projectId, "uuid")}`];
  if (issueId !== undefined) conditions.push(`e.issue_id = ${values.add(issueId, "uuid")}`);
  if (fromMs !== undefined) conditions.push(`e.received_at >= ${values.add(new Date(fromMs), "timestamptz")}`);
  if (toMs !== undefined) conditions.push(`e.received_at < ${values.add(new Date(toMs), "timestamptz")}`);
  if (after !== undefined) {
    const { receivedAt, eventId } = after;
    conditions.push(
      `(e.received_at, e.event_id) < (${values.add(receivedAt, "timestamptz")}, ${values.add(eventId, "uuid")})`,
    );
  }
  return conditions;
}

/** Terms that every match fulfils. */
function demandedTerms(query: SearchQuery): SearchTerm[] {
  if (query.kind === "all") return query.of.flatMap(demandedTerms);
  return query.kind === "any" || query.kind === "not" ? [] : [query];
}

/** Whether all that a term finds is found by an index. */
function hasIndex(term: SearchTerm): boolean {
  if (!isTagOrWord(term)) return false;
  return term.kind !== "match" || "field" in term.key || term.patterns.every(isExact);
}

function hasTagOrWord(query: SearchQuery): boolean {
  return [...termsOf(query)].some(isTagOrWord);
}

/** Both have an index of their own. */
function isTagOrWord(term: SearchTerm): boolean {
  if (term.kind !== "match") return term.kind === "words";
  return "tag" in term.key || term.key.field === "message";
}

/** What is looked for in texts. Words that must not be there do no harm: no match has them. */
function wordsOf(query: SearchQuery): string[] {
  const texts = [...termsOf(query)].flatMap((term): readonly Pattern[] => {
    if (term.kind === "words") return [term.text];
    return term.kind === "match" && "field" in term.key && term.key.field === "message" ? term.patterns : [];
  });
  return texts.flatMap(searchedWords).map(({ word }) => word);
}
