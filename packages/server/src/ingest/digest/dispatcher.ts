/**
 * Leads batches from the journal to the worker threads, for ever: leases, hands out, and sees to it that every batch ends
 * stored, or comes back, or is quarantined.
 *
 * - The database is away: the batch comes back whole, and after a growing pause one batch at a time is tried.
 * - A batch cannot be stored although the database answers: it is halved until the entry that spoils it stands alone.
 * - A worker dies: a new one takes its place. The entry it was digesting is tried once more alone.
 * - An entry that fails alone, or kills a second worker, is quarantined.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { backoffMs } from "../../runtime/backoff.ts";
import type { Log } from "../../runtime/log.ts";
import type { Service } from "../../runtime/service.ts";
import type { Batch, Journal } from "../journal/journal.ts";
import { recordBytes } from "../journal/record.ts";
import { DigestWorker, type FailedMessage, type StoredMessage } from "./digest-worker.ts";

const WORKER_URL = new URL("./worker.ts", import.meta.url);

/** A batch is as large as one transaction may be: larger ones store more per second, and hold locks longer. */
const BATCH_RECORDS_MAX = 1_000;
const BATCH_BYTES_MAX = 4 * 1024 * 1024;

/** While few entries wait, batches start at least this far apart: tiny batches cost several times as much an event. */
const LINGER_MS = 50;
const LINGER_RECORDS = 500;

/** Deaths by one entry after which it is quarantined. */
const DEATHS_MAX = 2;

/** At most this many entries are known to have killed a worker; the oldest is forgotten. */
const SUSPECTS_MAX = 1_000;

const WORKER_RESTART_MS = { first: 100, max: 10_000 };
const DATABASE_RETRY_MS = { first: 100, max: 5_000 };

/** How often the log tells how draining goes, while much waits. */
const PROGRESS_MS = 5_000;
const PROGRESS_RECORDS = 1_000;

/** How long a stopping server stores what it accepted. What is left then stays in the journal for the next start. */
const DRAIN_MS_MAX = 20_000;

export interface DispatcherOptions {
  readonly journal: Journal;
  readonly databaseUrl: string;
  readonly workers: number;
  /** The module a worker thread runs. Default: worker.ts. */
  readonly workerUrl?: URL;
  readonly quarantine: (batch: { firstSequence: number; record: Buffer; reason: string }) => Promise<void>;
  readonly onStored: (message: StoredMessage) => void;
  readonly onWorkerDeath: () => void;
  readonly log: Log;
}

export class Dispatcher implements Service {
  readonly name = "digest";
  readonly #options: DispatcherOptions;
  readonly #workers: (DigestWorker | undefined)[] = [];
  readonly #deaths = new Map<number, number>();
  readonly #unfinished = new Set<Promise<void>>();
  #restarts = 0;
  #databaseFailures = 0;
  #pausedUntilMs = 0;
  #lastLeaseMs = 0;
  #isPumping = false;
  #pumpTimer: NodeJS.Timeout | undefined;
  #progressTimer: NodeJS.Timeout | undefined;
  #storedSinceProgress = 0;
  #state: "running" | "draining" | "stopped" = "running";

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** Whether the database took the last batch that was tried. */
  get isDatabaseAway(): boolean {
    return this.#databaseFailures > 0;
  }

