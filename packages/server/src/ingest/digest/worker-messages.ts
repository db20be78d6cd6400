/** What travels between the dispatcher and its worker threads. */
import type { Category, Outcome } from "@mesher/protocol";
import type { WatchedProject } from "../../search/stream-search.ts";
import type { Telling } from "./tell.ts";

/** Batches a worker has at a time: one being stored, one being digested. */
export const BATCHES_PER_WORKER = 2;

export interface WorkerData {
  readonly databaseUrl: string;
  /**
   * Two floats: ticket and sequence of the entry being digested, 0 when none is. Read after a worker died, to know what it
   * died of.
   */
  readonly progress: SharedArrayBuffer;
}

export interface BatchMessage {
  /** Tells the batches of a worker apart: those of several journals may have the same sequences. */
  readonly ticket: number;
  readonly journalId: string;
  /** Under which the journal's entries may be stored. */
  readonly epoch: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly doneThrough: number;
  /** Journal records, one behind the other. */
  readonly bytes: Uint8Array;
  /** The projects whose events somebody in the cluster wants to hear of. */
  readonly watched: readonly WatchedProject[];
}

/**
 * Why a batch was not stored. `entry`: something in it is to blame. `overlap`: a part of it is stored already. `fenced`:
 * another node stores this journal's entries now. `too_large`: it holds more events, or takes longer to digest, than one
 * batch may. `too_much`: the database answered that it had not time or memory enough for it. `database`: the same batch may succeed later.
 */
export type BatchFault = "entry" | "overlap" | "fenced" | "too_large" | "too_much" | "database";

export interface EndedEvents {
  readonly outcome: Outcome;
  readonly category: Category;
  readonly count: number;
}

export type WorkerMessage =
  | { readonly kind: "ready" }
  /** From here on the batch waits for the database alone. */
  | { readonly kind: "digested"; readonly ticket: number }
  /** What was stored, of projects that are watched. */
  | { readonly kind: "told"; readonly tellings: readonly Telling[] }
  | {
      readonly kind: "stored";
      readonly ticket: number;
      readonly stored: number;
      /** How the way of its events ended; none when it was stored before, and counted then. */
      readonly outcomes: readonly EndedEvents[];
      readonly newIssues: number;
      readonly regressions: number;
      /** What alert rules wait for was among it. */
      readonly signals: number;
    }
  | {
      readonly kind: "failed";
      readonly ticket: number;
      readonly fault: BatchFault;
      readonly error: string;
    };
