/**
 * What stands between accepting an event and storing it. `append` resolves when the entry is on disk; only then is
 * the client answered. Batches of entries are leased, digested and stored elsewhere, and then either `done` or
 * `returned`. Entries survive the end of the process, in whatever way it ends.
 *
 * **Maintained invariants.** A batch never holds an entry that is not on disk. Every entry is leased to at most one
 * holder at a time. A segment is deleted only when all its entries are done; one that cannot be read stays. Sequences never
 * repeat within a journal.
 */
import { mkdir } from "node:fs/promises";
import { Turns } from "../../runtime/turns.ts";
import { type EntrySink, type JournalEntry, JournalUnavailableError } from "./entry.ts";
import { beyondReserved, JournalIdentity } from "./journal-identity.ts";
import { encodeRecord, RECORD_HEADER_BYTES, recordBytes } from "./record.ts";
import { Segment } from "./segment.ts";
import { SegmentFiles } from "./segment-file.ts";
import type { SegmentMirror } from "./segment-mirror.ts";

/** A segment is sealed when it is this long; smaller ones give disk space back sooner. */
const SEGMENT_BYTES = 32 * 1024 * 1024;

/** A full journal has at least this many segments, so that storing a part of it makes room. */
const SEGMENTS_MIN = 8;

/** One group commit writes at most this much, so that a burst does not make the first of it wait for the last. */
const GROUP_BYTES_MAX = 8 * 1024 * 1024;

/** A lease reads a little more than its records take on average, and at least this much. */
const WINDOW_SHARE = 1.1;
const WINDOW_BYTES_MIN = 64 * 1024;

/** How long a segment is left alone that could not be read. */
const READ_AGAIN_MS = 10_000;

/** With less room than an event may take, or than this part of a small journal, it is as good as full. */
const ROOM_BYTES = 1024 * 1024;
const ROOM_SHARE = 0.1;

/** How long a disk counts as one that cannot be written; then it is for those who send to find out. */
const WRITE_AGAIN_MS = 10_000;

/** How exactly it is known when an entry was written. */
const MARK_EVERY_MS = 1_000;

export interface JournalOptions {
  readonly directory: string;
  /** Bytes on disk above which appends are refused. */
  readonly bytesMax: number;
  readonly segmentBytes?: number;
  readonly log: (message: string, details?: object) => void;
}

/** Consecutive entries, leased to one holder. */
export interface Batch {
  readonly firstSequence: number;
  readonly lastSequence: number;
  /** The records as they stand in the segment, in a buffer of its own that may be transferred to another thread. */
  readonly bytes: Buffer;
  /** How often it was leased before. */
  readonly attempts: number;
}

/** Where a piece of a batch ends: the offset in its bytes, and how many records are before it. */
export interface Cut {
  readonly records: number;
  readonly offset: number;
}

/** An append whose group was not written yet. */
interface Waiting {
  readonly parts: readonly [Uint8Array, Uint8Array];
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (reason: Error) => void;
}

/** Consecutive records of one segment. */
interface Range {
  readonly segment: Segment;
  readonly offset: number;
  readonly bytes: number;
  readonly firstSequence: number;
  readonly records: number;
  readonly attempts: number;
}

/** Sequences from `first` to `last`, both included. */
export interface SequenceRange {
  readonly first: number;
  readonly last: number;
}

export class Journal implements EntrySink {
  /** Names this journal in the database, beside the sequences that are stored. */
  readonly id: string;
  readonly bytesMax: number;
  /** Called whenever there may be something new to lease. */
  onReadable: () => void = () => {};
  /** Where segments are written as well; entries are answered for when they are there, too. */
  mirror: SegmentMirror | undefined;

