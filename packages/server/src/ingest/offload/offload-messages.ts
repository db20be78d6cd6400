/** What a helper says to the node it helps, and the answers. Sent as JSON. */

/** Bytes of records in a batch that goes to a peer: as base64 they fit into a message of NATS, which may have 1 MiB. */
export const LENT_BYTES_MAX = 600 * 1024;
export const LENT_RECORDS_MAX = 1_000;

export interface LentBatch {
  readonly journal_id: string;
  readonly epoch: number;
  readonly first_sequence: number;
  readonly last_sequence: number;
  readonly done_through: number;
  /** Journal records, base64. */
  readonly bytes: string;
}

export type HelperMessage =
  | { readonly kind: "lease"; readonly helper: string }
  | {
      readonly kind: "stored";
      readonly helper: string;
      readonly first_sequence: number;
      readonly events: number;
    }
  /** It could not be stored by the helper, for whatever reason: the owner deals with it. */
  | { readonly kind: "returned"; readonly helper: string; readonly first_sequence: number; readonly reason: string };

/** Reads what came from a peer. Throws a `TypeError`. */
export function parseHelperMessage(value: unknown): HelperMessage {
  const { kind, helper, first_sequence, events, reason } = (value ?? {}) as Partial<Record<string, unknown>>;
  if (typeof helper !== "string") throw new TypeError("not a helper's message");
  if (kind === "lease") return { kind, helper };
  if (!Number.isSafeInteger(first_sequence)) throw new TypeError("not a helper's message");
  const first = first_sequence as number;
  if (kind === "stored" && Number.isSafeInteger(events))
    return { kind, helper, first_sequence: first, events: events as number };
  if (kind === "returned") return { kind, helper, first_sequence: first, reason: String(reason) };
  throw new TypeError("not a helper's message");
}

/** Reads an answer to `lease`; `undefined`: there is nothing to do now. Throws a `TypeError`. */
export function parseLentBatch(value: unknown): LentBatch | undefined {
  if (value === null) return undefined;
  const batch = (value ?? {}) as Partial<Record<keyof LentBatch, unknown>>;
  const numbers = [batch.epoch, batch.first_sequence, batch.last_sequence, batch.done_through];
  if (typeof batch.journal_id !== "string" || typeof batch.bytes !== "string" || !numbers.every(Number.isSafeInteger))
    throw new TypeError("not a batch");
  return batch as LentBatch;
}
