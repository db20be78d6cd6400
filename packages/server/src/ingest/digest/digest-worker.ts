/** One worker thread, seen from the main thread: takes batches, and tells what became of each. */
import { Worker } from "node:worker_threads";
import type { Telling } from "./tell.ts";
import { BATCHES_PER_WORKER, type BatchMessage, type WorkerData, type WorkerMessage } from "./worker-messages.ts";

/** Old-generation heap of a worker. What lives of two batches takes a tenth of it. */
const HEAP_MIB_MAX = 160;

/**
 * Of the young generation. Node's default is several times as much, which costs a hundred megabytes and gains nothing.
 * `npm start` says less for all threads (`--max-semi-space-size`), which goes before this.
 */
const YOUNG_MIB_MAX = 32;

/** A worker that digests the same entry for this long is ended: something in the entry keeps it busy for ever. */
export const ENTRY_MS_MAX = 30_000;

/** How long a new worker may take until it is ready. */
const READY_MS_MAX = 60_000;

/**
 * How long a worker may take to answer for a batch, counted anew once it is digested: until then it may have waited for another
 * one's turn. The limits of connections, statements and transactions end every batch sooner; one that outlives them all
 * is given to another worker, and this one is ended.
 */
export const ANSWER_MS_MAX = 120_000;

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

interface Awaited {
  readonly resolve: (result: DigestResult) => void;
  readonly overdue: NodeJS.Timeout;
  isDigested: boolean;
}

export interface DigestWorkerOptions {
  readonly url: URL;
  readonly databaseUrl: string;
  readonly answerMsMax: number;
}

export class DigestWorker {
  isReady = false;
  readonly #worker: Worker;
  readonly #answerMsMax: number;
  readonly #results = new Map<number, Awaited>();
  readonly #progress = new SharedArrayBuffer(2 * Float64Array.BYTES_PER_ELEMENT);
  readonly #events: DigestWorkerEvents;
  readonly #watch: NodeJS.Timeout;
  readonly #unready: NodeJS.Timeout;
  #watched = "";
  #idleSinceMs = 0;
  #reason = "exited";
  /** It is ended because it was late, so not for what it is digesting just now. */
  #isLate = false;

  constructor({ url, databaseUrl, answerMsMax }: DigestWorkerOptions, events: DigestWorkerEvents) {
    this.#events = events;
    this.#answerMsMax = answerMsMax;
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
    this.#unready = this.#endAfter(READY_MS_MAX, "was not ready");
  }

  get hasRoom(): boolean {
    return this.isReady && this.#results.size < BATCHES_PER_WORKER;
  }

  get batches(): number {
    return this.#results.size;
  }

  /** How long it could have had a batch, and had none. */
  get idleMs(): number {
    return this.isReady && this.batches === 0 ? performance.now() - this.#idleSinceMs : 0;
  }

  /** Resolves when the batch's way ended here. The bytes are transferred away. */
  digest(message: BatchMessage): Promise<DigestResult> {
    return new Promise((resolve) => {
      this.#worker.postMessage(message, [message.bytes.buffer as ArrayBuffer]);
      const overdue = this.#endAfter(this.#answerMsMax, "did not answer for a batch");
      this.#results.set(message.ticket, { resolve, overdue, isDigested: false });
    });
  }

  /** Ends the thread, whatever it does. */
  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #hear(message: WorkerMessage): void {
    if (message.kind === "ready") {
      this.isReady = true;
      this.#idleSinceMs = performance.now();
      clearTimeout(this.#unready);
      this.#events.onReady();
      return;
    }
    if (message.kind === "told") {
      this.#events.onTold(message.tellings);
      return;
    }
    if (message.kind === "digested") {
      this.#hearDigested(message.ticket);
      return;
    }
    const awaited = this.#results.get(message.ticket);
    if (awaited === undefined) throw new Error(`a worker answered for batch ${message.ticket}, which it does not have`);
    this.#results.delete(message.ticket);
    this.#idleSinceMs = performance.now();
    clearTimeout(awaited.overdue);
    awaited.resolve(message);
  }

  /** Digesting makes progress, so those that wait for their turn have as much time again. */
  #hearDigested(ticket: number): void {
    for (const awaited of this.#results.values()) if (!awaited.isDigested) awaited.overdue.refresh();
    const digested = this.#results.get(ticket);
    if (digested !== undefined) digested.isDigested = true;
  }

  #die(): void {
    clearInterval(this.#watch);
    clearTimeout(this.#unready);
    this.isReady = false;
    const [ticket, sequence] = this.#isLate ? [0, 0] : this.#current();
    for (const [of, { resolve, overdue }] of this.#results) {
      clearTimeout(overdue);
      resolve({ kind: "died", reason: this.#reason, ...(of === ticket ? { sequence } : {}) });
    }
    this.#results.clear();
    this.#events.onDeath(this.#reason);
  }

  #endIfStuck(): void {
    const [ticket, sequence] = this.#current();
    const watched = ticket === 0 ? "" : `${ticket}/${sequence}`;
    if (watched !== "" && watched === this.#watched)
      this.#endFor(`digested one entry for more than ${ENTRY_MS_MAX} ms`);
    this.#watched = watched;
  }

  #endAfter(ms: number, reason: string): NodeJS.Timeout {
    const end = () => {
      this.#isLate = true;
      this.#endFor(`${reason} within ${ms} ms`);
    };
    return setTimeout(end, ms).unref();
  }

  #endFor(reason: string): void {
    this.isReady = false;
    this.#reason = reason;
    void this.#worker.terminate();
  }

  #current(): [ticket: number, sequence: number] {
    const [ticket = 0, sequence = 0] = new Float64Array(this.#progress);
    return [ticket, sequence];
  }
}
