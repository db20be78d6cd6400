import type { IssueStatus, Level } from "@mesher/protocol";
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

/** What the address says about a list of issues. Absent means the default. */
export interface IssuesSearch {
  readonly status?: IssueStatus | "all" | undefined;
  readonly level?: Level | undefined;
  /** `level:error !browser:Chrome "free text"` */
  readonly query?: string | undefined;
  readonly sort?: IssueSort | undefined;
  /** Which snippet is shown while there is no issue. */
  readonly sdk?: PlatformId | undefined;
}

/** A search that names a state of its own is not narrowed by the usual one. */
export function statusOf({ status, query = "" }: IssuesSearch): IssueStatus | "all" {
  return status ?? (/(^|[\s(!-])is:/i.test(query) ? "all" : "unresolved");
}
