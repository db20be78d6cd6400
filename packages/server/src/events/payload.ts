/** How an event's payload lies in the database: the bytes the client sent, or its JSON compressed by us. */
import { brotliDecompressSync, gunzipSync, inflateSync, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { freeBytes } from "../runtime/free-bytes.ts";

/** Who wrote a payload, so which rules read it. `sentry`: an event as SDKs send it. `native`: the payload of `POST /api/v1/events`. */
export type EventSource = "sentry" | "native";

export const BODY_ENCODINGS = ["identity", "gzip", "deflate", "br", "zstd"] as const;
export type BodyEncoding = (typeof BODY_ENCODINGS)[number];

export interface Payload {
  readonly encoding: BodyEncoding;
  /** Bytes into the inflated body where the event's JSON starts, and its length. */
  readonly offset: number;
  readonly length: number;
  readonly body: Uint8Array;
}

/** Numbers stand in the database: never change one. */
export const ENCODING_NUMBERS: Record<BodyEncoding, number> = { identity: 0, gzip: 1, deflate: 2, br: 3, zstd: 4 };
export const SOURCE_NUMBERS: Record<EventSource, number> = { sentry: 0, native: 1 };

export function encodingOf(number: number): BodyEncoding {
  const encoding = BODY_ENCODINGS.find((each) => ENCODING_NUMBERS[each] === number);
  if (encoding === undefined) throw new RangeError(`payload encoding ${number} is unknown`);
  return encoding;
}

export function sourceOf(number: number): EventSource {
  if (number === SOURCE_NUMBERS.sentry) return "sentry";
  if (number === SOURCE_NUMBERS.native) return "native";
  throw new RangeError(`payload source ${number} is unknown`);
}

/** Inflates a body whose inflated size was checked when it was received. `deflate` is zlib: bare streams are inflated at receipt. */
export function inflateBody(encoding: BodyEncoding, body: Uint8Array): Uint8Array {
  return INFLATE[encoding](body);
}

/**
 * Gzip ends with its inflated size, so that a buffer of just that length is enough. By default Node takes 16 KiB pieces:
 * too much for a small event, and a copy more for a large one. A wrong size costs time only.
 */
function gzipChunkBytes(body: Uint8Array): number {
  const at = body.length - 4;
  if (at < 0) return GZIP_CHUNK_BYTES_MIN;
  const inflatedBytes = new DataView(body.buffer, body.byteOffset, body.byteLength).getUint32(at, true);
  return Math.min(Math.max(inflatedBytes + 1, GZIP_CHUNK_BYTES_MIN), GZIP_CHUNK_BYTES_MAX);
}

const GZIP_CHUNK_BYTES_MIN = 1024;
const GZIP_CHUNK_BYTES_MAX = 1024 * 1024;

const INFLATE: Record<BodyEncoding, (body: Uint8Array) => Uint8Array> = {
  identity: (body) => body,
  gzip: (body) => gunzipSync(body, { chunkSize: gzipChunkBytes(body) }),
  deflate: (body) => inflateSync(body),
  br: (body) => brotliDecompressSync(body),
  zstd: (body) => zstdDecompressSync(body),
};

/** So much longer than what it inflates to a body may be: the frame around few bytes, or around ones that cannot be compressed. */
const FRAME_BYTES_MAX = 1024;

/**
 * Whether a client's compression may be kept for what comes out of it. There are streams of any length of which nothing comes:
 * a gzip may have a million members that are empty.
 */
export function isWorthKeeping(body: Uint8Array, inflated: Uint8Array): boolean {
  return body.length <= inflated.length + FRAME_BYTES_MAX;
}

/**
 * What to keep of an event that was cut out of a body. The client's own compression is kept where the body holds nothing
 * else, which costs nothing; everything else is compressed here: what came with the event was not meant to be kept.
 */
export function packPayload(
  event: { readonly offset: number; readonly length: number },
  encoding: BodyEncoding,
  body: Uint8Array,
  inflated: Uint8Array,
): Payload {
  if (encoding !== "identity" && isWorthKeeping(body, inflated) && isAlone(event, inflated)) {
    return { encoding, offset: event.offset, length: event.length, body };
  }
  return packJson(inflated.subarray(event.offset, event.offset + event.length));
}

/** An event's JSON that was written here. */
export function packJson(json: Uint8Array): Payload {
  const compressed = zstdCompressSync(json);
  // Node gives the beginning of a piece of 16 KiB, which would be held whole until the batch is stored.
  const body = Buffer.from(compressed);
  freeBytes(compressed);
  return { encoding: "zstd", offset: 0, length: json.length, body };
}

/** Around an event alone are the two header lines of an envelope, and white space. */
function isAlone({ offset, length }: { offset: number; length: number }, inflated: Uint8Array): boolean {
  if (inflated.length - length > HEADERS_BYTES_MAX) return false;
  let lines = 0;
  for (let index = 0; index < offset; index += 1) if (inflated[index] === NEWLINE) lines += 1;
  if (offset > 0 && lines !== HEADER_LINES) return false;
  for (let index = offset + length; index < inflated.length; index += 1) {
    if (!isSpace(inflated[index] as number)) return false;
  }
  return true;
}

const HEADERS_BYTES_MAX = 8 * 1024;
const HEADER_LINES = 2;
const NEWLINE = 0x0a;
const isSpace = (byte: number) => byte === NEWLINE || byte === 0x20 || byte === 0x0d || byte === 0x09;

/** The event's JSON, byte for byte as it was sent, unless something in it was scrubbed. */
export function unpackPayload(payload: Payload): Uint8Array {
  return inflateBody(payload.encoding, payload.body).subarray(payload.offset, payload.offset + payload.length);
}
