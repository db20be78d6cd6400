/**
 * Leads batches from a journal to the worker threads, for ever: leases, hands out, and sees to it that every batch ends
 * stored, or comes back, or is quarantined.
 *
 * - The database is away: the batch comes back whole, and after a growing pause one batch at a time is tried.
 * - The batch takes the database too long, or too much memory: the same, in halves. An entry of which the database says so
 *   again and again, though it stores others in between, is quarantined.
 * - A batch cannot be stored although the database answers: it is halved until the entry that spoils it stands alone.
 * - A part of it is stored already, by a node that stood in for this one: it is halved until each piece is one or the other.
 * - It holds too many events, or takes too long to digest: the same.
 * - A worker dies: the entry it was digesting is tried once more alone. A batch of which it was digesting none is
 *   tried once more, then in halves.
 * - An entry that fails alone, or kills a second worker, is quarantined; so is one that workers die of again and again while
 *   they have it alone, though not while they digest it.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { backoffMs } from "../../runtime/backoff.ts";
import type { Log } from "../../runtime/log.ts";
import type { Service } from "../../runtime/service.ts";
import { JournalFencedError } from "../journal/journal.queries.ts";
import type { Batch, Cut, Journal } from "../journal/journal.ts";
import { recordBytes } from "../journal/record.ts";
import type { DigestPool } from "./digest-pool.ts";
import type { DiedMessage, DigestResult, FailedMessage, StoredMessage } from "./digest-worker.ts";
import { EntryTally } from "./entry-tally.ts";

/** A batch is as large as one transaction may be: larger ones store more per second, and hold locks longer. */
const BATCH_RECORDS_MAX = 1_000;
const BATCH_BYTES_MAX = 2 * 1024 * 1024;

/**
 * While few entries wait, batches start at least this far apart, milliseconds: tiny batches cost several times as much an
 * event. Of 900 events of 10 KB a second each costs a quarter less in batches of 200 ms than in those of 50.
 */
const LINGER_MS = { quiet: 50, busy: 200 } as const;
const LINGER_RECORDS = 500;
/** A batch that holds so many came from busy clients, of whom nobody waits for one event. */
const BUSY_RECORDS = 10;

/**
 * More bytes than these that nobody has begun with are more than the threads are equal to. By bytes: small events wait for
 * the database, large ones for whoever digests them. At 50 KB two threads on two cores stored a third more, at 2 KB no more.
 */
const REINFORCE_BYTES = 16 * BATCH_BYTES_MAX;

/** Deaths by one entry after which it is quarantined. */
const DEATHS_MAX = 2;

/** How often a worker may die that has an entry alone, without digesting it just then; then it is quarantined. */
const DEATHS_ALONE_MAX = 10;

/** How often an entry alone may be too much for a database that has just stored others; then it is quarantined. */
const ALONE_TOO_MUCH_MAX = 10;

const DATABASE_RETRY_MS = { first: 100, max: 5_000 };

/** How often the log tells how draining goes, while much waits. */
const PROGRESS_MS = 5_000;
const PROGRESS_RECORDS = 1_000;

/** How long a stopping server stores what it accepted. What is left then stays in the journal for the next start. */
const DRAIN_MS_MAX = 20_000;

/** How long a stopping dispatcher waits for the batches that are being stored. */
const BATCH_END_MS_MAX = 5_000;

export interface DispatcherOptions {
  readonly journal: Journal;
  /** Under which this node may store the journal's entries. */
  readonly epoch: number;
  /** A copy of another node's journal: what is done here may lie on its owner's disk, so the database is to remember it. */
  readonly isCopy?: boolean;
  readonly pool: Pick<DigestPool, "hasRoom" | "onRoom" | "reinforce" | "digest">;
  readonly quarantine: (entry: { firstSequence: number; record: Buffer; reason: string }) => Promise<void>;
  readonly onStored: (message: StoredMessage) => void;
  /**
   * Another node stores this journal's entries now. Resolves with the epoch under which this one may again, or with
   * `undefined` if it is to leave them to the other.
   */
  readonly onFenced: () => Promise<number | undefined>;
  readonly log: Log;
}