  async start(): Promise<void> {
    const ready = Array.from({ length: this.#options.workers }, (_, index) => this.#startWorker(index));
    await Promise.all(ready);
    this.#options.journal.onReadable = () => this.#pump();
    this.#progressTimer = setInterval(() => this.#tellProgress(), PROGRESS_MS).unref();
    this.#pump();
  }

  /** Stores what waits, for at most `DRAIN_MS_MAX` and not while the database is away, then ends the threads. */
  async stop(): Promise<void> {
    this.#state = "draining";
    const { journal, log } = this.#options;
    const deadline = Date.now() + DRAIN_MS_MAX;
    if (journal.depth > 0) log.info("Journal drains before the stop", { waiting: journal.depth });
    while (journal.depth > 0 && Date.now() < deadline && !this.isDatabaseAway) {
      this.#pump();
      await sleep(10);
    }
    if (journal.depth > 0) log.warn("Journal keeps entries for the next start", { waiting: journal.depth });
    this.#state = "stopped";
    clearTimeout(this.#pumpTimer);
    clearInterval(this.#progressTimer);
    await Promise.all(this.#workers.flatMap((worker) => (worker === undefined ? [] : [worker.end()])));
    await Promise.all(this.#unfinished);
  }

  async #startWorker(index: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#workers[index] = new DigestWorker(this.#options.workerUrl ?? WORKER_URL, this.#options.databaseUrl, {
        onReady: () => {
          resolve();
          this.#pump();
        },
        onStored: (batch, message) => this.#finish(this.#stored(batch, message)),
        onFailed: (batch, message) => this.#finish(this.#failed(batch, message)),
        onDeath: (batches, death) => {
          resolve();
          this.#finish(this.#died(index, batches, death));
        },
      });
    });
  }

  /** Leases for whoever has room. Called whenever anything changed; does nothing if it has nothing to do. */
  #pump(): void {
    if (this.#isPumping || this.#state === "stopped") return;
    this.#isPumping = true;
    this.#finish(
      this.#leaseForAll().finally(() => {
        this.#isPumping = false;
      }),
    );
  }

  async #leaseForAll(): Promise<void> {
    const { journal } = this.#options;
    while (this.#state !== "stopped" && journal.isReadable) {
      const worker = this.#workerWithRoom();
      if (worker === undefined) return;
      const waitMs = this.#waitBeforeLease();
      if (waitMs > 0) return this.#pumpLater(waitMs);
      this.#lastLeaseMs = Date.now();
      const batch = await journal.lease(BATCH_RECORDS_MAX, BATCH_BYTES_MAX);
      if (batch === undefined) return;
      // It may have died meanwhile.
      if (worker.hasRoom) worker.give(batch, journal.id, journal.doneThrough);
      else journal.returned(batch);
    }
  }

  #workerWithRoom(): DigestWorker | undefined {
    const free = this.#workers
      .filter((worker) => worker?.hasRoom === true)
      .sort((a, b) => (a?.batches ?? 0) - (b?.batches ?? 0));
    // One batch tries whether the database is back.
    if (this.isDatabaseAway && this.#workers.some((worker) => (worker?.batches ?? 0) > 0)) return undefined;
    return free[0];
  }

  #waitBeforeLease(): number {
    const now = Date.now();
    if (now < this.#pausedUntilMs) return this.#pausedUntilMs - now;
    if (this.#options.journal.unreadRecords >= LINGER_RECORDS || this.#state === "draining") return 0;
    return this.#lastLeaseMs + LINGER_MS - now;
  }

  #pumpLater(waitMs: number): void {
    clearTimeout(this.#pumpTimer);
    this.#pumpTimer = setTimeout(() => this.#pump(), waitMs);
  }

  async #stored(batch: Batch, message: StoredMessage): Promise<void> {
    if (this.#databaseFailures > 0)
      this.#options.log.info("Database stores again", { waiting: this.#options.journal.depth });
    this.#databaseFailures = 0;
    this.#storedSinceProgress += message.stored;
    this.#options.onStored(message);
    await this.#options.journal.done(batch);
    this.#pump();
  }

  async #failed(batch: Batch, { blamesEntry, error, firstSequence }: FailedMessage): Promise<void> {
    const { journal, log } = this.#options;
    if (!blamesEntry) {
      if (this.#databaseFailures === 0)
        log.warn("Database cannot store; accepted events wait in the journal", { error });
      this.#pausedUntilMs =
        Date.now() + backoffMs(this.#databaseFailures, DATABASE_RETRY_MS.first, DATABASE_RETRY_MS.max);
      this.#databaseFailures += 1;
      journal.returned(batch);
      return;
    }
    const records = batch.lastSequence - firstSequence + 1;
    log.error("Batch cannot be stored", { firstSequence, records, error });
    if (records === 1) return this.#quarantine(batch, error);
    const half = Math.floor(records / 2);
    journal.returned(batch, [{ records: half, offset: await this.#offsetOf(batch, half) }]);
  }

  async #died(index: number, batches: readonly Batch[], death: { sequence?: number; reason: string }): Promise<void> {
    this.#workers[index] = undefined;
    if (this.#state === "stopped") {
      for (const batch of batches) this.#options.journal.returned(batch);
      return;
    }
    this.#options.onWorkerDeath();
    this.#options.log.error("Digest worker died", {
      reason: death.reason,
      ...(death.sequence ? { sequence: death.sequence } : {}),
    });
    for (const batch of batches) await this.#takeBack(batch, death);
    this.#finish(this.#restartWorker(index));
  }

  async #restartWorker(index: number): Promise<void> {
    const waitMs = backoffMs(this.#restarts, WORKER_RESTART_MS.first, WORKER_RESTART_MS.max);
    this.#restarts += 1;
    await sleep(waitMs);
    if (this.#state !== "stopped") await this.#startWorker(index);
  }

  /** The entry that killed the worker stands alone from now on, so that it can take no other with it. */
  async #takeBack(batch: Batch, { sequence, reason }: { sequence?: number; reason: string }): Promise<void> {
    const { journal } = this.#options;
    if (sequence === undefined || sequence < batch.firstSequence || sequence > batch.lastSequence)
      return journal.returned(batch);
    const deaths = (this.#deaths.get(sequence) ?? 0) + 1;
    this.#deaths.set(sequence, deaths);
    const oldest = this.#deaths.keys().next().value;
    if (this.#deaths.size > SUSPECTS_MAX && oldest !== undefined) this.#deaths.delete(oldest);
    if (deaths >= DEATHS_MAX && batch.firstSequence === batch.lastSequence) {
      this.#deaths.delete(sequence);
      return this.#quarantine(batch, `killed ${deaths} workers: ${reason}`);
    }
    const before = sequence - batch.firstSequence;
    const offset = await this.#offsetOf(batch, before);
    const end = await this.#offsetOf(batch, before + 1);
    journal.returned(batch, [
      { records: before, offset },
      { records: before + 1, offset: end },
    ]);
  }

  async #quarantine(batch: Batch, reason: string): Promise<void> {
    const { journal, quarantine, log } = this.#options;
    try {
      const record = await journal.readAgain(batch);
      await quarantine({ firstSequence: batch.firstSequence, record, reason });
    } catch (error) {
      // Never lost: it comes back and is quarantined when that works.
      log.error("Entry could not be quarantined", { sequence: batch.firstSequence, error: String(error) });
      this.#pausedUntilMs = Date.now() + DATABASE_RETRY_MS.max;
      journal.returned(batch);
      return;
    }
    log.error("Entry quarantined", { sequence: batch.firstSequence, reason });
    await journal.done(batch);
    this.#pump();
  }

  /** The bytes of a batch went to the worker with it, so its records are measured on disk. */
  async #offsetOf(batch: Batch, records: number): Promise<number> {
    const bytes = await this.#options.journal.readAgain(batch);
    let offset = 0;
    for (let record = 0; record < records; record += 1) offset += recordBytes(bytes, offset);
    return offset;
  }

  #finish(work: Promise<void>): void {
    const guarded = work
      .catch((error: unknown) => {
        this.#options.log.error("Digest failed", {
          error: error instanceof Error ? (error.stack ?? error.message) : String(error),
        });
      })
      .finally(() => {
        this.#unfinished.delete(guarded);
      });
    this.#unfinished.add(guarded);
  }

  #tellProgress(): void {
    const { journal, log } = this.#options;
    if (journal.depth >= PROGRESS_RECORDS) {
      const perSecond = Math.round(this.#storedSinceProgress / (PROGRESS_MS / 1000));
      log.info("Journal drains", {
        waiting: journal.depth,
        mebibytes: Math.round(journal.bytes / 1024 ** 2),
        storedPerSecond: perSecond,
      });
    }
    this.#storedSinceProgress = 0;
  }
}
