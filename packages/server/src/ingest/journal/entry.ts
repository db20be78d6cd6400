import type { BodyEncoding, EventSource } from "../../events/payload.ts";

/** One request's events on their way from the HTTP answer to the database. */
export interface JournalEntry {
  readonly projectId: string;
  /** Milliseconds since the epoch. Fixed here, so that a replay stores the same row. */
  readonly receivedAtMs: number;
  /** Who wrote the payloads, so which rules read them. */
  readonly source: EventSource;
  /** How `body` is compressed. */
  readonly encoding: BodyEncoding;
  /** The events within the body once it is inflated. At least one. */
  readonly events: readonly EventSlice[];
  /** The envelope's `sent_at`, for correcting the sender's clock. */
  readonly sentAt?: string;
  readonly clientIp?: string;
  readonly userAgent?: string;
  /** As it was received, where it holds little but the events. */
  readonly body: Uint8Array;
}

export interface EventSlice {
  /** 32 lowercase hex digits: the client's, or made at receipt. */
  readonly eventId: string;
  /** Bytes into the inflated body where the event's JSON starts. */
  readonly offset: number;
  /** Bytes of the event's JSON. */
  readonly length: number;
}

/** Who takes accepted entries. Resolves when they are on disk; only then may the client be answered. */
export interface EntrySink {
  append(entry: JournalEntry): Promise<void>;
}

/** The journal has no room, or its disk cannot be written. Answered as `overloaded`. */
export class JournalUnavailableError extends Error {
  override readonly name = "JournalUnavailableError";
}
