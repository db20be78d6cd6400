/** What previews read of the last day. Each reads a bounded number of rows. */
import type { AlertCondition, SearchQuery } from "@mesher/protocol";
import type { Database } from "../db/database.ts";
import { eventCondition } from "../search/event-condition.ts";
import { conditionOf, SqlValues } from "../search/sql.ts";
import type { Breach, MinuteSeries, SeenEvent } from "./preview-times.ts";
import { USER_OF_EVENT } from "./seen-issues.queries.ts";
import { type KindCount, SEARCHED_COLUMNS } from "./window-counts.queries.ts";

/** Of a preview that no count answers: the newest ones. */
export const PREVIEW_EVENTS_MAX = 50_000;

/** Issues, regressions or escalations that one preview looks at: the newest ones. */
export const PREVIEW_ISSUES_MAX = 1_000;

export interface PreviewedProject {
  readonly projectId: string;
  readonly slug: string;
  readonly query: SearchQuery;
  readonly fromMs: number;
  readonly nowMs: number;
}

/** By the minute, level, environment and release. */
export async function listMinutes(
  database: Database,
  { projectId, fromMs }: PreviewedProject,
): Promise<(KindCount & { readonly minuteMs: number })[]> {
  const { rows } = await database.query<{
    minute: Date;
    level: string;
    environment: string;
    release: string;
    count: number;
  }>({
    name: "event_minutes.list",
    text: `
      select minute, level, environment, release, count from event_minutes
      where project_id = $1 and minute >= $2`,
    values: [projectId, new Date(fromMs)],
  });
  return rows.map(({ minute, level, environment, release, count }) => ({
    minuteMs: minute.getTime(),
    level,
    environment: environment || undefined,
    release: release || undefined,
    count,
  }));
}

/** From when on events can be read: as given, or later, where there are more of them than are read. */
export async function findReadableFrom(database: Database, { projectId, fromMs }: PreviewedProject): Promise<number> {
  const { rows } = await database.query<{ received_at: Date }>({
    name: "alerts.find_readable_from",
    text: `
      select received_at from events where project_id = $1 and received_at >= $2
      order by received_at desc, event_id desc offset ${PREVIEW_EVENTS_MAX} limit 1`,
    values: [projectId, new Date(fromMs)],
  });
  return rows[0]?.received_at.getTime() ?? fromMs;
}

export async function countMinutes(database: Database, project: PreviewedProject): Promise<MinuteSeries> {
  const values = new SqlValues();
  const { rows } = await database.query<{ minute: Date; count: number }>({
    text: `select date_trunc('minute', e.received_at, 'UTC') as minute, count(*) as count
      from (${selectEvents(project, values)}) e group by 1`,
    values: values.values,
  });
  return new Map(rows.map(({ minute, count }) => [minute.getTime(), count]));
}

export async function listSeenEvents(database: Database, project: PreviewedProject): Promise<SeenEvent[]> {
  const values = new SqlValues();
  const { rows } = await database.query<{ issue_id: string; received_at: Date; user: string | null }>({
    text: `select e.issue_id, e.received_at, ${USER_OF_EVENT} as user
      from (${selectEvents(project, values)}) e order by e.received_at, e.event_id`,
    values: values.values,
  });
  return rows.map((row) => ({ issueId: row.issue_id, receivedAtMs: row.received_at.getTime(), user: row.user }));
}

function selectEvents(project: PreviewedProject, values: SqlValues): string {
  return `
    select ${SEARCHED_COLUMNS} from events e
    where e.project_id = ${values.add(project.projectId, "uuid")}
      and e.received_at >= ${values.add(new Date(project.fromMs), "timestamptz")} and ${matches(project, values)}
    order by e.received_at desc, e.event_id desc limit ${PREVIEW_EVENTS_MAX}`;
}

const matches = (project: PreviewedProject, values: SqlValues) =>
  conditionOf(project.query, (term) => eventCondition(term, project, values));

/** An event that is asked for something that happened at a moment lies in the day before it. */
const EVENT_OF = `e.received_at > h.at - interval '1 day' and e.received_at <= h.at + interval '1 minute'`;

const HAPPENINGS = {
  new_issue: `
    select id as issue_id, created_at as at, null::uuid as event_id from issues
    where project_id = $1 and created_at >= $2 order by created_at desc limit $3`,
  regression: `
    select issue_id, at, (details ->> 'event_id')::uuid as event_id from issue_activity
    where project_id = $1 and kind = 'regressed' and at >= $2 order by id desc limit $3`,
  escalation: `
    select issue_id, at, null::uuid as event_id from issue_activity
    where project_id = $1 and kind = 'escalated' and at >= $2 order by id desc limit $3`,
};

/** Oldest first. An issue's first event is asked, the one that it came back with, or the one before it escalated. */
export async function listHappenings(
  database: Database,
  kind: Extract<AlertCondition["condition_type"], keyof typeof HAPPENINGS>,
  project: PreviewedProject,
): Promise<Breach[]> {
  const values = new SqlValues();
  const id = values.add(project.projectId, "uuid");
  values.add(new Date(project.fromMs), "timestamptz");
  values.add(PREVIEW_ISSUES_MAX, "integer");
  const { rows } = await database.query<{ issue_id: string; at: Date }>({
    text: `
      select h.issue_id, h.at from (${HAPPENINGS[kind]}) h
      cross join lateral (
        select ${SEARCHED_COLUMNS} from events e
        where e.project_id = ${id} and e.issue_id = h.issue_id and (h.event_id is null or e.event_id = h.event_id)
          and ${EVENT_OF}
        order by e.received_at ${kind === "new_issue" ? "asc" : "desc"} limit 1
      ) e
      where ${matches(project, values)}
      order by h.at`,
    values: values.values,
  });
  return rows.map(({ issue_id, at }) => ({ atMs: at.getTime(), value: null, issueId: issue_id }));
}
