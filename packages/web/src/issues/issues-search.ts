import type { IssueStatus, Level } from "@mesher/protocol";
import type { SnippetName } from "./snippets.ts";

/** What the address says about a list of issues. Absent means the default. */
export interface IssuesSearch {
  readonly status?: IssueStatus | "all" | undefined;
  readonly level?: Level | undefined;
  /** Which snippet is shown while there is no issue. */
  readonly sdk?: SnippetName | undefined;
}
