/**
 * A journal record: 12 bytes of header, then the entry.
 *
 *     u32 length of what follows the first 8 bytes · u32 CRC-32 of it · u32 length of the JSON · JSON · body
 *
 * All numbers little-endian. The JSON holds everything of the entry but the body. In a segment the CRC is salted with the
 * segment's first sequence, so that what its file held in an earlier life is not taken for a record.
 */
import { crc32 } from "node:zlib";
import type { JournalEntry } from "./entry.ts";

export const RECORD_HEADER_BYTES = 12;

/** A record longer than this is taken for garbage when a segment is read back. Bodies are bounded far below it at receipt. */
export const RECORD_BYTES_MAX = 256 * 1024 * 1024;

/** The two parts of a record, to be written one after the other without copying the body. */
export function encodeRecord(entry: JournalEntry): [head: Uint8Array, body: Uint8Array] {
  const { body, ...meta } = entry;
  const json = Buffer.from(JSON.stringify(meta));
  const head = Buffer.allocUnsafe(RECORD_HEADER_BYTES + json.length);
  json.copy(head, RECORD_HEADER_BYTES);
  head.writeUInt32LE(4 + json.length + body.length, 0);
  head.writeUInt32LE(json.length, 8);
  head.writeUInt32LE(crc32(body, crc32(head.subarray(8))), 4);
  return [head, body];
}

/** Bytes a record takes up in a segment, from its first four bytes. */
export function recordBytes(bytes: Buffer, offset: number): number {
  return 8 + bytes.readUInt32LE(offset);
}

/** The salt of a segment's records. */
export function saltOf(firstSequence: number): number {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(firstSequence));
  return crc32(bytes);
}

/** Salts an encoded record, given its head. */
export function saltRecord(head: Uint8Array, salt: number): void {
  const view = new DataView(head.buffer, head.byteOffset);
  view.setUint32(4, view.getUint32(4, true) ^ salt, true);
}

/** Whether a whole and unharmed record starts at `offset`. */
export function isRecordAt(bytes: Buffer, offset: number, salt = 0): boolean {
  if (offset + RECORD_HEADER_BYTES > bytes.length) return false;
  const total = recordBytes(bytes, offset);
  if (total < RECORD_HEADER_BYTES || total > RECORD_BYTES_MAX || offset + total > bytes.length) return false;
  return (crc32(bytes.subarray(offset + 8, offset + total)) ^ salt) >>> 0 === bytes.readUInt32LE(offset + 4);
}

/** Reads the record at `offset`, of which `isRecordAt` holds. The body is a view, not a copy. */
export function decodeRecord(bytes: Buffer, offset: number): JournalEntry {
  const total = recordBytes(bytes, offset);
  const jsonEnd = offset + RECORD_HEADER_BYTES + bytes.readUInt32LE(offset + 8);
  const meta = JSON.parse(bytes.toString("utf8", offset + RECORD_HEADER_BYTES, jsonEnd)) as Omit<JournalEntry, "body">;
  return { ...meta, body: bytes.subarray(jsonEnd, offset + total) };
}
