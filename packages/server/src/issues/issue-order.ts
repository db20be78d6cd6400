/** The orders of issue lists. The greatest goes first, the id decides between equals, and both make the cursor. */
import { PRIORITY_RANK } from "./priority-sql.ts";

export const ISSUE_SORTS = ["last_seen", "first_seen", "events", "users", "priority"] as const;
export type IssueSort = (typeof ISSUE_SORTS)[number];

export interface IssueOrder {
  /** Of a row `i` of `issues` and `c` of `issue_counters`. */
  readonly expression: string;
  readonly type: "timestamptz" | "bigint";
}

/** Among issues of one priority the last seen goes first: milliseconds take 13 digits until the year 2286. */
const BY_PRIORITY = `(${PRIORITY_RANK})::bigint * 10000000000000 + (extract(epoch from c.last_seen) * 1000)::bigint`;

export const ISSUE_ORDERS: Readonly<Record<IssueSort, IssueOrder>> = {
  last_seen: { expression: "c.last_seen", type: "timestamptz" },
  first_seen: { expression: "c.first_seen", type: "timestamptz" },
  events: { expression: "c.event_count", type: "bigint" },
  users: { expression: "c.user_count::bigint", type: "bigint" },
  priority: { expression: BY_PRIORITY, type: "bigint" },
};
