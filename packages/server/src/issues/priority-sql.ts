/**
 * The priority of a row `c` of `issue_counters`, as `priorityOf` tells it. The row keeps `coarse_priority`, which is the rank and,
 * within it, when the issue was last seen: so that lists in this order read their first page from an index.
 */
import type { Priority } from "@mesher/protocol";

/** Priority 3 is high, 2 medium, 1 low. */
const RANKS: Readonly<Record<Priority, number>> = { high: 3, medium: 2, low: 1 };

/** What `coarse_priority` has of a rank; the rest of it counts spans of ten minutes, as 0024 has it. */
const RANK_STEP = 100_000_000;

const PRIORITY_RANK = `(c.coarse_priority / ${RANK_STEP})`;

/** In milliseconds, of which there are 13 digits until the year 2286, among issues of one priority the last seen goes first. */
export const PRIORITY_AND_TIME = `${PRIORITY_RANK}::bigint * 10000000000000 + (extract(epoch from c.last_seen) * 1000)::bigint`;

/** The `coarse_priority` of what `PRIORITY_AND_TIME` tells. A `bigint`: a cursor may hold any. */
export const coarsePriority = (value: string) =>
  `(${value} / 10000000000000 * ${RANK_STEP} + ${value} % 10000000000000 / 600000)`;

/** Whether an issue's priority is one of these. Ranges of `coarse_priority`, of which the planner knows how many issues have them. */
export function isOfPriority(priorities: readonly Priority[]): string {
  const ranges = priorities.map((priority) => {
    const least = RANKS[priority] * RANK_STEP;
    return `(c.coarse_priority >= ${least} and c.coarse_priority < ${least + RANK_STEP})`;
  });
  return ranges.length === 0 ? "false" : `(${ranges.join(" or ")})`;
}

/** What `issue_counters.urgency` is of an issue: the rank that somebody gave it, and 10, or that of its level. */
export const urgencySql = (prioritySet: string, level: string) => `case ${prioritySet}
  when 'high' then 13 when 'medium' then 12 when 'low' then 11
  else case ${level} when 'fatal' then 3 when 'error' then 2 else 1 end end`;
