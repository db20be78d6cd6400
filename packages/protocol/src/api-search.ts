/** Shapes of what searches and suggestions answer with. */
import type { ApiEventSummary } from "./api.ts";
import type { Level } from "./event.ts";

/** An event in a list of a project's events. */
export interface ApiFoundEvent extends ApiEventSummary {
  readonly issue_id: string;
  readonly environment: string | null;
  readonly release: string | null;
  /** Those that were sent, and those Mesher adds for searching. */
  readonly tags: Readonly<Record<string, string>>;
}

/** An event of `GET /projects/:p/events/search`, the best match first. */
export interface ApiRankedEvent {
  readonly id: string;
  readonly issue_id: string;
  readonly level: Level;
  readonly message: string;
  readonly received_at: string;
}

/** An event of `GET /projects/:p/events/tags`. */
export interface ApiTaggedEvent extends ApiRankedEvent {
  readonly tags: Readonly<Record<string, string>>;
}

export interface ApiSuggestion {
  readonly kind: "field" | "tag" | "state" | "value";
  /** What to put in place of the term that is being typed. */
  readonly text: string;
  /** In few words; for values, how many events of the last days have it. */
  readonly help: string | null;
  readonly count: number | null;
}

export interface ApiSavedSearch {
  readonly id: string;
  readonly name: string;
  readonly query: string;
  readonly sort: string;
  /** `organization`: everybody sees it. */
  readonly visibility: "private" | "organization";
  /** Null: for any project. */
  readonly project_id: string | null;
  readonly created_at: string;
}

/** Body of `POST /api/v1/saved-searches/:search`: what is absent stays. */
export interface ApiSavedSearchChange {
  readonly name?: string;
  readonly query?: string;
  readonly sort?: string;
}

/** Body of `POST /api/v1/saved-searches`. */
export interface ApiNewSavedSearch {
  readonly name: string;
  readonly query: string;
  readonly sort?: string;
  readonly visibility?: "private" | "organization";
  readonly project_id?: string | null;
}
