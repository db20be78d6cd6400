/** Shapes that the HTTP API answers with (`/api/v1`). Times are ISO 8601 in UTC. */
import type { Priority } from "./api-issue-actions.ts";
import type { ApiIssueLife } from "./api-issue-detail.ts";
import type { ApiStatusDetails } from "./api-issue-status.ts";
import type { Cut, Event, Level } from "./event.ts";
import type { Grouping } from "./grouping.ts";

export const ISSUE_STATUSES = ["unresolved", "resolved", "archived", "discarded"] as const;
export type IssueStatus = (typeof ISSUE_STATUSES)[number];

export interface ApiProject {
  readonly id: string;
  readonly slug: string;
  /** The numeric id that SDKs carry in a DSN. */
  readonly number: number;
  readonly name: string;
  readonly platform: string | null;
  /** With the oldest key that is valid; empty when none is. */
  readonly dsn: string;
}

export interface ApiIssue {
  readonly id: string;
  readonly project_id: string;
  /** Within the organization, unique and short enough to say aloud: `DEFAULT-12`. */
  readonly short_id: string;
  readonly title: string;
  /** Where it happened: a function, a route. */
  readonly culprit: string;
  readonly level: Level;
  readonly platform: string;
  readonly status: IssueStatus;
  readonly status_details: ApiStatusDetails | null;
  readonly priority: Priority;
  /** Whether the priority was set by hand. */
  readonly is_priority_set: boolean;
  readonly event_count: number;
  /** Users it affected: exact up to 128, then about 3 % off. */
  readonly user_count: number;
  readonly first_seen: string;
  readonly last_seen: string;
  /** The person who looks after it, by their user id. */
  readonly assigned_to: string | null;
  /** The team that does; then it is no single person's. */
  readonly assigned_team: string | null;
  /** When an event last made a resolved issue unresolved again. */
  readonly regressed_at: string | null;
}

export interface ApiIssueDetail extends ApiIssue, ApiIssueLife {
  /** How and why the events of this issue belong together. */
  readonly grouping: Grouping;
  /** Events per hour over the last 24 hours, oldest first, zero-filled. */
  readonly volume: readonly { readonly bucket: string; readonly count: number }[];
  /** The newest stored event, null when retention has removed them all. */
  readonly latest_event_id: string | null;
}

export interface ApiEventSummary {
  readonly id: string;
  readonly level: Level;
  readonly message: string;
  readonly received_at: string;
}

export interface ApiEventDetail {
  readonly event: {
    readonly id: string;
    readonly project_id: string;
    readonly issue_id: string;
    readonly level: Level;
    readonly message: string;
    readonly fingerprint: string;
    readonly exception: unknown;
    readonly stacktrace: unknown;
    readonly breadcrumbs: unknown;
    readonly tags: Readonly<Record<string, string>>;
    readonly extra: unknown;
    readonly user_context: unknown;
    readonly sdk_name: string | null;
    readonly sdk_version: string | null;
    readonly received_at: string;
    readonly grouping: Grouping;
    /** The event as pages show it: canonical, within limits. */
    readonly normalized: Event;
    /** Where `normalized` differs from `payload`, and why. */
    readonly cuts: readonly Cut[];
    /** The event exactly as the client sent it. */
    readonly payload: unknown;
  };
  /** Within the issue, in the order of receiving; `null` at the ends. */
  readonly navigation: {
    readonly next_id: string | null;
    readonly prev_id: string | null;
    readonly first_id: string;
    readonly latest_id: string;
  };
}

/** Every error of `/api/v1`. `error` is a sentence for people; `code` is stable for programs. */
export interface ApiError {
  readonly error: string;
  readonly code: string;
  readonly details?: unknown;
}