  readonly #identity: JournalIdentity;
  readonly #files: SegmentFiles;
  readonly #segmentBytes: number;
  readonly #log: JournalOptions["log"];
  /** Oldest first. */
  readonly #segments: Segment[];
  /** Could not be read lately, and why: until it is tried again nothing is leased from it. */
  readonly #unreadable = new Map<Segment, Error>();
  /** Of an earlier run, which could not be read when the journal was opened. What is in them is not known. */
  readonly #unreadableFiles: number;
  /** All done, but a crash could still bring them back. */
  readonly #leaving = new Set<Segment>();
  #bytes: number;
  #active: Segment | undefined;
  #nextSequence: number;

  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #writing: Promise<void> | undefined;
  /** By the clock of `performance`; absent: the last group was written. */
  #writeFailedAtMs: number | undefined;

  readonly #leased = new Map<number, Range>();
  /** Given back by their holders, to be leased again before anything newer. */
  readonly #returned: Range[] = [];
  #storedBefore: SequenceRange[] = [];
  /**
   * When sequences were written, oldest first; as many as seconds that the oldest entry waits. By the clock of `performance`: while
   * that of the day is set back nothing would seem to wait, and no peer would help.
   */
  readonly #marks: { readonly sequence: number; readonly atMs: number }[];
  /** One lease at a time: how far a segment was read is known only when its bytes were seen. */
  readonly #leasing = new Turns();
  #closed = false;
  readonly #rotations: (() => void)[] = [];

  private constructor(
    options: JournalOptions,
    identity: JournalIdentity,
    files: SegmentFiles,
    { segments, unreadable }: LeftSegments,
  ) {
    this.#identity = identity;
    this.#files = files;
    this.bytesMax = options.bytesMax;
    this.#segmentBytes = segmentBytesOf(options);
    this.#log = options.log;
    this.id = identity.id;
    this.#segments = segments;
    this.#unreadableFiles = unreadable;
    this.#bytes = segments.reduce((sum, segment) => sum + segment.durableBytes, 0);
    this.#nextSequence = identity.firstSequence;
    this.#marks = [{ sequence: 0, atMs: performance.now() }];
  }

  /** Opens what an earlier run left, or an empty journal. */
  static async open(options: JournalOptions): Promise<Journal> {
    await mkdir(options.directory, { recursive: true, mode: 0o700 });
    const identity = await JournalIdentity.open(options.directory);
    const files = new SegmentFiles(options.directory, segmentBytesOf(options));
    return new Journal(options, identity, files, await openSegments(await files.list(), options.log));
  }

