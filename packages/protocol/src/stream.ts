/**
 * The live feed of a project: one JSON object a message, the same over WebSocket and server-sent events. `docs/live.md` is
 * for those who write clients.
 */
import type { ApiEventSummary } from "./api.ts";
import type { IssueAction } from "./api-issue-actions.ts";
import type { Level } from "./event.ts";

/**
 * Where a client stands in a feed. Give the last one you saw to the next connection, on whichever node, and it goes on
 * from there. The text means nothing to clients.
 */
export type StreamPosition = string;

/**
 * What an event was to its issue: the first; one that came back after `resolved`; one by which an archive ended; or one more.
 */
export const OCCASIONS = ["new_issue", "regression", "archive_ended", "repeat"] as const;
export type Occasion = (typeof OCCASIONS)[number];

export interface StreamEventData extends ApiEventSummary {
  readonly platform: string;
  /** Where it happened: a function, a route. */
  readonly culprit: string;
  readonly environment: string | null;
  readonly release: string | null;
}

/** An event was stored. */
export interface EventStored {
  readonly type: "event";
  readonly project_id: string;
  readonly event_id: string;
  readonly issue_id: string;
  readonly occasion: Occasion;
  /** Events of the issue, after all that were stored together with this one. */
  readonly issue_event_count: number;
  readonly data: StreamEventData;
}

export interface IssueChanged {
  readonly type: "issue";
  readonly action: IssueAction;
  readonly project_id: string;
  readonly issue_id: string;
  /** The event that did it, if an event did. */
  readonly event?: StreamEventData;
  /** Who did it, if it was no event. `id` is null for a token of the organization and for the system. */
  readonly actor?: { readonly kind: "user" | "token" | "system"; readonly id: string | null; readonly name: string };
  /** What else there is to say of the action, as the issue's activity has it. */
  readonly details?: Readonly<Record<string, unknown>>;
}

export interface AlertFired {
  readonly type: "alert";
  readonly project_id: string;
  readonly alert_id: string;
  readonly rule_id: string;
  readonly rule_name: string;
  /** The rule's condition type. */
  readonly condition: string;
  readonly message: string;
}

/** What happened in a project, as one node tells all others. */
export type StreamChange = EventStored | IssueChanged | AlertFired;

/** Nothing, or an empty text or list, lets everything through. All that are given must match. */
export interface StreamFilters {
  readonly level?: readonly Level[];
  readonly environment?: readonly string[];
  readonly release?: readonly string[];
  /** A search of events, as it was typed. */
  readonly query?: string;
}

/** Where a search cannot be understood. */
export interface StreamErrorDetails {
  /** From 1. */
  readonly column: number;
  readonly expected: string;
}

/** How a connection begins. `resumed`: what was missed follows. `gap`: something may be missing, so fetch anew. */
export type StreamStart = "new" | "resumed" | "gap";

/** What a server sends. */
export type StreamMessage =
  | (StreamChange & { readonly id: StreamPosition })
  /** The first message of a connection. Every event accepted from now on will be told. */
  | {
      readonly type: "subscribed";
      readonly id: StreamPosition;
      readonly project_id: string;
      readonly start: StreamStart;
      readonly filters: StreamFilters;
    }
  /** Unresolved issues of the project; after each change, at most once a second. */
  | { readonly type: "issue_count"; readonly project_id: string; readonly count: number }
  | { readonly type: "filters_updated"; readonly filters: StreamFilters }
  /** This client did not keep up: this many messages, the oldest that waited for it, were left out here. */
  | { readonly type: "dropped"; readonly count: number }
  /** Something may have happened elsewhere in the cluster that is not told here: fetch anew. */
  | { readonly type: "gap"; readonly id: StreamPosition; readonly project_id: string }
  /** What the client sent was not understood, or could not be done. Nothing has changed. */
  | {
      readonly type: "error";
      readonly code: string;
      readonly message: string;
      readonly details?: StreamErrorDetails;
    };

/** What a client may send over WebSocket. */
export interface StreamRequest {
  readonly type: "subscribe" | "filter";
  /** Each filter is a value or a list of values; `query` is one text. They take the place of all filters before. */
  readonly filters?: Readonly<Record<string, string | readonly string[]>>;
}

/** The answer to `POST /api/v1/stream-tickets`. */
export interface StreamTicket {
  /** For `?ticket=`, once. */
  readonly ticket: string;
  readonly expires_at: string;
}
