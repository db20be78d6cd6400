/** Finds archived issues that get many more events than they used to. */
import type { Transaction } from "../db/transaction.ts";
import type { IssueKey } from "./issues.queries.ts";

export interface SpikeRule {
  /** More than so many events within the hour judged. */
  readonly eventsMin: number;
  /** And more than so many times the hourly average. */
  readonly factor: number;
  /** Of the window of the average: a whole hour. */
  readonly since: Date;
  /** Of the hour judged: an hour before `until`. */
  readonly from: Date;
  readonly until: Date;
  readonly limit: number;
}

export interface Spike extends IssueKey {
  readonly events: number;
  readonly hourlyAverage: number;
}

/**
 * Locks issues archived until they escalate of which one does; those that somebody else is at are left out.
 *
 * Judged are the events of the last hour, but none from before the issue was archived or another one went into it: whoever did
 * that has seen those. The average is that of the days before, up to the moment from which events are judged, by the hours the
 * issue has existed in them; an issue younger than an hour counts as one hour old. The roll-ups say which issues may have a spike at all,
 * so that events are counted of few.
 */
export async function lockSpikes(tx: Transaction, rule: SpikeRule): Promise<Spike[]> {
  const { rows } = await tx.query<{ project_id: string; id: string; events: number; hourly_average: number }>({
    name: "issues.lock_spikes",
    text: `
      with archived as (
        select i.project_id, i.id, judged.since,
          greatest(1, extract(epoch from judged.since - greatest(c.first_seen, $3)) / 3600) as hours
        from issues i
        join issue_counters c on c.project_id = i.project_id and c.issue_id = i.id
        cross join lateral (
          select greatest(i.status_changed_at, $4, max(a.at)) as since from issue_activity a
          where a.project_id = i.project_id and a.issue_id = i.id and a.kind = 'merged'
        ) judged
        where i.status = 'archived' and coalesce(i.archive_mode, 'until_escalating') = 'until_escalating'
          -- The first rules most out, before anybody looks for their merges.
          and c.last_seen > $4 and c.last_seen > judged.since
      ), suspects as (
        select a.*, r.recent + w.earlier as total
        from archived a
        cross join lateral (
          select coalesce(sum(n.count), 0) as recent from issue_counts n
          where n.project_id = a.project_id and n.issue_id = a.id and n.hour >= date_trunc('hour', a.since, 'UTC')
        ) r
        cross join lateral (
          select coalesce(sum(n.count), 0) as earlier from issue_counts n
          where n.project_id = a.project_id and n.issue_id = a.id and n.hour >= $3
            and n.hour < date_trunc('hour', a.since, 'UTC')
            -- Most have few events, and need no look at the week.
            and r.recent > $1
        ) w
        where r.recent > greatest($1, $2 * w.earlier / a.hours)
      ), judged as (
        select s.project_id, s.id, e.events, (s.total - e.events) / s.hours as hourly_average
        from suspects s
        cross join lateral (
          select count(*) as events from events e
          where e.project_id = s.project_id and e.issue_id = s.id and e.received_at > s.since and e.received_at <= $5
        ) e
      )
      select i.project_id, i.id, j.events, j.hourly_average
      from judged j join issues i on i.project_id = j.project_id and i.id = j.id
      where j.events > greatest($1, $2 * j.hourly_average) and i.status = 'archived'
      order by i.project_id, i.id
      limit $6
      for update of i skip locked`,
    values: [rule.eventsMin, rule.factor, rule.since, rule.from, rule.until, rule.limit],
  });
  return rows.map((row) => ({
    projectId: row.project_id,
    issueId: row.id,
    events: row.events,
    hourlyAverage: row.hourly_average,
  }));
}
