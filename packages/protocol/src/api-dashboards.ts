/** Shapes of what dashboards show. All of it is counted while events are stored. Times are ISO 8601 in UTC. */
import type { IssueStatus } from "./api.ts";
import type { Level } from "./event.ts";
import type { Category, Outcome } from "./outcome.ts";

/** An hour or a day, zero-filled, the oldest first. A day begins at midnight in the zone that was asked for. */
export interface ApiVolumeBucket {
  readonly bucket: string;
  readonly count: number;
  /** Of the levels that occurred. */
  readonly levels: Readonly<Partial<Record<Level, number>>>;
}

export interface ApiBucket {
  readonly bucket: string;
  readonly count: number;
}

export interface ApiLevelCount {
  readonly level: Level;
  readonly count: number;
}

export interface ApiTopIssue {
  readonly id: string;
  readonly short_id: string;
  readonly title: string;
  readonly level: Level;
  readonly status: IssueStatus;
  /** In the range, if the request names one; else in all its life. */
  readonly event_count: number;
  readonly user_count: number;
  readonly last_seen: string;
}

export interface ApiTagCount {
  /** Null of `none`: events without the tag. Of `others`: values beyond the maximum that is counted one by one. */
  readonly value: string | null;
  readonly count: number;
  readonly kind: "value" | "none" | "others";
}

export interface ApiIssueTag {
  readonly key: string;
  /** Events of the issue that have it. */
  readonly total: number;
  /** The most frequent first. */
  readonly values: readonly ApiTagCount[];
}

export interface ApiHealth {
  readonly unresolved_count: number;
  readonly events_24h: number;
  /** Issues that appeared since midnight, in the zone that was asked for. */
  readonly new_today: number;
}

export interface ApiUsersAffected {
  /** Users of the whole range, each once: exact up to 128, then about 3 % off. */
  readonly count: number;
  readonly buckets: readonly ApiBucket[];
}

export interface ApiReleaseAdoption {
  readonly release: string;
  readonly count: number;
  /** Of all events of the range. */
  readonly share: number;
  readonly first_seen: string | null;
  readonly last_seen: string | null;
}

/** How the way of every item ended: `accepted` is the sum of the outcomes on its side. */
export interface ApiAccount {
  readonly accepted: number;
  readonly stored: number;
  readonly refused: number;
  readonly outcomes: readonly {
    readonly outcome: Outcome;
    readonly category: Category;
    readonly reason: string;
    readonly side: "accepted" | "refused" | "client";
    readonly count: number;
  }[];
}