export class Dispatcher implements Service {
  readonly name = "digest";
  readonly #options: DispatcherOptions;
  /** How many workers an entry has killed; how many died that had it alone; how often it was too much. By sequence. */
  readonly #deaths = new EntryTally();
  readonly #deathsAlone = new EntryTally();
  readonly #tooMuch = new EntryTally();
  readonly #unfinished = new Set<Promise<void>>();
  /** An entry alone was too much, or a worker died that had it: others are tried before it is again. */
  #isUnreadFirst = false;
  #epoch: number;
  #isFenced = false;
  #batches = 0;
  #databaseFailures = 0;
  // By the clock of `performance`: that of the day may be set back, and everything would wait until then.
  #pausedUntilMs = 0;
  #lastLeaseMs = 0;
  #lastLeaseRecords = 0;
  #isPumping = false;
  /** Something changed while it was leasing, so it looks again afterwards. */
  #pumpsAgain = false;
  #pumpTimer: NodeJS.Timeout | undefined;
  #progressTimer: NodeJS.Timeout | undefined;
  #storedSinceProgress = 0;
  #state: "running" | "draining" | "stopped" = "running";
  #forgetRoom = () => {};

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#epoch = options.epoch;
  }

  /** Whether the database took the last batch that was tried. */
  get isDatabaseAway(): boolean {
    return this.#databaseFailures > 0;
  }

  get epoch(): number {
    return this.#epoch;
  }

  async start(): Promise<void> {
    this.#options.journal.onReadable = () => this.#pump();
    this.#forgetRoom = this.#options.pool.onRoom(() => this.#pump());
    this.#progressTimer = setInterval(() => this.#tellProgress(), PROGRESS_MS).unref();
    this.#pump();
  }

  /** Stores what waits, for at most `DRAIN_MS_MAX` and not while the database is away. */
  async stop(): Promise<void> {
    this.#state = "draining";
    const { journal, log } = this.#options;
    const deadline = performance.now() + DRAIN_MS_MAX;
    if (journal.depth > 0) log.info("Journal drains before the stop", { waiting: journal.depth });
    while (journal.depth > 0 && performance.now() < deadline && !this.isDatabaseAway && !this.#isFenced) {
      this.#pump();
      await sleep(10);
    }
    if (journal.depth > 0) log.warn("Journal keeps entries for the next start", { waiting: journal.depth });
    await this.abandon();
  }

  /** Leases no more, and waits a little for the batches that are being digested: a frozen database may hold them for long. */
  async abandon(): Promise<void> {
    this.#state = "stopped";
    this.#forgetRoom();
    clearTimeout(this.#pumpTimer);
    clearInterval(this.#progressTimer);
    const over = new AbortController();
    const overdue = sleep(BATCH_END_MS_MAX, undefined, { signal: over.signal }).catch(() => undefined);
    await Promise.race([Promise.all(this.#unfinished), overdue]);
    over.abort();
  }

  /** Leases while there is room. Called whenever anything changed; does nothing if it has nothing to do. */
  #pump(): void {
    if (this.#state === "stopped") return;
    if (this.#isPumping) {
      this.#pumpsAgain = true;
      return;
    }
    this.#isPumping = true;
    this.#pumpsAgain = false;
    this.#finish(
      this.#leaseWhileRoom()
        .catch((error: unknown) => {
          // Nobody else would come back to what could not be read.
          this.#pumpLater(DATABASE_RETRY_MS.max);
          throw error;
        })
        .finally(() => {
          this.#isPumping = false;
          if (this.#pumpsAgain) this.#pump();
        }),
    );
  }

  async #leaseWhileRoom(): Promise<void> {
    const { journal, pool } = this.#options;
    while (this.#state !== "stopped" && journal.isReadable && !this.#isFenced) {
      if (!pool.hasRoom && journal.unreadBytes >= REINFORCE_BYTES) pool.reinforce();
      // One batch tries whether the database is back.
      if (!pool.hasRoom || (this.isDatabaseAway && this.#batches > 0)) return;
      const waitMs = this.#waitBeforeLease();
      if (waitMs > 0) return this.#pumpLater(waitMs);
      this.#lastLeaseMs = performance.now();
      const batch = await this.#lease();
      if (batch === undefined) return;
      this.#lastLeaseRecords = recordsOf(batch);
      // It may be gone meanwhile.
      if (pool.hasRoom) this.#finish(this.#digest(batch));
      else return journal.returned(batch);
    }
  }

  /** What was given back comes first, but not twice in a row when it was an entry alone. */
  async #lease(): Promise<Batch | undefined> {
    const { journal } = this.#options;
    const isUnreadFirst = this.#isUnreadFirst;
    this.#isUnreadFirst = false;
    const unread = isUnreadFirst ? await journal.leaseUnread(BATCH_RECORDS_MAX, BATCH_BYTES_MAX) : undefined;
    return unread ?? journal.lease(BATCH_RECORDS_MAX, BATCH_BYTES_MAX);
  }

  #waitBeforeLease(): number {
    const now = performance.now();
    if (now < this.#pausedUntilMs) return this.#pausedUntilMs - now;
    if (this.#options.journal.unreadRecords >= LINGER_RECORDS || this.#state === "draining") return 0;
    const lingerMs = this.#lastLeaseRecords < BUSY_RECORDS ? LINGER_MS.quiet : LINGER_MS.busy;
    return this.#lastLeaseMs + lingerMs - now;
  }

  #pumpLater(waitMs: number): void {
    clearTimeout(this.#pumpTimer);
    this.#pumpTimer = setTimeout(() => this.#pump(), waitMs);
  }

  async #digest(batch: Batch): Promise<void> {
    const epoch = this.#epoch;
    try {
      const result = await this.#hand(batch);
      if (result.kind === "stored") await this.#stored(batch, result);
      else if (result.kind === "failed") await this.#failed(batch, epoch, result);
      else await this.#died(batch, result);
    } catch (error) {
      // Whatever failed here, a lease that nobody ends would keep its entries until the next start.
      this.#pausedUntilMs = performance.now() + DATABASE_RETRY_MS.max;
      if (this.#options.journal.isLeased(batch)) this.#options.journal.returned(batch);
      throw error;
    } finally {
      this.#pump();
    }
  }

  async #hand({ firstSequence, lastSequence, bytes }: Batch): Promise<DigestResult> {
    const { journal, pool, isCopy = false } = this.#options;
    this.#batches += 1;
    try {
      return await pool.digest({
        journalId: journal.id,
        epoch: this.#epoch,
        firstSequence,
        lastSequence,
        doneThrough: isCopy ? 0 : journal.doneThrough,
        bytes,
      });
    } finally {
      this.#batches -= 1;
    }
  }

  async #stored(batch: Batch, message: StoredMessage): Promise<void> {
    if (this.#databaseFailures > 0)
      this.#options.log.info("Database stores again", { waiting: this.#options.journal.depth });
    this.#databaseFailures = 0;
    this.#storedSinceProgress += message.stored;
    this.#options.onStored(message);
    await this.#options.journal.done(batch);
  }

  async #failed(batch: Batch, epoch: number, { fault, error }: FailedMessage): Promise<void> {
    if (fault === "database") return this.#waitForDatabase(batch, error, []);
    if (fault === "too_much") return this.#tooMuchFor(batch, error);
    if (fault === "fenced") return this.#fenced(batch, epoch);
    const { journal, log } = this.#options;
    const records = recordsOf(batch);
    if (fault === "entry") {
      log.error("Batch cannot be stored", { firstSequence: batch.firstSequence, records, error });
      if (records === 1) return this.#quarantine(batch, error);
    }
    journal.returned(batch, await this.#halvesOf(batch));
  }

  async #tooMuchFor(batch: Batch, error: string): Promise<void> {
    const isAlone = recordsOf(batch) === 1;
    this.#isUnreadFirst = isAlone;
    // Right after a failure the database itself may be short of something.
    const isTold = isAlone && this.#databaseFailures === 0;
    if (isTold && this.#tooMuch.reaches(batch.firstSequence, ALONE_TOO_MUCH_MAX))
      return this.#quarantine(batch, `too much for the database: ${error}`);
    return this.#waitForDatabase(batch, error, await this.#halvesOf(batch));
  }

  async #halvesOf(batch: Batch): Promise<Cut[]> {
    const records = Math.floor(recordsOf(batch) / 2);
    return records === 0 ? [] : [{ records, offset: await this.#offsetOf(batch, records) }];
  }

  #waitForDatabase(batch: Batch, error: string, cuts: readonly Cut[]): void {
    const { journal, log } = this.#options;
    if (this.#databaseFailures === 0) log.warn("Database cannot store; accepted events wait in the journal", { error });
    this.#pausedUntilMs =
      performance.now() + backoffMs(this.#databaseFailures, DATABASE_RETRY_MS.first, DATABASE_RETRY_MS.max);
    this.#databaseFailures += 1;
    journal.returned(batch, cuts);
  }

  /** `fencedEpoch`: under which the batch was to be stored. */
  async #fenced(batch: Batch, fencedEpoch: number): Promise<void> {
    const { journal } = this.#options;
    // Of an epoch before, the claim that ended it may be this node's own: one more would fence what was begun since, and so on for ever.
    const isFirst = !this.#isFenced && fencedEpoch === this.#epoch;
    if (isFirst) this.#isFenced = true;
    journal.returned(batch);
    if (!isFirst) return;
    const epoch = await this.#askEpoch();
    if (epoch === undefined) return;
    this.#epoch = epoch;
    this.#isFenced = false;
  }

  async #askEpoch(): Promise<number | undefined> {
    while (this.#state !== "stopped") {
      try {
        return await this.#options.onFenced();
      } catch (error) {
        this.#options.log.warn("Journal could not be claimed again; accepted events wait", { error: String(error) });
        await sleep(DATABASE_RETRY_MS.max);
      }
    }
    return undefined;
  }

  async #died(batch: Batch, death: DiedMessage): Promise<void> {
    if (this.#state === "stopped") this.#options.journal.returned(batch);
    else await this.#takeBack(batch, death);
  }

  /** The entry that killed the worker stands alone from now on, so that it can take no other with it. */
  async #takeBack(batch: Batch, { sequence, reason }: DiedMessage): Promise<void> {
    const { journal } = this.#options;
    if (sequence === undefined || sequence < batch.firstSequence || sequence > batch.lastSequence)
      return this.#takeBackUnblamed(batch, reason);
    const deaths = this.#deaths.add(sequence);
    if (deaths >= DEATHS_MAX && batch.firstSequence === batch.lastSequence) {
      this.#deaths.forget(sequence);
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

  /** The worker may have died of the other batch that it had. What dies again died of itself, as a whole or of something in it. */
  async #takeBackUnblamed(batch: Batch, reason: string): Promise<void> {
    const isAlone = recordsOf(batch) === 1;
    this.#isUnreadFirst = isAlone;
    if (isAlone && this.#deathsAlone.reaches(batch.firstSequence, DEATHS_ALONE_MAX))
      return this.#quarantine(batch, `${DEATHS_ALONE_MAX} workers died while they had it alone: ${reason}`);
    this.#options.journal.returned(batch, batch.attempts === 0 ? [] : await this.#halvesOf(batch));
  }

  async #quarantine(batch: Batch, reason: string): Promise<void> {
    const { journal, quarantine, log } = this.#options;
    const epoch = this.#epoch;
    try {
      const record = await journal.readAgain(batch);
      await quarantine({ firstSequence: batch.firstSequence, record, reason });
    } catch (error) {
      // An entry that kills workers gets no further than here, so nothing else tells.
      if (error instanceof JournalFencedError) return this.#fenced(batch, epoch);
      // Never lost: it comes back and is quarantined when that works.
      log.error("Entry could not be quarantined", { sequence: batch.firstSequence, error: String(error) });
      this.#pausedUntilMs = performance.now() + DATABASE_RETRY_MS.max;
      journal.returned(batch);
      return;
    }
    log.error("Entry quarantined", { sequence: batch.firstSequence, reason });
    await journal.done(batch);
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

function recordsOf({ firstSequence, lastSequence }: Batch): number {
  return lastSequence - firstSequence + 1;
}
