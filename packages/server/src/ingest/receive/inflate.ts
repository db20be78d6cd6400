import {
  brotliDecompressSync,
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  zstdDecompressSync,
} from "node:zlib";
import type { BodyEncoding } from "../../events/payload.ts";
import { tooLarge } from "./body.ts";
import { type HeldBytes, overloaded } from "./byte-budget.ts";
import { MIB } from "./limits.ts";
import { Refusal } from "./refusal.ts";

/** A body before and after inflating. */
export interface ReceivedBody {
  readonly wire: Buffer;
  /** How `wire` is compressed. */
  readonly encoding: BodyEncoding;
  readonly bytes: Buffer;
}

/** How a body is compressed, from its `Content-Encoding`. Names that are no compression (`UTF-8`, of old Android) are ignored. */
export function findEncoding(header: string | undefined): BodyEncoding {
  if (header === undefined || header === "") return "identity";
  const encodings = header
    .split(",")
    .map((name) => ENCODINGS.get(name.trim().toLowerCase()))
    .filter((encoding) => encoding !== undefined);
  if (encodings.length > 1) {
    throw new Refusal("malformed", "more than one content encoding", { status: 415, reason: "encoding" });
  }
  return encodings[0] ?? "identity";
}

/** Inflates bodies of all requests: small ones at once, large ones on the thread pool, a few at a time. */
export class Inflater {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  /**
   * Throws a Refusal if the bytes are broken, or if more than `bytesMax` come out. Nothing is inflated far beyond the
   * limit. The result's `encoding` is one by which `wire` can be inflated again.
   */
  async inflate(wire: Buffer, encoding: BodyEncoding, bytesMax: number, held: HeldBytes): Promise<ReceivedBody> {
    if (encoding === "identity") {
      if (wire.length > bytesMax) throw tooLarge(bytesMax);
      return { wire, encoding, bytes: wire };
    }
    const raw = encoding === "deflate" && !isZlib(wire);
    const codec = CODECS[raw ? "raw" : encoding];
    const bytes = inflateAtOnce(wire, codec, bytesMax) ?? (await this.#inflateLarge(wire, codec, bytesMax, held));
    held.take(bytes.length);
    // The journal's "deflate" has a zlib header, so a raw body can only be kept inflated.
    return raw ? { wire: bytes, encoding: "identity", bytes } : { wire, encoding, bytes };
  }

  async #inflateLarge(wire: Buffer, codec: Codec, bytesMax: number, held: HeldBytes): Promise<Buffer> {
    await this.#waitForTurn();
    try {
      return await inflateStreaming(wire, codec, bytesMax, held);
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }

  async #waitForTurn(): Promise<void> {
    if (this.#running >= LARGE_AT_A_TIME) {
      if (this.#waiting.length >= LARGE_WAITING_MAX) throw overloaded("too many large bodies", "large_bodies");
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#running++;
  }
}

/** Whether bytes begin as a zlib stream does (RFC 1950, 2.2). */
export function isZlib(bytes: Uint8Array): boolean {
  const [method = 0, flags = 0] = bytes;
  return (method & 0x0f) === 8 && method >> 4 <= 7 && ((method << 8) | flags) % 31 === 0;
}

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

const ENCODINGS: ReadonlyMap<string, BodyEncoding> = new Map([
  ["gzip", "gzip"],
  ["x-gzip", "gzip"],
  ["deflate", "deflate"],
  ["br", "br"],
  ["zstd", "zstd"],
]);

/**
 * Up to here, of what goes in and of what comes out, inflating on the main thread costs less than a turn on the thread pool; it
 * ends within a few milliseconds.
 */
const AT_ONCE_BYTES_MAX = MIB;
const LARGE_AT_A_TIME = 2;
const LARGE_WAITING_MAX = 32;

/** Real bodies of this size are far below this ratio; a bomb is given up here instead of at the size limit. */
const RATIO_MAX = 100;
const RATIO_CHECKED_FROM_BYTES = 8 * MIB;
const CHUNK_BYTES = 64 * 1024;
/** Window of 8 MiB, which RFC 8878 asks decoders to support; a frame may ask for 128 MiB. */
const ZSTD = { params: { [constants.ZSTD_d_windowLogMax]: 23 } };

interface Codec {
  readonly sync: (wire: Buffer, options: { maxOutputLength: number; chunkSize: number }) => Buffer;
  /** Its `bytesWritten` are those it has consumed. */
  readonly stream: () => NodeJS.ReadWriteStream & { destroy(): void; readonly bytesWritten: number };
  /** Bytes that the sync call sets aside first. */
  readonly expectedBytes: (wire: Buffer) => number;
}

const CODECS: Record<Exclude<BodyEncoding, "identity"> | "raw", Codec> = {
  gzip: { sync: gunzipSync, stream: () => createGunzip(CHUNKED), expectedBytes: gzipSize },
  deflate: { sync: inflateSync, stream: () => createInflate(CHUNKED), expectedBytes: guessSize },
  raw: { sync: inflateRawSync, stream: () => createInflateRaw(CHUNKED), expectedBytes: guessSize },
  br: { sync: brotliDecompressSync, stream: () => createBrotliDecompress(CHUNKED), expectedBytes: guessSize },
  zstd: {
    sync: (wire, options) => zstdDecompressSync(wire, { ...ZSTD, ...options }),
    stream: () => createZstdDecompress({ ...ZSTD, ...CHUNKED }),
    expectedBytes: guessSize,
  },
};
const CHUNKED = { chunkSize: CHUNK_BYTES };

/** Gzip ends with its inflated size, so that one allocation is enough. A wrong size costs time only. */
function gzipSize(wire: Buffer): number {
  return wire.length < 18 ? 0 : wire.readUInt32LE(wire.length - 4);
}

function guessSize(wire: Buffer): number {
  return wire.length * 6;
}

/** `undefined`: more goes in or would come out than is inflated at once, and more is allowed. */
function inflateAtOnce(wire: Buffer, codec: Codec, bytesMax: number): Buffer | undefined {
  if (wire.length > AT_ONCE_BYTES_MAX) return undefined;
  const maxOutputLength = Math.min(bytesMax, AT_ONCE_BYTES_MAX);
  const chunkSize = Math.min(Math.max(codec.expectedBytes(wire) + 1, 1024), maxOutputLength + 1);
  try {
    return codec.sync(wire, { maxOutputLength, chunkSize });
  } catch (error) {
    if (!isOverLength(error)) throw broken(error);
    if (bytesMax <= AT_ONCE_BYTES_MAX) throw tooLarge(bytesMax);
    return undefined;
  }
}

async function inflateStreaming(wire: Buffer, codec: Codec, bytesMax: number, held: HeldBytes): Promise<Buffer> {
  const stream = codec.stream();
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    stream.end(wire);
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > bytesMax || isBomb(stream.bytesWritten, bytes)) throw tooLarge(bytesMax);
      // Given back when the request ends, together with the joined bytes.
      held.take(chunk.length);
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof Refusal ? error : broken(error);
  } finally {
    stream.destroy();
  }
  return Buffer.concat(chunks, bytes);
}

/** By what was consumed so far: a bomb of many megabytes shows itself within its first few kilobytes. */
function isBomb(consumedBytes: number, bytes: number): boolean {
  return bytes > RATIO_CHECKED_FROM_BYTES && bytes > consumedBytes * RATIO_MAX;
}

function isOverLength(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
}

function broken(cause: unknown): Refusal {
  return new Refusal("malformed", "the body cannot be decompressed", { reason: "encoding", cause });
}
