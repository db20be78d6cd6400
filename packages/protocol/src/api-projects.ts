/** Shapes of projects and their keys in `/api/v1`. Times are ISO 8601 in UTC. */
import type { ApiProject } from "./api.ts";

export interface ApiProjectDetail extends ApiProject {
  readonly created_at: string;
  /** Slugs it had before; they still lead to it. */
  readonly former_slugs: readonly string[];
}

/**
 * A key of a project. It is the public key of the project's DSN and the bearer of `POST /api/v1/events` at once. It can
 * only send events, and stands in every page and app that does, so it is no secret.
 */
export interface ApiProjectKey {
  readonly id: string;
  readonly project_id: string;
  readonly key_value: string;
  readonly label: string;
  readonly dsn: string;
  /** Events in a window; `null`: as the project's settings say. */
  readonly rate_limit_events: number | null;
  readonly created_at: string;
  readonly revoked_at: string | null;
}

/** What is wrong with one field of a request. */
export interface ApiFieldReason {
  /** Keys joined by dots; empty for the body itself. */
  readonly path: string;
  readonly reason: string;
}
