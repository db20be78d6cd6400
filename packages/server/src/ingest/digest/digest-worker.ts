/** One worker thread, seen from the main thread: takes batches, and tells what became of each. */
import { Worker } from "node:worker_threads";
import type { Telling } from "./tell.ts";
import { BATCHES_PER_WORKER, type BatchMessage, type WorkerData, type WorkerMessage } from "./worker-messages.ts";

/** Old-generation heap of a worker. What lives of two batches takes a tenth of it. */
const HEAP_MIB_MAX = 160;

/** Of the young generation. Node's default is several times as much, which costs a hundred megabytes and gains nothing. */
const YOUNG_MIB_MAX = 32;

/** A worker that digests the same entry for this long is ended: something in the entry keeps it busy for ever. */
export const ENTRY_MS_MAX = 30_000;

export type StoredMessage = Extract<WorkerMessage, { kind: "stored" }>;
export type FailedMessage = Extract<WorkerMessage, { kind: "failed" }>;

/** The thread is gone, and the batch with it. `sequence`: the entry of this batch that it was digesting, if it was. */
export interface DiedMessage {
  readonly kind: "died";
  readonly sequence?: number;
  readonly reason: string;
}

export type DigestResult = StoredMessage | FailedMessage | DiedMessage;

export interface DigestWorkerEvents {
  readonly onReady: () => void;
  readonly onTold: (tellings: readonly Telling[]) => void;
  readonly onDeath: (reason: string) => void;
}

export class DigestWorker {
  isReady = false;
  readonly #worker: Worker;
  readonly #results = new Map<number, (result: DigestResult) => void>();
  readonly #progress = new SharedArrayBuffer(2 * Float64Array.BYTES_PER_ELEMENT);
  readonly #events: DigestWorkerEvents;
  readonly #watch: NodeJS.Timeout;
  #watched = "";
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
    return this.isReady && this.#results.size < BATCHES_PER_WORKER;
  }

  get batches(): number {
    return this.#results.size;
  }

  /** Resolves when the batch's way ended here. The bytes are transferred away. */
  digest(message: BatchMessage): Promise<DigestResult> {
    return new Promise((resolve) => {
      this.#results.set(message.ticket, resolve);
      this.#worker.postMessage(message, [message.bytes.buffer as ArrayBuffer]);
    });
  }

  /** Ends the thread, whatever it does. */
  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #hear(message: WorkerMessage): void {
    if (message.kind === "ready") {
      this.isReady = true;
      this.#events.onReady();
      return;
    }
    if (message.kind === "told") {
      this.#events.onTold(message.tellings);
      return;
    }
    const resolve = this.#results.get(message.ticket);
    if (resolve === undefined) throw new Error(`a worker answered for batch ${message.ticket}, which it does not have`);
    this.#results.delete(message.ticket);
    resolve(message);
  }

  #die(): void {
    clearInterval(this.#watch);
    this.isReady = false;
    const [ticket, sequence] = this.#current();
    for (const [of, resolve] of this.#results)
      resolve({ kind: "died", reason: this.#reason, ...(of === ticket ? { sequence } : {}) });
    this.#results.clear();
    this.#events.onDeath(this.#reason);
  }

  #endIfStuck(): void {
    const [ticket, sequence] = this.#current();
    const watched = ticket === 0 ? "" : `${ticket}/${sequence}`;
    if (watched !== "" && watched === this.#watched) {
      this.#reason = `digested one entry for more than ${ENTRY_MS_MAX} ms`;
      void this.#worker.terminate();
    }
    this.#watched = watched;
  }

  #current(): [ticket: number, sequence: number] {
    const [ticket = 0, sequence = 0] = new Float64Array(this.#progress);
    return [ticket, sequence];
  }
}
