import { CopyValueError } from "./copy-value-error.ts";
import { encodeUuid } from "./uuid-bytes.ts";
import { UTF8_BYTES_PER_UNIT_MAX, writeText } from "./write-text.ts";

/** The rows do not fit into the buffer's limit. */
export class CopyBufferFullError extends Error {
  override readonly name = "CopyBufferFullError";
}

const INITIAL_BYTES = 64 * 1024;
const BYTES_MAX = 64 * 1024 * 1024;

/** "PGCOPY\n\xff\r\n\0", no flags, no extension. */
const HEADER = Buffer.from("5047434f50590aff0d0a000000000000000000", "hex");
const TRAILER_BYTES = 2;
const NULL_LENGTH = -1;
const LENGTH_BYTES = 4;
const UINT32_RANGE = 2 ** 32;

/** 2000-01-01, from where PostgreSQL counts. */
const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1);
const MICROSECONDS_PER_MS = 1_000;
const JSONB_VERSION = 1;

/**
 * Rows in the binary format of COPY: `startRow`, then one call per column, and so on; then `copyBinary`.
 * `clear` makes it ready for the next rows, its memory kept. After an error that a method threw, only
 * `clear` helps.
 */
export class CopyBuffer {
  readonly #bytesMax: number;
  #buffer: Buffer;
  #view: DataView;
  #length = HEADER.length;
  #rowCount = 0;
  #fieldsLeft = 0;

  constructor({ bytesMax = BYTES_MAX }: { bytesMax?: number } = {}) {
    this.#bytesMax = bytesMax;
    this.#buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
    this.#view = viewOf(this.#buffer);
    HEADER.copy(this.#buffer);
  }

  /** Bytes it holds in memory. */
  get capacity(): number {
    return this.#buffer.length;
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  /** What COPY will be sent. */
  get byteLength(): number {
    return this.#length + TRAILER_BYTES;
  }

  clear(): void {
    this.#length = HEADER.length;
    this.#rowCount = 0;
    this.#fieldsLeft = 0;
  }

  startRow(fieldCount: number): void {
    this.#endRow();
    this.#reserve(2);
    this.#view.setInt16(this.#length, fieldCount);
    this.#length += 2;
    this.#fieldsLeft = fieldCount;
    this.#rowCount++;
  }

  /** The bytes to send. Valid until the buffer is written to again. */
  finish(): Uint8Array {
    this.#endRow();
    this.#reserve(TRAILER_BYTES);
    this.#view.setInt16(this.#length, -1);
    return this.#buffer.subarray(0, this.#length + TRAILER_BYTES);
  }

  null(): void {
    this.#startField(NULL_LENGTH, 0);
  }

  int2(value: number): void {
    if ((value << 16) >> 16 !== value) throw new CopyValueError(`${value} is no int2`);
    this.#startField(2, 2);
    this.#view.setInt16(this.#length, value);
    this.#length += 2;
  }

  int4(value: number): void {
    if ((value | 0) !== value) throw new CopyValueError(`${value} is no int4`);
    this.#startField(4, 4);
    this.#view.setInt32(this.#length, value);
    this.#length += 4;
  }

  int8(value: number): void {
    if (!Number.isSafeInteger(value)) throw new CopyValueError(`${value} is no safe int8`);
    this.#startField(8, 8);
    const high = Math.floor(value / UINT32_RANGE);
    this.#view.setInt32(this.#length, high);
    this.#view.setUint32(this.#length + 4, value - high * UINT32_RANGE);
    this.#length += 8;
  }

  /** `epochMs`: milliseconds since 1970; fractions down to the microsecond are kept. */
  timestamptz(epochMs: number): void {
    this.int8(Math.round((epochMs - POSTGRES_EPOCH_MS) * MICROSECONDS_PER_MS));
  }

  /** 32 hexadecimal digits, with or without dashes. */
  uuid(text: string): void {
    this.#startField(16, 16);
    if (!encodeUuid(text, this.#buffer, this.#length)) throw new CopyValueError(`"${text}" is no uuid`);
    this.#length += 16;
  }

  bytea(bytes: Uint8Array): void {
    this.#startField(bytes.length, bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  text(value: string): void {
    const lengthAt = this.#startField(0, value.length * UTF8_BYTES_PER_UNIT_MAX);
    this.#length += writeText(this.#buffer, this.#length, value);
    this.#view.setInt32(lengthAt, this.#length - lengthAt - LENGTH_BYTES);
  }

  /** `json`: the value as JSON text, without `\u0000`, which PostgreSQL refuses. */
  jsonb(json: string): void {
    const lengthAt = this.#startField(0, 1 + json.length * UTF8_BYTES_PER_UNIT_MAX);
    this.#buffer[this.#length++] = JSONB_VERSION;
    this.#length += writeText(this.#buffer, this.#length, json);
    this.#view.setInt32(lengthAt, this.#length - lengthAt - LENGTH_BYTES);
  }

  /** Writes the field's length and makes room for its bytes; where the length stands. */
  #startField(length: number, bytesMax: number): number {
    if (this.#fieldsLeft === 0) throw new CopyValueError("The row has more fields than it was started with");
    this.#fieldsLeft--;
    this.#reserve(LENGTH_BYTES + bytesMax);
    const lengthAt = this.#length;
    this.#view.setInt32(lengthAt, length);
    this.#length += LENGTH_BYTES;
    return lengthAt;
  }

  #endRow(): void {
    if (this.#fieldsLeft > 0) throw new CopyValueError(`The last row lacks ${this.#fieldsLeft} fields`);
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes + TRAILER_BYTES;
    if (needed > this.#buffer.length) this.#grow(needed);
  }

  #grow(needed: number): void {
    if (needed > this.#bytesMax) throw new CopyBufferFullError(`The rows need more than ${this.#bytesMax} bytes`);
    const grown = Buffer.allocUnsafeSlow(Math.min(Math.max(needed, this.#buffer.length * 2), this.#bytesMax));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
    this.#view = viewOf(grown);
  }
}

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
