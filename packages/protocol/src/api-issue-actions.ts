/** What can be done with an issue, and what the API answers. */
import type { ApiPage } from "./api-page.ts";

/** What happened to an issue: the kinds of its activity, and of the changes that streams tell. */
export const ISSUE_ACTIONS = [
  /** Its first event came. */
  "new",
  "resolved",
  "unresolved",
  "archived",
  "discarded",
  "undiscarded",
  "deleted",
  /** An event came after it was resolved. */
  "regressed",
  /** It was archived, and has many more events than usual. */
  "escalated",
  /** The days or events it was archived for are over. */
  "archive_ended",
  /** To somebody, a team, or nobody. */
  "assigned",
  "priority_set",
  /** Other issues went into it. */
  "merged",
  /** Issues were taken out of it again. */
  "unmerged",
] as const;
export type IssueAction = (typeof ISSUE_ACTIONS)[number];

export const PRIORITIES = ["high", "medium", "low"] as const;
export type Priority = (typeof PRIORITIES)[number];

/** Body of `POST /issues/:id/resolve`; `{}` is `{"mode": "now"}`. */
export type ApiResolve =
  | { readonly mode?: "now" }
  /** Events of releases after this one are regressions. */
  | { readonly mode: "in_release"; readonly release: string }
  /** Events of releases after the newest of now are regressions. */
  | { readonly mode: "in_next_release" };

/** Body of `POST /issues/:id/archive`; `{}` is `{"mode": "until_escalating"}`. */
export type ApiArchive =
  /** Until it has many more events than usual. */
  | { readonly mode?: "until_escalating" }
  | { readonly mode: "for_days"; readonly days: number }
  /** Until it has happened so many times more. */
  | { readonly mode: "for_events"; readonly events: number }
  | { readonly mode: "for_ever" };

/** `affected`: issues that changed: 0 when it was so already. */
export interface ApiAffected {
  readonly status: "ok";
  readonly affected: number;
}

/** What can be done to many issues at once. */
export type ApiIssueCommand =
  | ({ readonly do: "resolve" } & ApiResolve)
  | ({ readonly do: "archive" } & ApiArchive)
  | { readonly do: "unresolve" | "discard" | "undiscard" | "delete" }
  /** `""` unassigns. */
  | { readonly do: "assign"; readonly user_id: string }
  /** By id or slug. */
  | { readonly do: "assign"; readonly team: string }
  /** `auto`: told from level and volume. */
  | { readonly do: "set_priority"; readonly priority: Priority | "auto" };

export type ApiIssueResult = "changed" | "unchanged" | "illegal" | "not_found";

export interface ApiBulkResult {
  readonly results: readonly { readonly id: string; readonly result: ApiIssueResult }[];
  readonly affected: number;
  /** By query: more issues match than one request changes; ask again with the cursor. */
  readonly has_more: boolean;
  readonly next_cursor?: string;
  readonly next_cursor_id?: string;
}

/** Body of `POST /issues/:id/merge`: the issues that go into this one. */
export interface ApiMerge {
  readonly ids: readonly string[];
}

/** Body of `POST /issues/:id/unmerge`: which of its fingerprints become issues again. */
export interface ApiUnmerge {
  readonly fingerprints: readonly string[];
}

export interface ApiMergeResult extends ApiAffected {
  /** The issues that went into it, or came out of it. */
  readonly ids: readonly string[];
}

export interface ApiActor {
  readonly kind: "user" | "token" | "system";
  readonly id: string | null;
  readonly name: string;
}

export interface ApiActivity {
  readonly id: string;
  readonly kind: IssueAction | "comment";
  readonly at: string;
  readonly actor: ApiActor;
  readonly details: Readonly<Record<string, unknown>>;
  readonly comment: string | null;
  readonly edited_at: string | null;
}

/** Newest first. `next_cursor_id` is the id to go on from. */
export type ApiActivityPage = ApiPage<ApiActivity>;
