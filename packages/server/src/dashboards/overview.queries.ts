/** What the overview of all projects reads of the events that were counted. */
import type { Database } from "../db/database.ts";
import type { Hours } from "./dashboards.queries.ts";

export interface ProjectActivity {
  /** Events of each hour, the oldest first. */
  readonly events: readonly number[];
  readonly lastEventAt: Date | null;
}

/** By id of the project. */
export async function listProjectActivity(
  database: Database,
  projectIds: readonly string[],
  { fromMs, toMs }: Hours,
): Promise<Map<string, ProjectActivity>> {
  const { rows } = await database.query<{ project_id: string; events: number[]; last_event_at: Date | null }>({
    name: "dashboards.project_activity",
    // The last hour with events is found by the key of the counts, and leads to one partition of the events.
    text: `
      select given.project_id, counted.events, coalesce(newest.received_at, last.hour) as last_event_at
      from unnest($1::uuid[]) as given (project_id)
      cross join lateral (
        select array_agg(coalesce(of_hour.count, 0)::float8 order by hours.hour) as events
        from generate_series($2::timestamptz, $3::timestamptz - interval '1 hour', interval '1 hour') as hours (hour)
        left join lateral (
          select sum(c.count) as count from event_counts c where c.project_id = given.project_id and c.hour = hours.hour
        ) of_hour on true
      ) counted
      left join lateral (
        select c.hour from event_counts c where c.project_id = given.project_id order by c.hour desc limit 1
      ) last on true
      left join lateral (
        select e.received_at from events e
        where e.project_id = given.project_id
          and e.received_at >= last.hour and e.received_at < last.hour + interval '1 hour'
        order by e.received_at desc limit 1
      ) newest on true`,
    values: [projectIds, new Date(fromMs), new Date(toMs)],
  });
  return new Map(rows.map((row) => [row.project_id, { events: row.events, lastEventAt: row.last_event_at }]));
}
