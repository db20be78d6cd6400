/** The orders of issue lists. The greatest goes first, the id decides between equals, and both make the cursor. */
import { coarsePriority, PRIORITY_AND_TIME } from "./priority-sql.ts";

export const ISSUE_SORTS = ["last_seen", "first_seen", "events", "users", "priority"] as const;
export type IssueSort = (typeof ISSUE_SORTS)[number];

export interface IssueOrder {
  /** Of a row `c` of `issue_counters`. */
  readonly expression: string;
  readonly type: "timestamptz" | "bigint";
  /** A copy of the expression that has an index, and rises with it in steps; the same of any such value, as SQL. */
  readonly coarse?: { readonly column: string; readonly of: (value: string) => string };
}

/** As the migration has it; so is the next one. */
const coarseTime = (value: string) => `date_bin('10 minutes', ${value}, '2000-01-01 00:00:00+00')`;
const coarseCount = (value: string) => `floor(4 * ln(greatest(${value}, 1)::float8))::smallint`;

export const ISSUE_ORDERS: Readonly<Record<IssueSort, IssueOrder>> = {
  last_seen: {
    expression: "c.last_seen",
    type: "timestamptz",
    coarse: { column: "c.coarse_last_seen", of: coarseTime },
  },
  first_seen: { expression: "c.first_seen", type: "timestamptz" },
  events: {
    expression: "c.event_count",
    type: "bigint",
    coarse: { column: "c.coarse_event_count", of: coarseCount },
  },
  users: {
    expression: "c.user_count::bigint",
    type: "bigint",
    coarse: { column: "c.coarse_user_count", of: coarseCount },
  },
  priority: {
    expression: PRIORITY_AND_TIME,
    type: "bigint",
    coarse: { column: "c.coarse_priority", of: coarsePriority },
  },
};

/** As `order by` wants it. */
export function orderOf({ expression, coarse }: IssueOrder): string {
  const keys = [...(coarse === undefined ? [] : [coarse.column]), expression, "c.issue_id"];
  return keys.map((key) => `${key} desc`).join(", ");
}

/** What comes behind the issue of a key and an id. */
export function isBehind({ expression, coarse }: IssueOrder, key: string, id: string): string {
  const isBehindExactly = `(${expression}, c.issue_id) < (${key}, ${id})`;
  return coarse === undefined ? isBehindExactly : `${coarse.column} <= ${coarse.of(key)} and ${isBehindExactly}`;
}

/** What comes first, down to a key. */
export function isAtLeast({ expression, coarse }: IssueOrder, key: string): string {
  const isExactly = `${expression} >= ${key}`;
  return coarse === undefined ? isExactly : `${coarse.column} >= ${coarse.of(key)} and ${isExactly}`;
}