  /** Entries that are on disk and not yet done, the leased ones included. */
  get depth(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.durableRecords - segment.doneRecords, 0);
  }

  /** How long the oldest entry that is not done has waited since it was written, or since this run found it. */
  get lagMs(): number {
    const oldest = this.#oldestUnfinished();
    if (oldest === undefined) return 0;
    while ((this.#marks[1]?.sequence ?? Number.POSITIVE_INFINITY) <= oldest) this.#marks.shift();
    const nowMs = performance.now();
    return nowMs - (this.#marks[0]?.atMs ?? nowMs);
  }

  /** Files that hold entries, as far as is known, and cannot be read. */
  get unreadableSegments(): number {
    return this.#unreadableFiles + this.#unreadable.size;
  }

  /** Bytes of segments on disk. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Whether whoever sends should send here: an event of any size has room, and the disk took the last one, or was not tried for
   * a while.
   */
  get isAccepting(): boolean {
    const roomBytes = Math.min(ROOM_BYTES, this.bytesMax * ROOM_SHARE);
    if (this.#bytes + roomBytes > this.bytesMax) return false;
    return this.#writeFailedAtMs === undefined || performance.now() - this.#writeFailedAtMs >= WRITE_AGAIN_MS;
  }

  /** Whether a lease would find something. */
  get isReadable(): boolean {
    return this.unreadRecords > 0 || this.#returned.some(({ segment }) => !this.#unreadable.has(segment));
  }

  /** Entries that were never leased, and could be. */
  get unreadRecords(): number {
    return this.#readable().reduce((sum, { readRecords, durableRecords }) => sum + durableRecords - readRecords, 0);
  }

  /** Bytes of those entries. */
  get unreadBytes(): number {
    return this.#readable().reduce(
      (sum, { readBytes, durableBytes }) => sum + Math.max(0, durableBytes - readBytes),
      0,
    );
  }

  /**
   * Everything up to and including this sequence is done, and its disk space given back, but for files that could not be read at
   * the start: should they come back, what of them is stored is known by the events' ids. To remember every batch until then would
   * be without end.
   */
  get doneThrough(): number {
    const kept = [...this.#segments, ...this.#leaving].map(({ firstSequence }) => firstSequence);
    return Math.min(this.#nextSequence, ...kept) - 1;
  }

  /** Throws `JournalUnavailableError` when the journal is full, its disk cannot be written, or it is closed. */
  async append(entry: JournalEntry): Promise<void> {
    if (this.#closed) throw new JournalUnavailableError("the journal is closed");
    const parts = encodeRecord(entry);
    const bytes = parts[0].length + parts[1].length;
    if (this.#bytes + this.#waitingBytes + bytes > this.bytesMax) {
      throw new JournalUnavailableError(`the journal is full: ${this.bytesMax} bytes wait to be stored`);
    }
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ parts, bytes, resolve, reject });
      this.#waitingBytes += bytes;
      this.#writing ??= this.#writeGroups().finally(() => {
        this.#writing = undefined;
        this.#rotateNow();
      });
    });
  }

  /**
   * Takes the oldest entries that nobody holds: at most `recordsMax`, and no more once `bytesMax` bytes are reached, but
   * at least one. `undefined` when there is none. Rejects when there are none but in segments that cannot be read.
   */
  async lease(recordsMax: number, bytesMax: number): Promise<Batch | undefined> {
    return this.#leasing.take(async () => {
      const batch = (await this.#leaseReturned()) ?? (await this.#leaseNext(recordsMax, bytesMax));
      const [failure] = this.#unreadable.values();
      if (batch === undefined && failure !== undefined) throw failure;
      return batch;
    });
  }

  /** The same, but none that was given back by its holder. */
  async leaseUnread(recordsMax: number, bytesMax: number): Promise<Batch | undefined> {
    return this.#leasing.take(() => this.#leaseNext(recordsMax, bytesMax));
  }

  /** The bytes of a leased batch once more, after its own were transferred away. */
  async readAgain(batch: Batch): Promise<Buffer> {
    const range = this.#leased.get(batch.firstSequence);
    if (range === undefined) throw new Error(`journal batch ${batch.firstSequence} is not leased`);
    return range.segment.read(range.offset, range.bytes);
  }

  /** The batch is stored, or quarantined: it will not be leased again. */
  async done(batch: Batch): Promise<void> {
    const range = this.#endLease(batch);
    range.segment.doneRecords += range.records;
    await this.#removeDoneSegments();
  }

  /** Whether its holder has neither said `done` nor `returned`. */
  isLeased({ firstSequence }: Batch): boolean {
    return this.#leased.has(firstSequence);
  }

  /** The holder gives the batch back: it will be leased again. With `cuts`, in pieces. */
  returned(batch: Batch, cuts: readonly Cut[] = []): void {
    const range = this.#endLease(batch);
    let from = { records: 0, offset: 0 };
    for (const to of [...cuts, { records: range.records, offset: range.bytes }]) {
      if (to.records > from.records) {
        this.#returned.push({
          segment: range.segment,
          offset: range.offset + from.offset,
          bytes: to.offset - from.offset,
          firstSequence: range.firstSequence + from.records,
          records: to.records - from.records,
          attempts: range.attempts + 1,
        });
      }
      from = to;
    }
    this.onReadable();
  }

  /** Begins a new segment with the next write, and calls back when every one there is by then is sealed, and none later. */
  rotate(then: () => void): void {
    this.#rotations.push(then);
    if (this.#writing === undefined) this.#rotateNow();
  }

  /** Segments whose records are not all done, by their first sequence, and how many bytes of them are on disk. */
  segments(): { readonly segment: number; readonly bytes: number }[] {
    return this.#segments.map(({ firstSequence, durableBytes }) => ({ segment: firstSequence, bytes: durableBytes }));
  }

  /** Bytes of a segment, its header among them; `undefined` if it is done and gone. */
  async readSegment(segment: number, offset: number, bytes: number): Promise<Buffer | undefined> {
    const found = this.#segments.find(({ firstSequence }) => firstSequence === segment);
    if (found === undefined) return undefined;
    const read = await found.read(offset, bytes);
    // While it was read its file may have been given another life.
    return this.#segments.includes(found) ? read : undefined;
  }

  /** What the database says was stored by an earlier run: these are never leased. To be called before the first lease. */
  skipStored(ranges: readonly SequenceRange[]): void {
    this.#storedBefore = ranges.toSorted((a, b) => a.first - b.first);
  }

  /**
   * A directory that was set back, to a backup of it or a snapshot of its disk, does not know of sequences that are stored: events of
   * theirs would pass for stored. To be called before the first append, by whoever writes the journal.
   */
  useNoneOf(stored: readonly SequenceRange[]): void {
    const last = stored.reduce((highest, range) => Math.max(highest, range.last), 0);
    if (last < this.#nextSequence) return;
    this.#log("Journal is older than what the database has stored of it, and goes on behind that", { stored: last });
    this.#nextSequence = beyondReserved(last);
  }

  /** Appends no more. What waits is still written; batches that are leased may still be ended. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#writing;
    await this.#leasing.ended();
    this.#seal();
    await this.#removeDoneSegments();
    await Promise.all(this.#segments.map((segment) => segment.close()));
    await this.#files.close();
  }

  async #writeGroups(): Promise<void> {
    while (this.#waiting.length > 0) {
      // Requests that have arrived by now go into one group: every group costs a write to disk, however small.
      await new Promise((resolve) => setImmediate(resolve));
      const group = this.#takeGroup();
      try {
        await this.#identity.reserveThrough(this.#nextSequence + group.waiting.length);
        const segment = await this.#segmentFor(group.bytes);
        const offset = segment.durableBytes;
        const parts = segment.frame(group.waiting.map(({ parts: record }) => record));
        const mirrored = this.mirror?.write(segment.firstSequence, offset, parts);
        await segment.append(parts, group.waiting.length);
        this.#writeFailedAtMs = undefined;
        this.#bytes += segment.durableBytes - offset;
        this.#mark(this.#nextSequence);
        this.#nextSequence += group.waiting.length;
        // One that is full by a single group would otherwise be so for ever: nothing more fits behind what waits in it.
        if (segment.durableBytes >= this.#segmentBytes) this.#seal();
        const answer = () => {
          for (const { resolve } of group.waiting) resolve();
        };
        // The next group is written meanwhile.
        if (mirrored === undefined) answer();
        else void mirrored.then(answer);
        this.onReadable();
      } catch (cause) {
        // What the disk holds behind the last good record is unknown now: nothing may be written behind it, and sequences
        // that some of the group may have there are not used again.
        this.#seal();
        this.#writeFailedAtMs = performance.now();
        this.#nextSequence += group.waiting.length;
        this.#log("Journal cannot be written", { error: String(cause), refused: group.waiting.length });
        const reason = new JournalUnavailableError("the journal cannot be written", { cause });
        for (const { reject } of group.waiting) reject(reason);
        await this.#removeDoneSegments();
      } finally {
        this.#waitingBytes -= group.bytes;
      }
    }
  }

  /** Remembers when a sequence was written, at most once a second. */
  #mark(sequence: number): void {
    const nowMs = performance.now();
    if (nowMs - (this.#marks.at(-1)?.atMs ?? 0) >= MARK_EVERY_MS) this.#marks.push({ sequence, atMs: nowMs });
  }

  #oldestUnfinished(): number | undefined {
    const unread = this.#segments.find(({ readRecords, durableRecords }) => readRecords < durableRecords);
    const firsts = [...this.#leased.keys(), ...this.#returned.map(({ firstSequence }) => firstSequence)];
    if (unread !== undefined) firsts.push(unread.firstSequence + unread.readRecords);
    return firsts.length === 0 ? undefined : Math.min(...firsts);
  }

  #takeGroup(): { waiting: Waiting[]; bytes: number } {
    let bytes = 0;
    let count = 0;
    for (const append of this.#waiting) {
      if (count > 0 && bytes + append.bytes > GROUP_BYTES_MAX) break;
      bytes += append.bytes;
      count += 1;
    }
    const waiting = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    return { waiting, bytes };
  }

  /** The segment to write so many bytes to. None grows beyond its size, unless one group alone is larger. */
  async #segmentFor(bytes: number): Promise<Segment> {
    if (this.#active !== undefined && this.#active.durableBytes + bytes > this.#segmentBytes) this.#seal();
    this.#rotateNow();
    if (this.#active === undefined) {
      const { path, file } = await this.#files.take();
      this.#active = new Segment(path, file, this.#nextSequence);
      this.#segments.push(this.#active);
    }
    if (this.#active.durableBytes > this.#segmentBytes / 2) this.#files.prepare();
    return this.#active;
  }

  #rotateNow(): void {
    for (const then of this.#rotations.splice(0)) {
      this.#seal();
      then();
    }
  }

  #seal(): void {
    if (this.#active !== undefined) this.#active.sealed = true;
    this.#active = undefined;
  }

  #readable(): Segment[] {
    return this.#segments.filter((segment) => !this.#unreadable.has(segment));
  }

  async #leaseReturned(): Promise<Batch | undefined> {
    for (;;) {
      const at = this.#returned.findIndex(({ segment }) => !this.#unreadable.has(segment));
      const range = at < 0 ? undefined : this.#returned.splice(at, 1)[0];
      if (range === undefined) return undefined;
      const batch = await this.#leaseRange(range);
      if (batch !== undefined) return batch;
    }
  }

  async #leaseNext(recordsMax: number, bytesMax: number): Promise<Batch | undefined> {
    for (;;) {
      const next = await this.#nextRange(recordsMax, bytesMax);
      if (next === undefined) return undefined;
      const batch = await this.#leaseRange(next.range, next.bytes);
      if (batch !== undefined) return batch;
    }
  }

  /** `undefined`: it cannot be read, and waits with its segment. */
  async #leaseRange(range: Range, known?: Buffer): Promise<Batch | undefined> {
    const { firstSequence, records, attempts } = range;
    this.#leased.set(firstSequence, range);
    const bytes = known ?? (await this.#read(range.segment, range.offset, range.bytes));
    if (bytes !== undefined) return { firstSequence, lastSequence: firstSequence + records - 1, bytes, attempts };
    this.#leased.delete(firstSequence);
    this.#returned.push(range);
    return undefined;
  }

  /** `undefined`: the disk cannot. Others are leased meanwhile, and the segment is tried again later. */
  async #read(segment: Segment, offset: number, bytes: number): Promise<Buffer | undefined> {
    try {
      return await segment.read(offset, bytes);
    } catch (cause) {
      const { path } = segment;
      const failure = cause instanceof Error ? cause : new Error(String(cause));
      this.#log("Journal segment cannot be read; others are, and this one again later", { path, error: String(cause) });
      this.#unreadable.set(segment, failure);
      const readAgain = () => {
        this.#unreadable.delete(segment);
        this.onReadable();
      };
      setTimeout(readAgain, READ_AGAIN_MS).unref();
      return undefined;
    }
  }

  /** Moves on over entries that nobody was given yet. */
  async #nextRange(
    recordsMax: number,
    bytesMax: number,
  ): Promise<{ readonly range: Range; readonly bytes?: Buffer } | undefined> {
    for (const segment of this.#segments) {
      while (segment.readRecords < segment.durableRecords && !this.#unreadable.has(segment)) {
        const firstSequence = segment.firstSequence + segment.readRecords;
        const stored = this.#storedBefore.find(({ last }) => last >= firstSequence);
        const isStored = stored !== undefined && stored.first <= firstSequence;
        const until = isStored ? stored.last + 1 : (stored?.first ?? Number.POSITIVE_INFINITY);
        const limit = Math.min(recordsMax, until - firstSequence, segment.durableRecords - segment.readRecords);
        const measured = await this.#measure(segment, limit, bytesMax);
        if (measured === undefined) break;
        const { records, bytes, window } = measured;
        const range = { segment, offset: segment.readBytes, bytes, firstSequence, records, attempts: 0 };
        segment.readRecords += records;
        segment.readBytes += bytes;
        // A first record longer than the window is read again, whole.
        if (!isStored) return bytes > window.length ? { range } : { range, bytes: window.subarray(0, bytes) };
        segment.doneRecords += records;
      }
    }
    await this.#removeDoneSegments();
    return undefined;
  }

  /** How many of the next records fit, and their bytes; `undefined` if they cannot be read. */
  async #measure(
    segment: Segment,
    recordsMax: number,
    bytesMax: number,
  ): Promise<{ records: number; bytes: number; window: Buffer } | undefined> {
    const left = segment.durableBytes - segment.readBytes;
    const expected = Math.ceil((recordsMax * WINDOW_SHARE * segment.durableBytes) / segment.durableRecords);
    const windowBytes = Math.min(left, bytesMax, Math.max(expected, WINDOW_BYTES_MIN));
    const window = await this.#read(segment, segment.readBytes, windowBytes);
    if (window === undefined) return undefined;
    let records = 0;
    let bytes = 0;
    while (records < recordsMax && bytes + RECORD_HEADER_BYTES <= window.length) {
      const next = recordBytes(window, bytes);
      if (records > 0 && bytes + next > window.length) break;
      records += 1;
      bytes += next;
    }
    return { records, bytes, window };
  }

  #endLease(batch: Batch): Range {
    const range = this.#leased.get(batch.firstSequence);
    if (range === undefined) throw new Error(`journal batch ${batch.firstSequence} is not leased`);
    this.#leased.delete(batch.firstSequence);
    return range;
  }

  async #removeDoneSegments(): Promise<void> {
    for (const segment of this.#segments.slice()) {
      if (!segment.sealed || segment.doneRecords < segment.durableRecords) continue;
      const at = this.#segments.indexOf(segment);
      // While another one's file was given back, somebody else has removed this one.
      if (at < 0) continue;
      this.#segments.splice(at, 1);
      this.#leaving.add(segment);
      this.#bytes -= segment.durableBytes;
      this.mirror?.drop(segment.firstSequence);
      try {
        await this.#files.giveBack(segment);
      } catch (error) {
        // It leaves with the next start, which finds in the database that all of it is done.
        this.#log("Journal segment could not be removed", { error: String(error) });
        continue;
      }
      this.#leaving.delete(segment);
    }
  }
}

/** What an earlier run has left. */
interface LeftSegments {
  /** Oldest first. */
  readonly segments: Segment[];
  readonly unreadable: number;
}

/** What was accepted into a file that cannot be read was answered for: it stays where it is, and everything else goes on. */
async function openSegments(paths: readonly string[], log: JournalOptions["log"]): Promise<LeftSegments> {
  const segments: Segment[] = [];
  let unreadable = 0;
  for (const path of paths) {
    const segment = await Segment.openSealed(path).catch((error: unknown) => {
      unreadable += 1;
      log("Journal segment cannot be read; what was accepted into it waits in its file for a start that can", {
        path,
        error: String(error),
      });
      return undefined;
    });
    if (segment === undefined) continue;
    if (segment.durableRecords > 0) segments.push(segment);
    else await segment.remove();
  }
  segments.sort((a, b) => a.firstSequence - b.firstSequence);
  return { segments, unreadable };
}

/** How large a journal lays out its files. */
export function segmentBytesOf({ segmentBytes, bytesMax }: Pick<JournalOptions, "bytesMax" | "segmentBytes">): number {
  return segmentBytes ?? Math.min(SEGMENT_BYTES, bytesMax / SEGMENTS_MIN);
}
