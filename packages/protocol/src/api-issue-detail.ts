/** What the API tells of one issue beside what the list shows. */
import type { ApiActivity } from "./api-issue-actions.ts";

/** The terms of a status: of a resolved issue since when an event is a regression, of an archived one what ends it. */
export type ApiStatusDetails =
  | { readonly mode: "now" }
  | { readonly mode: "in_release"; readonly release: string }
  /** `after`: the newest release when it was resolved; null when there was none. */
  | { readonly mode: "in_next_release"; readonly after: string | null }
  | { readonly mode: "until_escalating" | "for_ever" }
  | { readonly mode: "until_time"; readonly until: string }
  /** `event_count`: of the issue, that ends it. */
  | { readonly mode: "until_count"; readonly event_count: number };

export interface ApiIssueFingerprint {
  /** 32 hex digits. */
  readonly fingerprint: string;
  /** What the issue was that it came with by a merge; null: it is the issue's own. */
  readonly merged_from: { readonly id: string; readonly short_id: string; readonly title: string } | null;
  /** Its share of the issue's events; null while the issue has no other fingerprint. */
  readonly event_count: number | null;
}

export interface ApiSimilarIssue {
  readonly id: string;
  readonly short_id: string;
  readonly title: string;
  /** From 0 to 1. */
  readonly likeness: number;
}

export interface ApiIssueLife {
  readonly status_details: ApiStatusDetails | null;
  readonly status_changed_at: string | null;
  /** Whether the priority was set by hand. */
  readonly is_priority_set: boolean;
  /** Of the first and the last event that named one. */
  readonly first_release: string | null;
  readonly last_release: string | null;
  /** The newest, newest first; `GET /issues/:id/activity` has all. */
  readonly activity: readonly ApiActivity[];
  readonly fingerprints: readonly ApiIssueFingerprint[];
  readonly similar_issues: readonly ApiSimilarIssue[];
}
