import type { IssueStatus, Level } from "@mesher/protocol";
import type { Queryable } from "../db/database.ts";
import { ISSUE_ORDERS, isAtLeast, orderOf } from "./issue-order.ts";

export interface TopIssue {
  readonly id: string;
  readonly number: number;
  readonly title: string;
  readonly level: Level;
  readonly status: IssueStatus;
  readonly events: number;
  readonly users: number;
  readonly lastSeen: Date;
}

interface TopRow {
  id: string;
  number: number;
  title: string;
  level: Level;
  status: IssueStatus;
  events: number;
  users: number;
  last_seen: Date;
}

const topOf = ({ last_seen, ...row }: TopRow): TopIssue => ({ ...row, lastSeen: last_seen });

/** As the lists of issues: by the coarse count there is an index. */
const MOST_EVENTS = orderOf(ISSUE_ORDERS.events);

/** The unresolved issues with the most events in all their life. */
export async function listTopIssues(database: Queryable, projectId: string, limit: number): Promise<TopIssue[]> {
  const { rows } = await database.query<TopRow>({
    name: "issues.top",
    text: `
      select i.id, i.number, i.title, i.level, i.status, c.event_count as events, c.user_count as users, c.last_seen
      from issues i
      join issue_counters c on c.project_id = i.project_id and c.issue_id = i.id
      where c.project_id = $1 and i.status = 'unresolved'
      order by ${MOST_EVENTS} limit $2`,
    values: [projectId, limit],
  });
  return rows.map(topOf);
}

interface Hours {
  readonly fromMs: number;
  readonly toMs: number;
}

/** For every issue that is listed, so many are summed before all others. */
const CANDIDATES_PER_LISTED = 4;

/**
 * Those with the most events in some hours, the last one excluded. An issue has no more events in them than in all its
 * life, so mostly the sums of the greatest issues tell that no other one can be among the first.
 */
export async function listTopIssuesOfHours(
  database: Queryable,
  projectId: string,
  limit: number,
  hours: Hours,
): Promise<TopIssue[]> {
  const candidatesMax = limit * CANDIDATES_PER_LISTED;
  const candidates = await sumCandidates(database, projectId, candidatesMax, hours);
  const top = candidates
    .map(({ issue }) => issue)
    .filter(({ events }) => events > 0)
    .sort((one, other) => other.events - one.events || (one.id < other.id ? -1 : 1))
    .slice(0, limit);
  // What is no candidate has less events in all its life than the last of them.
  const others = candidates.length < candidatesMax ? 0 : (candidates.at(-1)?.allEvents ?? 0);
  const least = top.length < limit ? 0 : (top.at(-1)?.events ?? 0);
  if (others === 0 || least > others) return top;
  return sumAtLeast(database, projectId, { limit, eventsMin: least, hours });
}

async function sumCandidates(
  database: Queryable,
  projectId: string,
  candidatesMax: number,
  { fromMs, toMs }: Hours,
): Promise<{ issue: TopIssue; allEvents: number }[]> {
  const { rows } = await database.query<TopRow & { all_events: number }>({
    name: "issues.top_candidates",
    text: `
      select k.*, coalesce(h.events, 0)::bigint as events
      from (
        select i.id, i.number, i.title, i.level, i.status, c.event_count as all_events, c.user_count as users, c.last_seen
        from issues i
        join issue_counters c on c.project_id = i.project_id and c.issue_id = i.id
        where c.project_id = $1 and i.status = 'unresolved' and c.last_seen >= $2 and c.first_seen < $3
        order by ${MOST_EVENTS} limit $4
      ) k
      cross join lateral (
        select sum(count) as events from issue_counts
        where project_id = $1 and issue_id = k.id and hour >= $2 and hour < $3
      ) h
      order by k.all_events desc, k.id desc`,
    values: [projectId, new Date(fromMs), new Date(toMs), candidatesMax],
  });
  return rows.map(({ all_events, ...row }) => ({ issue: topOf(row), allEvents: all_events }));
}

/** Of issues that have so many events in all their life: those that have less cannot be among the first. */
async function sumAtLeast(
  database: Queryable,
  projectId: string,
  { limit, eventsMin, hours }: { readonly limit: number; readonly eventsMin: number; readonly hours: Hours },
): Promise<TopIssue[]> {
  const { rows } = await database.query<TopRow>({
    name: "issues.top_of_hours",
    text: `
      select i.id, i.number, i.title, i.level, i.status, h.events, c.user_count as users, c.last_seen
      from issue_counters c
      join issues i on i.project_id = c.project_id and i.id = c.issue_id
      cross join lateral (
        select sum(count)::bigint as events from issue_counts
        where project_id = $1 and issue_id = c.issue_id and hour >= $3 and hour < $4
      ) h
      where c.project_id = $1 and i.status = 'unresolved' and c.last_seen >= $3 and c.first_seen < $4
        and ${isAtLeast(ISSUE_ORDERS.events, "$5::bigint")} and h.events > 0
      order by h.events desc, i.id limit $2`,
    values: [projectId, limit, new Date(hours.fromMs), new Date(hours.toMs), eventsMin],
  });
  return rows.map(topOf);
}

/** Issues that appeared since the last midnight in a zone. */
export async function countNewIssues(database: Queryable, projectId: string, now: Date, zone: string): Promise<number> {
  const { rows } = await database.query<{ count: number }>({
    name: "issues.count_new",
    text: `
      select count(*) from issue_counters
      where project_id = $1 and first_seen >= date_trunc('day', $2::timestamptz at time zone $3) at time zone $3`,
    values: [projectId, now, zone],
  });
  return rows[0]?.count ?? 0;
}
