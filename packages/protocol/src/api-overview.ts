/** All projects of an organization at a glance. Times are ISO 8601 in UTC. */

export interface ApiProjectOverview {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly platform: string | null;
  /** Stored events of each of the last 24 hours, the oldest first; the last hour is the current one. */
  readonly events: readonly number[];
  readonly unresolved_count: number;
  /** Issues that appeared since midnight, in the zone that was asked for. */
  readonly new_today: number;
  /** When its newest event was received; to the hour, if retention has removed it. Null: it never had one. */
  readonly last_event_at: string | null;
}
