/**
 * The worker threads of a node, whoever's batches they digest. One is there from the beginning, others come when they are
 * asked for and go when they have nothing to do. One that dies is replaced.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { backoffMs } from "../../runtime/backoff.ts";
import type { Log } from "../../runtime/log.ts";
import type { Service } from "../../runtime/service.ts";
import type { WatchedProject } from "../../search/stream-search.ts";
import { ANSWER_MS_MAX, type DigestResult, DigestWorker } from "./digest-worker.ts";
import type { Telling } from "./tell.ts";
import type { BatchMessage } from "./worker-messages.ts";

const WORKER_URL = new URL("./worker.ts", import.meta.url);

const RESTART_MS = { first: 100, max: 10_000 };

/** A thread that helped and had no batch for so long ends: it holds some 40 MiB. */
const IDLE_MS_MAX = 60_000;

export interface DigestPoolOptions {
  readonly databaseUrl: string;
  /** At most. */
  readonly workers: number;
  /** Default: `IDLE_MS_MAX`. */
  readonly idleMsMax?: number;
  /** The module a worker thread runs. Default: worker.ts. */
  readonly workerUrl?: URL;
  /** Default: `ANSWER_MS_MAX`. */
  readonly answerMsMax?: number;
  /** The projects of which `onTold` shall hear. Asked for each batch when it is handed out. */
  readonly watchedProjects: () => readonly WatchedProject[];
  /** What was stored here, once, whoever's batch it was. */
  readonly onTold: (tellings: readonly Telling[]) => void;
  readonly onWorkerDeath: () => void;
  readonly log: Log;
}

export class DigestPool implements Service {
  readonly name = "digest workers";
  readonly #options: DigestPoolOptions;
  /** `undefined`: it died, and is replaced soon. */
  readonly #workers: (DigestWorker | undefined)[] = [];
  readonly #listeners = new Set<() => void>();
  readonly #restarting = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  /** Deaths since a batch was last stored. */
  #restarts = 0;
  #lastTicket = 0;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(options: DigestPoolOptions) {
    this.#options = options;
  }

  get hasRoom(): boolean {
    return this.#workers.some((worker) => worker?.hasRoom === true);
  }

  /** Calls back whenever there is room again. Gives back how to stop that. */
  onRoom(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Those that digest, or could. */
  get threads(): number {
    return this.#workers.filter((worker) => worker?.isReady === true).length;
  }

  async start(): Promise<void> {
    const { idleMsMax = IDLE_MS_MAX } = this.#options;
    this.#idleTimer = setInterval(() => this.#endIdle(idleMsMax), idleMsMax / 2).unref();
    await this.#startWorker(0);
  }

  /** More waits than the threads are equal to: one more starts, unless all have, or one is just about to. */
  reinforce(): void {
    const started = this.#workers.length;
    if (this.#stopping.signal.aborted || this.threads < started || started >= this.#options.workers) return;
    void this.#startOrReplace(started);
  }

  /** Ends the threads. Batches that are still being digested have died with them. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    clearInterval(this.#idleTimer);
    await Promise.all(this.#workers.flatMap((worker) => (worker === undefined ? [] : [worker.end()])));
    await Promise.all(this.#restarting);
  }

  /** Digests and stores a batch on the worker that has the fewest, of several the first. Throws if none has room. */
  async digest(batch: Omit<BatchMessage, "ticket" | "watched">): Promise<DigestResult> {
    const worker = this.#workers
      .flatMap((each) => (each?.hasRoom === true ? [each] : []))
      .sort((a, b) => a.batches - b.batches)[0];
    if (worker === undefined) throw new Error("no digest worker has room");
    this.#lastTicket += 1;
    const result = await worker.digest({
      ...batch,
      ticket: this.#lastTicket,
      watched: this.#options.watchedProjects(),
    });
    if (result.kind === "stored") this.#restarts = 0;
    // After whoever waits for the result has seen it.
    setImmediate(() => this.#tellRoom());
    return result;
  }

  #tellRoom(): void {
    for (const listener of this.#listeners) listener();
  }

  /** The machine may have no room for a thread just now. */
  async #startOrReplace(index: number): Promise<void> {
    try {
      await this.#startWorker(index);
    } catch (error) {
      this.#replace(index, error instanceof Error ? error.message : String(error));
    }
  }

  async #startWorker(index: number): Promise<void> {
    const { workerUrl = WORKER_URL, databaseUrl, answerMsMax = ANSWER_MS_MAX } = this.#options;
    await new Promise<void>((resolve) => {
      const options = { url: workerUrl, databaseUrl, answerMsMax };
      const worker = new DigestWorker(options, {
        onReady: () => {
          resolve();
          this.#tellRoom();
        },
        onTold: this.#options.onTold,
        onDeath: (reason) => {
          resolve();
          // Not if it was ended because it was idle.
          if (this.#workers[index] === worker) this.#replace(index, reason);
        },
      });
      this.#workers[index] = worker;
    });
  }

  /** The last first: the others have batches before it. */
  #endIdle(idleMsMax: number): void {
    const last = this.#workers.length > 1 ? this.#workers.at(-1) : undefined;
    if (last === undefined || last.idleMs < idleMsMax) return;
    this.#workers.pop();
    void last.end();
  }

  #replace(index: number, reason: string): void {
    this.#workers[index] = undefined;
    const { signal } = this.#stopping;
    if (signal.aborted) return;
    this.#options.onWorkerDeath();
    const waitMs = Math.round(backoffMs(this.#restarts, RESTART_MS.first, RESTART_MS.max));
    this.#options.log.error("Digest worker died", { reason, waitMs });
    this.#restarts += 1;
    const restart = sleep(waitMs, undefined, { signal })
      .then(
        () => (signal.aborted ? undefined : this.#startOrReplace(index)),
        () => undefined,
      )
      .finally(() => this.#restarting.delete(restart));
    this.#restarting.add(restart);
  }
}
