import type { IssueStats, IssueStatus, Level } from "@mesher/protocol";
import type { PlatformId } from "../onboarding/snippets.ts";

/** As the API names them, with the words of the menu. */
export const ISSUE_SORTS = {
  last_seen: "Last seen",
  first_seen: "Newest",
  events: "Most events",
  users: "Most users",
  priority: "Priority",
} as const;
export type IssueSort = keyof typeof ISSUE_SORTS;

/** Only what happened since then. As the API names them. */
export const PERIODS = {
  "1h": "Last hour",
  "24h": "Last 24 hours",
  "7d": "Last 7 days",
  "14d": "Last 14 days",
  "30d": "Last 30 days",
  "90d": "Last 90 days",
} as const;
export type Period = keyof typeof PERIODS;

/** What the address says about a list of issues. Absent means the default. */
export interface IssuesSearch {
  readonly status?: IssueStatus | "all" | undefined;
  readonly level?: Level | undefined;
  /** `level:error !browser:Chrome "free text"` */
  readonly query?: string | undefined;
  readonly sort?: IssueSort | undefined;
  readonly period?: Period | undefined;
  /** What the small charts show; absent: the last 24 hours. */
  readonly stats?: IssueStats | undefined;
  /** Which snippet is shown while there is no issue. */
  readonly sdk?: PlatformId | undefined;
}

const QUOTED = /"(?:[^"\\]|\\.)*"/gs;

const namesState = (query: string) => /(^|[\s(!])is:/i.test(query.replace(QUOTED, '""'));

/** A search that names a state of its own is not narrowed by the usual one. */
export function statusOf({ status, query = "" }: IssuesSearch): IssueStatus | "all" {
  return status ?? (namesState(query) ? "all" : "unresolved");
}

/** Which issues a list is of, in which order, and what is told of them. */
export interface IssueFilter {
  readonly status: IssueStatus | "all";
  readonly level: Level | undefined;
  readonly query: string | undefined;
  readonly sort: IssueSort | undefined;
  readonly period: Period | undefined;
  readonly stats: IssueStats;
}

export function filterOf(search: IssuesSearch): IssueFilter {
  const { level, query, sort, period, stats = "24h" } = search;
  return { status: statusOf(search), level, query, sort, period, stats };
}

/** The same list as one search, with what the chips and the range of time filter, so that it can be kept. */
export function wholeQueryOf(search: IssuesSearch): string {
  const { level, period, query = "" } = search;
  const status = statusOf(search);
  const state = status !== "all" ? `is:${status}` : namesState(query) ? "" : ANY_STATE;
  return [
    state,
    level === undefined ? "" : `level:${level}`,
    period === undefined ? "" : `lastSeen:-${period}`,
    /\bOR\b/.test(query) ? `(${query})` : query,
  ]
    .filter((part) => part !== "")
    .join(" ");
}

/** Names every state, since a search that names none means the unresolved ones. */
const ANY_STATE = "is:[unresolved,resolved,archived,discarded]";
