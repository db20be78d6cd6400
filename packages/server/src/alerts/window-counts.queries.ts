/** Reads how many events projects had since given moments: from the counts by the minute, and from events where those cannot tell. */
import type { SearchQuery } from "@mesher/protocol";
import type { Queryable } from "../db/database.ts";
import { eventCondition } from "../search/event-condition.ts";
import { conditionOf, SqlValues } from "../search/sql.ts";
import { MINUTE_MS, minuteOf } from "./event-minutes.queries.ts";
import { EVENTS_READ_MAX } from "./limits.ts";

/** A moment of a project. */
export interface Point {
  readonly projectId: string;
  readonly atMs: number;
}

/** Events of one level, environment and release. */
export interface KindCount {
  readonly level: string;
  readonly environment: string | undefined;
  readonly release: string | undefined;
  readonly count: number;
}

export interface CountsSince {
  /** Received after the minute that the point is in. */
  readonly after: readonly KindCount[];
  /** Received in that minute, before or after the point. */
  readonly within: readonly KindCount[];
}

interface CountRow {
  index: number;
  level: string;
  environment: string;
  release: string;
  after: number | null;
  within: number | null;
}

/** For all points, in their order, by one statement. */
export async function countSince(database: Queryable, points: readonly Point[]): Promise<CountsSince[]> {
  if (points.length === 0) return [];
  const { rows } = await database.query<CountRow>({
    name: "event_minutes.count_since",
    text: `
      select p.index, c.level, c.environment, c.release,
        sum(c.count) filter (where c.minute > p.minute) as after, sum(c.count) filter (where c.minute = p.minute) as within
      from unnest($1::integer[], $2::uuid[], $3::timestamptz[]) as p (index, project_id, minute)
      join event_minutes c on c.project_id = p.project_id and c.minute >= p.minute
      group by 1, 2, 3, 4`,
    values: [
      points.map((_, index) => index),
      points.map(({ projectId }) => projectId),
      points.map(({ atMs }) => new Date(minuteOf(atMs))),
    ],
  });
  const counts = points.map(() => ({ after: [] as KindCount[], within: [] as KindCount[] }));
  for (const { index, level, environment, release, after, within } of rows) {
    const kind = { level, environment: environment || undefined, release: release || undefined };
    if (after !== null) counts[index]?.after.push({ ...kind, count: after });
    if (within !== null) counts[index]?.within.push({ ...kind, count: within });
  }
  return counts;
}

/** Events of one minute that are read at most. Whoever has more of them is beyond any threshold near it. */
const MINUTE_EVENTS_MAX = 100_000;

/** For all points, in their order: the events from the point to the end of its minute, by one statement. */
export async function countRestOfMinute(database: Queryable, points: readonly Point[]): Promise<KindCount[][]> {
  if (points.length === 0) return [];
  const { rows } = await database.query<{
    index: number;
    level: string;
    environment: string | null;
    release: string | null;
    count: number;
  }>({
    name: "event_minutes.count_rest_of_minute",
    text: `
      select p.index, e.level, e.environment, e.release, count(*) as count
      from unnest($1::integer[], $2::uuid[], $3::timestamptz[], $4::timestamptz[]) as p (index, project_id, since, until)
      cross join lateral (
        select e.level, e.environment, e.release from events e
        where e.project_id = p.project_id and e.received_at >= p.since and e.received_at < p.until
        limit ${MINUTE_EVENTS_MAX}
      ) e
      group by 1, 2, 3, 4`,
    values: [
      points.map((_, index) => index),
      points.map(({ projectId }) => projectId),
      points.map(({ atMs }) => new Date(atMs)),
      points.map(({ atMs }) => new Date(minuteOf(atMs) + MINUTE_MS)),
    ],
  });
  const counts: KindCount[][] = points.map(() => []);
  for (const { index, level, environment, release, count } of rows)
    counts[index]?.push({ level, environment: environment ?? undefined, release: release ?? undefined, count });
  return counts;
}

/** A span of a project's events, those of a search. */
export interface SearchedSpan {
  readonly projectId: string;
  readonly slug: string;
  readonly query: SearchQuery;
  readonly fromMs: number;
  /** Exclusive; absent: up to now. */
  readonly toMs?: number;
}

/** Spans of one statement. */
const SPANS_PER_STATEMENT = 25;

/** For all spans, in their order: how many of the newest `EVENTS_READ_MAX` events of the span match. */
export async function countMatching(
  database: Queryable,
  spans: readonly SearchedSpan[],
  nowMs: number,
): Promise<number[]> {
  const counts: number[] = spans.map(() => 0);
  for (let start = 0; start < spans.length; start += SPANS_PER_STATEMENT) {
    const chunk = spans.slice(start, start + SPANS_PER_STATEMENT);
    const values = new SqlValues();
    const selects = chunk.map((span, index) => selectMatching(span, start + index, nowMs, values));
    const { rows } = await database.query<{ index: number; count: number }>({
      text: selects.join("\nunion all\n"),
      values: values.values,
    });
    for (const { index, count } of rows) counts[index] = count;
  }
  return counts;
}

function selectMatching(span: SearchedSpan, index: number, nowMs: number, values: SqlValues): string {
  const { projectId, slug, query, fromMs, toMs } = span;
  const until = toMs === undefined ? "" : `and e.received_at < ${values.add(new Date(toMs), "timestamptz")}`;
  const condition = conditionOf(query, (term) => eventCondition(term, { projectId, slug, nowMs }, values));
  return `
    select ${values.add(index, "integer")} as index, count(*) as count
    from (
      select ${SEARCHED_COLUMNS} from events e
      where e.project_id = ${values.add(projectId, "uuid")}
        and e.received_at >= ${values.add(new Date(fromMs), "timestamptz")} ${until}
      order by e.received_at desc, e.event_id desc limit ${EVENTS_READ_MAX}
    ) e
    where ${condition}`;
}

/** What `eventCondition` asks for. */
export const SEARCHED_COLUMNS =
  "e.project_id, e.event_id, e.issue_id, e.received_at, e.level, e.title, e.environment, e.release, e.tags, e.search";
