/**
 * One file of the journal: records one after the other, of consecutive sequences.
 * Its name is the sequence of its first record, so a directory listing is in order.
 */
import { constants } from "node:fs";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isRecordAt, RECORD_BYTES_MAX, RECORD_HEADER_BYTES, recordBytes } from "./record.ts";

const NAME = /^(\d{16})\.journal$/;

/** How much of a segment is read at a time when it is scanned at start. */
const SCAN_BYTES = 8 * 1024 * 1024;

export class Segment {
  readonly firstSequence: number;
  readonly path: string;
  /** Records that are on disk, and nothing behind them. */
  durableRecords = 0;
  durableBytes = 0;
  /** Up to here records were handed out. */
  readRecords = 0;
  readBytes = 0;
  /** Handed out and stored, or never to be handed out again. */
  doneRecords = 0;
  /** No record will be added. */
  sealed = false;
  readonly #file: FileHandle;

  private constructor(path: string, firstSequence: number, file: FileHandle) {
    this.path = path;
    this.firstSequence = firstSequence;
    this.#file = file;
  }

  static async create(directory: string, firstSequence: number): Promise<Segment> {
    const path = join(directory, segmentName(firstSequence));
    const file = await open(path, constants.O_CREAT | constants.O_EXCL | constants.O_RDWR | SYNCHRONOUS, 0o600);
    await syncDirectory(directory);
    return new Segment(path, firstSequence, file);
  }

  /** Opens what an earlier run left, and finds the records that are whole. A torn tail was never answered for. */
  static async openSealed(directory: string, name: string): Promise<{ segment: Segment; tornBytes: number }> {
    const firstSequence = parseSegmentName(name);
    if (firstSequence === undefined) throw new Error(`${name} is not the name of a journal segment`);
    const path = join(directory, name);
    const segment = new Segment(path, firstSequence, await open(path, constants.O_RDWR));
    segment.sealed = true;
    const tornBytes = await segment.#scan();
    return { segment, tornBytes };
  }

  /** Writes at the end and waits until it is on disk. After a failure the segment must not be written again. */
  async append(parts: readonly Uint8Array[], bytes: number, records: number): Promise<void> {
    let position = this.durableBytes;
    let rest = parts;
    while (rest.length > 0) {
      const { bytesWritten } = await this.#file.writev(rest.slice(0, IOV_MAX), position);
      position += bytesWritten;
      rest = dropBytes(rest, bytesWritten);
    }
    if (position !== this.durableBytes + bytes) throw new Error("journal segment: wrote another length than given");
    if (SYNCHRONOUS === 0) await this.#file.datasync();
    this.durableBytes = position;
    this.durableRecords += records;
  }

  /** Copies whole records out of the file. */
  async read(offset: number, bytes: number): Promise<Buffer> {
    const buffer = Buffer.from(new ArrayBuffer(bytes));
    let filled = 0;
    while (filled < bytes) {
      const { bytesRead } = await this.#file.read(buffer, filled, bytes - filled, offset + filled);
      if (bytesRead === 0) throw new Error(`journal segment ${this.path} ends at byte ${offset + filled}`);
      filled += bytesRead;
    }
    return buffer;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async remove(): Promise<void> {
    await this.#file.close();
    await unlink(this.path);
    await syncDirectory(dirname(this.path));
  }

  async #scan(): Promise<number> {
    const { size } = await this.#file.stat();
    let offset = 0;
    let records = 0;
    while (offset < size) {
      let chunk = await this.read(offset, Math.min(SCAN_BYTES, size - offset));
      // A record larger than a chunk is read again on its own.
      if (chunk.length >= RECORD_HEADER_BYTES) {
        const first = recordBytes(chunk, 0);
        if (first > chunk.length && first <= RECORD_BYTES_MAX && offset + first <= size)
          chunk = await this.read(offset, first);
      }
      let within = 0;
      while (isRecordAt(chunk, within)) {
        within += recordBytes(chunk, within);
        records += 1;
      }
      if (within === 0) break;
      offset += within;
    }
    this.durableBytes = offset;
    this.durableRecords = records;
    return size - offset;
  }
}

/** A write returns when its bytes are on disk: one turn on the thread pool instead of two. Windows has no such flag. */
const SYNCHRONOUS = constants.O_DSYNC ?? 0;

/** Linux refuses more parts than this in one `writev`. */
const IOV_MAX = 1024;

function dropBytes(parts: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let dropped = 0;
  let left = bytes;
  for (const part of parts) {
    if (left < part.length) break;
    left -= part.length;
    dropped += 1;
  }
  const rest = parts.slice(dropped);
  const first = rest[0];
  if (left > 0 && first !== undefined) rest[0] = first.subarray(left);
  return rest;
}

export function segmentName(firstSequence: number): string {
  return `${String(firstSequence).padStart(16, "0")}.journal`;
}

export function parseSegmentName(name: string): number | undefined {
  const digits = NAME.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** A new file survives a crash of the machine only when its directory is on disk too. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
