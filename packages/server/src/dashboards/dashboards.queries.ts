/** What dashboards read: only what was counted while events were stored, so that no answer takes longer for more events. */
import type { Category, Level, Outcome } from "@mesher/protocol";
import type { Database } from "../db/database.ts";
import { type Buckets, bucketValues, IN_BUCKETS, LOCAL, WITH_BUCKETS } from "./buckets.ts";
import { OTHER_VALUES } from "./counted-tags.ts";
import { UserSketch } from "./user-sketch.ts";

/** Whole hours: the first begins at `fromMs`, the last ends at `toMs`. */
export interface Hours {
  readonly fromMs: number;
  readonly toMs: number;
}

const hoursOf = ({ fromMs, toMs }: Hours) => [new Date(fromMs), new Date(toMs)];

export interface VolumeBucket {
  readonly bucket: Date;
  readonly count: number;
  readonly levels: Readonly<Partial<Record<Level, number>>>;
}

export async function listVolume(database: Database, projectId: string, buckets: Buckets): Promise<VolumeBucket[]> {
  const { rows } = await database.query<VolumeBucket>({
    name: "dashboards.volume",
    text: `${WITH_BUCKETS}, counts as (
        select ${LOCAL} as local, level, sum(count)::bigint as count
        from event_counts where project_id = $4 and ${IN_BUCKETS} group by 1, 2
      )
      select bucket, coalesce(sum(count), 0)::bigint as count,
        coalesce(jsonb_object_agg(level, count) filter (where level is not null), '{}') as levels
      from buckets left join counts using (local)
      group by bucket order by bucket`,
    values: [...bucketValues(buckets), projectId],
  });
  return rows;
}

export async function listIssueBuckets(
  database: Database,
  issue: { readonly projectId: string; readonly issueId: string },
  buckets: Buckets,
): Promise<{ bucket: Date; count: number }[]> {
  const { rows } = await database.query<{ bucket: Date; count: number }>({
    name: "dashboards.issue_volume",
    text: `${WITH_BUCKETS}, counts as (
        select ${LOCAL} as local, sum(count)::bigint as count
        from issue_counts where project_id = $4 and issue_id = $5 and ${IN_BUCKETS} group by 1
      )
      select bucket, coalesce(count, 0) as count from buckets left join counts using (local) order by bucket`,
    values: [...bucketValues(buckets), issue.projectId, issue.issueId],
  });
  return rows;
}

/** Of each of these issues the events in each bucket, the oldest first; an issue without any has no entry. */
export async function countIssueBuckets(
  database: Database,
  projectId: string,
  issueIds: readonly string[],
  buckets: Buckets,
): Promise<Map<string, number[]>> {
  const { rows } = await database.query<{ issue_id: string; counts: number[] }>({
    name: "dashboards.issue_stats",
    text: `${WITH_BUCKETS}, counts as (
        select issue_id, ${LOCAL} as local, sum(count)::bigint as count
        from issue_counts where project_id = $4 and issue_id = any($5::uuid[]) and ${IN_BUCKETS} group by 1, 2
      ), seen as (select distinct issue_id from counts)
      select issue_id, array_agg(coalesce(count, 0)::float8 order by local) as counts
      from seen cross join buckets left join counts using (issue_id, local)
      group by issue_id`,
    values: [...bucketValues(buckets), projectId, issueIds],
  });
  return new Map(rows.map((row) => [row.issue_id, row.counts]));
}

export async function listLevels(
  database: Database,
  projectId: string,
  hours: Hours,
): Promise<{ level: Level; count: number }[]> {
  const { rows } = await database.query<{ level: Level; count: number }>({
    name: "dashboards.levels",
    text: `
      select level, sum(count)::bigint as count from event_counts
      where project_id = $1 and hour >= $2 and hour < $3
      group by level order by sum(count) desc, level`,
    values: [projectId, ...hoursOf(hours)],
  });
  return rows;
}

export async function countEvents(database: Database, projectId: string, hours: Hours): Promise<number> {
  const { rows } = await database.query<{ count: number }>({
    name: "dashboards.count_events",
    text: `
      select coalesce(sum(count), 0)::bigint as count from event_counts
      where project_id = $1 and hour >= $2 and hour < $3`,
    values: [projectId, ...hoursOf(hours)],
  });
  return rows[0]?.count ?? 0;
}

export interface ValueCount {
  readonly value: string;
  readonly count: number;
}

export interface TagBreakdown {
  /** The most frequent first. */
  readonly values: readonly ValueCount[];
  /** Events with values beyond those: of the list, and of what is counted one by one. */
  readonly others: number;
  /** All events that have the tag. */
  readonly total: number;
}

