/** One worker thread, seen from the main thread: takes batches, and is replaced when it dies. */
import { Worker } from "node:worker_threads";
import type { Batch } from "../journal/journal.ts";
import { BATCHES_PER_WORKER, type BatchMessage, type WorkerData, type WorkerMessage } from "./worker-messages.ts";

/** Old-generation heap of a worker. Two batches of 4 MiB take a tenth of it. */
const HEAP_MIB_MAX = 160;

/** Of the young generation. Node's default is several times as much, which costs a hundred megabytes and gains nothing. */
const YOUNG_MIB_MAX = 32;

/** A worker that digests the same entry for this long is ended: something in the entry keeps it busy for ever. */
export const ENTRY_MS_MAX = 30_000;

export type StoredMessage = Extract<WorkerMessage, { kind: "stored" }>;
export type FailedMessage = Extract<WorkerMessage, { kind: "failed" }>;

export interface DigestWorkerEvents {
  readonly onReady: () => void;
  readonly onStored: (batch: Batch, message: StoredMessage) => void;
  readonly onFailed: (batch: Batch, message: FailedMessage) => void;
  /** The thread is gone. `sequence`: the entry it was digesting, absent when it was between two. */
  readonly onDeath: (batches: readonly Batch[], death: { readonly sequence?: number; readonly reason: string }) => void;
}

export class DigestWorker {
  isReady = false;
  readonly #worker: Worker;
  readonly #batches = new Map<number, Batch>();
  readonly #progress = new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT);
  readonly #events: DigestWorkerEvents;
  readonly #watch: NodeJS.Timeout;
  #watchedSequence = 0;
  #reason = "exited";

  constructor(url: URL, databaseUrl: string, events: DigestWorkerEvents) {
    this.#events = events;
    const workerData: WorkerData = { databaseUrl, progress: this.#progress };
    this.#worker = new Worker(url, {
      workerData,
      name: "mesher-digest",
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB_MAX, maxYoungGenerationSizeMb: YOUNG_MIB_MAX },
    });
    this.#worker.on("message", (message: Partial<WorkerMessage>) => {
      // Under `node --watch` Node itself sends messages from the thread: the files it loaded.
      if (message.kind !== undefined) this.#hear(message as WorkerMessage);
    });
    this.#worker.on("error", (error) => {
      this.#reason = error instanceof Error ? error.message : String(error);
    });
    this.#worker.once("exit", () => this.#die());
    this.#watch = setInterval(() => this.#endIfStuck(), ENTRY_MS_MAX).unref();
  }

  get hasRoom(): boolean {
    return this.isReady && this.#batches.size < BATCHES_PER_WORKER;
  }

  get batches(): number {
    return this.#batches.size;
  }

  give(batch: Batch, journalId: string, doneThrough: number): void {
    this.#batches.set(batch.firstSequence, batch);
    const { firstSequence, lastSequence, bytes } = batch;
    const message: BatchMessage = { journalId, firstSequence, lastSequence, doneThrough, bytes };
    this.#worker.postMessage(message, [bytes.buffer as ArrayBuffer]);
  }

  /** Ends the thread, whatever it does. Its batches are reported by `onDeath`. */
  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #hear(message: WorkerMessage): void {
    if (message.kind === "ready") {
      this.isReady = true;
      this.#events.onReady();
      return;
    }
    const batch = this.#batches.get(message.firstSequence);
    if (batch === undefined)
      throw new Error(`a worker answered for batch ${message.firstSequence}, which it does not have`);
    this.#batches.delete(message.firstSequence);
    if (message.kind === "stored") this.#events.onStored(batch, message);
    else this.#events.onFailed(batch, message);
  }

  #die(): void {
    clearInterval(this.#watch);
    this.isReady = false;
    const sequence = this.#currentSequence();
    const batches = [...this.#batches.values()];
    this.#batches.clear();
    this.#events.onDeath(batches, { reason: this.#reason, ...(sequence === 0 ? {} : { sequence }) });
  }

  #endIfStuck(): void {
    const sequence = this.#currentSequence();
    if (sequence !== 0 && sequence === this.#watchedSequence) {
      this.#reason = `digested one entry for more than ${ENTRY_MS_MAX} ms`;
      void this.#worker.terminate();
    }
    this.#watchedSequence = sequence;
  }

  #currentSequence(): number {
    return new Float64Array(this.#progress)[0] ?? 0;
  }
}
