/** What travels between the dispatcher and its worker threads. */

/** Batches a worker has at a time: one being stored, one being digested. */
export const BATCHES_PER_WORKER = 2;

export interface WorkerData {
  readonly databaseUrl: string;
  /** One float: the sequence of the entry being digested, 0 when none is. Read after a worker died, to know what it died of. */
  readonly progress: SharedArrayBuffer;
}

export interface BatchMessage {
  readonly journalId: string;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly doneThrough: number;
  /** Journal records, one behind the other. */
  readonly bytes: Uint8Array;
}

export type WorkerMessage =
  | { readonly kind: "ready" }
  | {
      readonly kind: "stored";
      readonly firstSequence: number;
      readonly stored: number;
      readonly duplicates: number;
      readonly discarded: number;
      readonly invalid: number;
      readonly newIssues: number;
      readonly regressions: number;
    }
  | {
      readonly kind: "failed";
      readonly firstSequence: number;
      /** Something in the batch is to blame; otherwise the same batch may succeed later. */
      readonly blamesEntry: boolean;
      readonly error: string;
    };
