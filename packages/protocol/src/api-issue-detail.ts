/** What the API tells of one issue beside what the list shows. */
import type { ApiActivity } from "./api-issue-actions.ts";

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
  readonly status_changed_at: string | null;
  /** Of the first and the last event that named one. */
  readonly first_release: string | null;
  readonly last_release: string | null;
  /** The newest, newest first; `GET /issues/:id/activity` has all. */
  readonly activity: readonly ApiActivity[];
  readonly fingerprints: readonly ApiIssueFingerprint[];
  readonly similar_issues: readonly ApiSimilarIssue[];
}
