/** What is stored, and the room it takes. Bytes are those of tables on disk, with their indexes. */

/** `GET /api/v1/projects/:project/storage`. */
export interface ApiProjectStorage {
  /** Events that were stored on the days that are kept. */
  readonly event_count: number;
  /** All of it together. */
  readonly estimated_bytes: number;
  readonly retention_days: number;
  /** Of each day's room, the project's share by its events; of the rest, by its issues. */
  readonly parts: { readonly events: number; readonly issues: number; readonly counts: number };
  /** Days (UTC) with events of the project, the oldest first. */
  readonly days: readonly { readonly day: string; readonly events: number; readonly bytes: number }[];
}

/** `GET /api/v1/storage`: of the whole installation, as the node that answers has it. */
export interface ApiStorage {
  readonly database: {
    readonly bytes: number;
    /** The largest first. */
    readonly tables: readonly ApiStoredTable[];
    /** Of the table `events`, day by day (UTC), the oldest first. */
    readonly days: readonly { readonly day: string; readonly bytes: number; readonly rows_estimate: number }[];
  };
  /** Of this node: accepted events that wait for the database. */
  readonly journal: { readonly waiting: number; readonly bytes: number; readonly bytes_max: number };
  /** Of the disk of this node's data directory. */
  readonly disk: { readonly free_bytes: number; readonly total_bytes: number };
  /** Null before its first run. */
  readonly last_retention: ApiLastRetention | null;
}

export interface ApiStoredTable {
  readonly name: string;
  readonly bytes: number;
  readonly rows_estimate: number;
}

export interface ApiLastRetention extends RetentionResult {
  readonly finished_at: string;
  readonly outcome: "succeeded" | "failed";
}

/** The name of the job whose result this is. */
export const RETENTION_JOB = "retention";

export interface RetentionResult {
  readonly partitions_dropped: readonly string[];
  /** Given back to the disk. */
  readonly bytes_freed: number;
  /** In the partitions dropped, as PostgreSQL estimated them. */
  readonly events_dropped_estimate: number;
  /** One by one, of projects that keep less than others. */
  readonly events_deleted: number;
  /** Of their payloads. The database uses that space again, and does not give it back. */
  readonly bytes_reusable: number;
  readonly quarantined_deleted: number;
  readonly counts_deleted: number;
  /** What was known of journals that nobody has used for long. */
  readonly journal_rows_deleted: number;
}
