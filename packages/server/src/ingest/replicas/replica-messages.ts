/** What the owner of a journal tells a node that keeps a copy of it. Sent as JSON. */

export type ReplicaMessage =
  /** A new copy begins; whatever there was of this journal is thrown away. Everything that follows names its term. */
  | { readonly kind: "begin"; readonly journal_id: string; readonly owner: string; readonly term: string }
  /** Bytes of a segment, which is named by its first sequence. Answered when they are on disk. */
  | {
      readonly kind: "write";
      readonly journal_id: string;
      readonly term: string;
      readonly segment: number;
      readonly offset: number;
      readonly bytes: string;
    }
  /** Everything in the segment is stored. */
  | { readonly kind: "drop"; readonly journal_id: string; readonly term: string; readonly segment: number }
  /** Everything is stored, and the owner keeps no copy here any more. */
  | { readonly kind: "end"; readonly journal_id: string; readonly term: string };

/** Bytes of a segment that one message carries. A message of NATS may have 1 MiB, and base64 makes four bytes of three. */
export const REPLICA_WRITE_BYTES_MAX = 512 * 1024;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** It becomes a part of a folder's name. */
const TERM = /^[0-9a-z-]{1,64}$/;

/** Reads what came from a peer. Throws a `TypeError` for what is no such message. */
export function parseReplicaMessage(value: unknown): ReplicaMessage {
  const message = (value ?? {}) as Partial<Record<string, unknown>>;
  const { kind, journal_id, term, owner, segment, offset, bytes } = message;
  if (typeof journal_id !== "string" || !UUID.test(journal_id) || typeof term !== "string" || !TERM.test(term))
    throw new TypeError("not a replica message");
  if (kind === "begin" && typeof owner === "string") return { kind, journal_id, term, owner };
  if (kind === "end") return { kind, journal_id, term };
  if (kind === "drop" && isPosition(segment)) return { kind, journal_id, term, segment };
  if (kind === "write" && isPosition(segment) && isPosition(offset) && typeof bytes === "string")
    return { kind, journal_id, term, segment, offset, bytes };
  throw new TypeError("not a replica message");
}

const isPosition = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
