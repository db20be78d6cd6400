/** Shapes of a list of issues. */
import type { ApiIssue } from "./api.ts";

/** How far back the events of a list's issues are counted: by hours, or by days. */
export const ISSUE_STATS = ["24h", "14d"] as const;
export type IssueStats = (typeof ISSUE_STATS)[number];

/** An issue of `GET /projects/:p/issues`. */
export interface ApiListedIssue extends ApiIssue {
  /** Events per hour (`stats=24h`) or day (`stats=14d`), the oldest first, zero-filled. Only when asked for. */
  readonly stats?: readonly number[];
}
