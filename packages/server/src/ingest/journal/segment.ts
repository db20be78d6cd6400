/**
 * One file of the journal: a header, then records one after the other, of consecutive sequences.
 *
 *     "MSHRJRN1" · u64 sequence of the first record · u32 CRC-32 of these 16 bytes · 12 zero bytes · records
 *
 * Files are used again when their records are done, because writing where a file already has its blocks takes the disk a
 * fraction of the time that growing one takes. So behind the last record there may be zeros, or records of the file's
 * earlier life: a record is one of this life only if its CRC is salted with this life's first sequence.
 */
import { constants } from "node:fs";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import { isRecordAt, RECORD_BYTES_MAX, RECORD_HEADER_BYTES, recordBytes, saltOf, saltRecord } from "./record.ts";
import { SYNCHRONOUS, syncDirectory, writeAt } from "./synced-file.ts";

export const SEGMENT_HEADER_BYTES = 32;

const MAGIC = Buffer.from("MSHRJRN1");

/** How much of a segment is read at a time when it is scanned at start. */
const SCAN_BYTES = 8 * 1024 * 1024;

export class Segment {
  readonly firstSequence: number;
  readonly path: string;
  readonly file: FileHandle;
  /** Records that are on disk, and nothing behind them. */
  durableRecords = 0;
  durableBytes = 0;
  /** Up to here records were handed out. */
  readRecords = 0;
  readBytes = SEGMENT_HEADER_BYTES;
  /** Handed out and stored, or never to be handed out again. */
  doneRecords = 0;
  /** No record will be added. */
  sealed = false;
  readonly #salt: number;
  /** A write failed: what the disk holds behind the last good record is unknown. */
  isBroken = false;

  /** `file` holds nothing yet, or nothing that counts. */
  constructor(path: string, file: FileHandle, firstSequence: number) {
    this.path = path;
    this.file = file;
    this.firstSequence = firstSequence;
    this.#salt = saltOf(firstSequence);
  }

  /** Opens what an earlier run left, and finds the records that are whole: none if the file holds no segment. */
  static async openSealed(path: string): Promise<Segment> {
    const file = await open(path, constants.O_RDWR | SYNCHRONOUS);
    try {
      const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
      await file.read(header, 0, SEGMENT_HEADER_BYTES, 0);
      const firstSequence = parseHeader(header);
      const segment = new Segment(path, file, firstSequence ?? 0);
      segment.sealed = true;
      if (firstSequence !== undefined) await segment.#scan();
      return segment;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** The bytes that bring encoded records, heads and bodies, to the end of this segment. */
  frame(records: readonly (readonly [head: Uint8Array, body: Uint8Array])[]): Uint8Array[] {
    for (const [head] of records) saltRecord(head, this.#salt);
    return this.durableBytes === 0 ? [headerOf(this.firstSequence), ...records.flat()] : records.flat();
  }

  /**
   * Writes framed records at the end and waits until they are on disk. After a failure the segment must not be written
   * again.
   */
  async append(parts: readonly Uint8Array[], records: number): Promise<void> {
    const bytes = parts.reduce((sum, { length }) => sum + length, 0);
    try {
      await writeAt(this.file, parts, this.durableBytes);
    } catch (error) {
      this.isBroken = true;
      throw error;
    }
    this.durableBytes += bytes;
    this.durableRecords += records;
  }

  /** Copies whole records out of the file. */
  async read(offset: number, bytes: number): Promise<Buffer> {
    const buffer = Buffer.from(new ArrayBuffer(bytes));
    let filled = 0;
    while (filled < bytes) {
      const { bytesRead } = await this.file.read(buffer, filled, bytes - filled, offset + filled);
      if (bytesRead === 0) throw new Error(`journal segment ${this.path} ends at byte ${offset + filled}`);
      filled += bytesRead;
    }
    return buffer;
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  async remove(): Promise<void> {
    await this.file.close();
    await unlink(this.path);
    await syncDirectory(dirname(this.path));
  }

  async #scan(): Promise<void> {
    const { size } = await this.file.stat();
    let offset = SEGMENT_HEADER_BYTES;
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
      while (isRecordAt(chunk, within, this.#salt)) {
        within += recordBytes(chunk, within);
        records += 1;
      }
      if (within === 0) break;
      offset += within;
    }
    this.durableBytes = offset;
    this.durableRecords = records;
  }
}

function headerOf(firstSequence: number): Buffer {
  const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
  MAGIC.copy(header);
  header.writeBigUInt64LE(BigInt(firstSequence), 8);
  header.writeUInt32LE(crc32(header.subarray(0, 16)), 16);
  return header;
}

/** The sequence of the first record, `undefined` if the bytes are no header. */
export function parseHeader(header: Buffer): number | undefined {
  if (header.length < SEGMENT_HEADER_BYTES || !header.subarray(0, 8).equals(MAGIC)) return undefined;
  if (crc32(header.subarray(0, 16)) !== header.readUInt32LE(16)) return undefined;
  return Number(header.readBigUInt64LE(8));
}
