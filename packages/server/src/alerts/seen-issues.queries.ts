/** How often issues were seen lately, and by how many users: read from their newest events, a bounded number of each. */
import type { SearchQuery } from "@mesher/protocol";
import type { Queryable } from "../db/database.ts";
import { eventCondition } from "../search/event-condition.ts";
import { conditionOf, SqlValues } from "../search/sql.ts";
import { isCooledDown } from "./claims.queries.ts";
import { EVENTS_READ_MAX } from "./limits.ts";
import { SEARCHED_COLUMNS } from "./window-counts.queries.ts";

export interface SeenIssue {
  readonly projectId: string;
  readonly slug: string;
  readonly issueId: string;
  readonly query: SearchQuery;
  readonly fromMs: number;
  readonly of: "events" | "users";
  /** Counting may stop one beyond it. */
  readonly threshold: number;
}

/** Who an event happened to, as far as the SDK says; null: it does not. */
export const USER_OF_EVENT =
  "coalesce(e.tags ->> 'user.id', e.tags ->> 'user.email', e.tags ->> 'user.username', e.tags ->> 'user.ip')";

const ISSUES_PER_STATEMENT = 50;

/** In the order of the issues. */
export async function countSeen(database: Queryable, seen: readonly SeenIssue[], nowMs: number): Promise<number[]> {
  const counts: number[] = seen.map(() => 0);
  for (let start = 0; start < seen.length; start += ISSUES_PER_STATEMENT) {
    const chunk = seen.slice(start, start + ISSUES_PER_STATEMENT);
    const values = new SqlValues();
    const selects = chunk.map((issue, index) => selectSeen(issue, start + index, nowMs, values));
    const { rows } = await database.query<{ index: number; count: number }>({
      text: selects.join("\nunion all\n"),
      values: values.values,
    });
    for (const { index, count } of rows) counts[index] = count;
  }
  return counts;
}

function selectSeen(issue: SeenIssue, index: number, nowMs: number, values: SqlValues): string {
  const { projectId, slug, issueId, query, fromMs, of, threshold } = issue;
  const isPlain = query.kind === "all" && query.of.length === 0;
  // Of all its events the index alone tells, and only as many as the threshold needs.
  const read = isPlain && of === "events" ? threshold + 1 : EVENTS_READ_MAX;
  const columns = isPlain && of === "events" ? "e.received_at" : SEARCHED_COLUMNS;
  const condition = conditionOf(query, (term) => eventCondition(term, { projectId, slug, nowMs }, values));
  return `
    select ${values.add(index, "integer")} as index, ${of === "users" ? `count(distinct ${USER_OF_EVENT})` : "count(*)"} as count
    from (
      select ${columns} from events e
      where e.project_id = ${values.add(projectId, "uuid")} and e.issue_id = ${values.add(issueId, "uuid")}
        and e.received_at >= ${values.add(new Date(fromMs), "timestamptz")}
      order by e.received_at desc, e.event_id desc limit ${values.add(read, "integer")}
    ) e
    where ${condition}`;
}

/**
 * Those of the pairs of rule and issue that may fire at all: not in their cooldown, with enough events in all their life, and
 * unresolved: who archived an issue does not want to hear of it.
 */
export async function listWorthCounting(
  database: Queryable,
  pairs: readonly { readonly projectId: string; readonly ruleId: string; readonly issueId: string }[],
  nowMs: number,
): Promise<ReadonlySet<number>> {
  if (pairs.length === 0) return new Set();
  const { rows } = await database.query<{ index: number }>({
    name: "alert_rules.list_worth_counting",
    text: `
      select k.index
      from unnest($1::integer[], $2::uuid[], $3::uuid[], $4::uuid[]) as k (index, project_id, rule_id, issue_id)
      join alert_rules r on r.project_id = k.project_id and r.id = k.rule_id
      join issues i on i.project_id = k.project_id and i.id = k.issue_id and i.status = 'unresolved'
      join issue_counters c on c.project_id = k.project_id and c.issue_id = k.issue_id
      left join alert_issue_firings f
        on f.project_id = k.project_id and f.rule_id = k.rule_id and f.issue_id = k.issue_id and r.cooldown_scope = 'issue'
      where c.event_count > (r.condition ->> 'threshold')::bigint
        and (
          ${isCooledDown("(case when r.cooldown_scope = 'issue' then f.fired_at else r.last_fired_at end)", "$5")}
          or ((case when r.cooldown_scope = 'issue' then f.fired_in_silence else r.fired_in_silence end)
            and coalesce(r.silenced_until, '-infinity') <= clock_timestamp()))`,
    values: [
      pairs.map((_, index) => index),
      pairs.map(({ projectId }) => projectId),
      pairs.map(({ ruleId }) => ruleId),
      pairs.map(({ issueId }) => issueId),
      new Date(nowMs),
    ],
  });
  return new Set(rows.map(({ index }) => index));
}