export async function breakDownTag(
  database: Database,
  projectId: string,
  tag: { readonly key: string; readonly limit: number },
  hours: Hours,
): Promise<TagBreakdown> {
  const { rows } = await database.query<ValueCount & { total: number }>({
    name: "dashboards.tag",
    text: `
      select value, sum(count)::bigint as count, (sum(sum(count)) over ())::bigint as total
      from tag_counts
      where project_id = $1 and key = $2 and hour >= $3 and hour < $4
      group by value order by value = $5, sum(count) desc, value limit $6`,
    values: [projectId, tag.key, ...hoursOf(hours), OTHER_VALUES, tag.limit],
  });
  const values = rows.filter(({ value }) => value !== OTHER_VALUES);
  const total = rows[0]?.total ?? 0;
  const listed = values.reduce((sum, { count }) => sum + count, 0);
  return { values: values.map(({ value, count }) => ({ value, count })), others: total - listed, total };
}

/** What an issue's events have in common: every counted tag with its most frequent values. */
export async function listIssueTags(
  database: Database,
  issue: { readonly projectId: string; readonly issueId: string },
  valuesMax: number,
): Promise<(TagBreakdown & { key: string })[]> {
  const { rows } = await database.query<ValueCount & { key: string; total: number }>({
    name: "dashboards.issue_tags",
    text: `
      select key, value, count, total from (
        select key, value, count, (sum(count) over (partition by key))::bigint as total,
          row_number() over (partition by key order by value = $3, count desc, value) as rank
        from issue_tags where project_id = $1 and issue_id = $2
      ) ranked
      where rank <= $4 order by key, rank`,
    values: [issue.projectId, issue.issueId, OTHER_VALUES, valuesMax],
  });
  const tags = new Map<string, { key: string; total: number; values: ValueCount[] }>();
  for (const { key, value, count, total } of rows) {
    const tag = tags.get(key) ?? { key, total, values: [] };
    tags.set(key, tag);
    if (value !== OTHER_VALUES) tag.values.push({ value, count });
  }
  return [...tags.values()].map((tag) => ({
    ...tag,
    others: tag.total - tag.values.reduce((sum, { count }) => sum + count, 0),
  }));
}

/** The users of the whole range, and of each bucket. */
export async function listUsers(
  database: Database,
  projectId: string,
  buckets: Buckets,
): Promise<{ count: number; buckets: { bucket: Date; count: number }[] }> {
  const { rows } = await database.query<{ bucket: Date; sketch: Uint8Array | null }>({
    name: "dashboards.users",
    text: `${WITH_BUCKETS}, sketches as (
        select ${LOCAL} as local, sketch from user_sketches
        where project_id = $4 and issue_id = '00000000-0000-0000-0000-000000000000' and ${IN_BUCKETS}
      )
      select bucket, sketch from buckets left join sketches using (local) order by bucket`,
    values: [...bucketValues(buckets), projectId],
  });
  const all = new UserSketch();
  const byBucket = new Map<number, UserSketch>();
  for (const { bucket, sketch } of rows) {
    const users = byBucket.get(bucket.getTime()) ?? new UserSketch();
    byBucket.set(bucket.getTime(), users);
    if (sketch === null) continue;
    const hour = UserSketch.of(sketch);
    users.merge(hour);
    all.merge(hour);
  }
  return {
    count: all.count,
    buckets: [...byBucket].map(([ms, users]) => ({ bucket: new Date(ms), count: users.count })),
  };
}

export interface ReleaseCount {
  readonly release: string;
  readonly count: number;
  readonly firstSeen: Date | null;
  readonly lastSeen: Date | null;
}

/** The releases with the most events. */
export async function listReleaseCounts(
  database: Database,
  projectId: string,
  hours: Hours,
  limit: number,
): Promise<ReleaseCount[]> {
  const { rows } = await database.query<{
    release: string;
    count: number;
    first_seen: Date | null;
    last_seen: Date | null;
  }>({
    name: "dashboards.releases",
    text: `
      select t.value as release, t.count, r.first_seen, r.last_seen
      from (
        select value, sum(count)::bigint as count from tag_counts
        where project_id = $1 and key = 'release' and hour >= $2 and hour < $3 and value <> $4
        group by value order by sum(count) desc, value limit $5
      ) t
      left join releases r on r.project_id = $1 and r.version = t.value
      order by t.count desc, t.value`,
    values: [projectId, ...hoursOf(hours), OTHER_VALUES, limit],
  });
  return rows.map((row) => ({
    release: row.release,
    count: row.count,
    firstSeen: row.first_seen,
    lastSeen: row.last_seen,
  }));
}

export interface OutcomeSum {
  readonly outcome: Outcome;
  readonly category: Category;
  readonly reason: string;
  readonly count: number;
}

export async function listOutcomeSums(database: Database, projectId: string, hours: Hours): Promise<OutcomeSum[]> {
  const { rows } = await database.query<OutcomeSum>({
    name: "dashboards.outcomes",
    text: `
      select outcome, category, reason, sum(count)::bigint as count from outcome_counts
      where project_id = $1 and hour >= $2 and hour < $3
      group by 1, 2, 3 order by sum(count) desc, 1, 2, 3`,
    values: [projectId, ...hoursOf(hours)],
  });
  return rows;
}
