/**
 * Ready-made HTTP requests of gzipped envelopes that need a new event id only. The id stands in a part of the gzip stream
 * that is stored and not compressed, so it is written over in place; the checksum behind it follows from a table.
 */
import { randomFillSync } from "node:crypto";
import { crc32, deflateRawSync } from "node:zlib";
import { BODIES, ID_PLACEHOLDER, pickBody, randomFrom, type SizeName, sampleEvent } from "./sample-events.ts";

export interface RequestTarget {
  readonly host: string;
  readonly path: string;
  readonly publicKey: string;
}

export class RequestPool {
  readonly #requests: readonly PreparedRequest[];
  readonly #random = randomFrom(1);
  readonly #id = Buffer.alloc(ID_PLACEHOLDER.length);
  readonly #idBytes = Buffer.alloc(ID_PLACEHOLDER.length / 2);
  readonly longestBytes: number;

  constructor(size: SizeName, target: RequestTarget) {
    const nowMs = Date.now();
    this.#requests = Array.from({ length: BODIES }, (_, body) => prepare(sampleEvent(size, body, nowMs), target));
    this.longestBytes = Math.max(...this.#requests.map(({ bytes }) => bytes.length));
  }

  /** Writes a request with an id of its own to the start of `buffer`; how long it is. */
  write(buffer: Buffer): number {
    const request = this.#requests[pickBody(this.#random())] as PreparedRequest;
    randomFillSync(this.#idBytes);
    this.#id.write(this.#idBytes.toString("hex"), "latin1");
    request.bytes.copy(buffer);
    for (const at of request.idsAt) this.#id.copy(buffer, at);
    buffer.writeUInt32LE(checksum(request, buffer), request.checksumAt);
    return request.bytes.length;
  }

  get averageWireBytes(): number {
    return average(this.#requests.map(({ wireBytes }) => wireBytes));
  }

  get averageJsonBytes(): number {
    return average(this.#requests.map(({ jsonBytes }) => jsonBytes));
  }
}

interface PreparedRequest {
  readonly bytes: Buffer;
  readonly wireBytes: number;
  readonly jsonBytes: number;
  readonly idsAt: readonly number[];
  /** The stored part, which holds the ids. */
  readonly storedAt: number;
  readonly storedEnd: number;
  readonly checksumAt: number;
  /** What the checksum of the stored part becomes by what follows it: a row for each of its bytes. */
  readonly shift: readonly Uint32Array[];
  readonly shiftOfZero: number;
}

function prepare(json: string, target: RequestTarget): PreparedRequest {
  const idEnd = json.indexOf(ID_PLACEHOLDER) + ID_PLACEHOLDER.length;
  const head = Buffer.from(
    `{"event_id":"${ID_PLACEHOLDER}","sent_at":"${new Date().toISOString()}","sdk":{"name":"sentry.javascript.node","version":"10.78.0"}}\n` +
      `{"type":"event","length":${Buffer.byteLength(json)}}\n${json.slice(0, idEnd)}`,
  );
  const rest = Buffer.from(`${json.slice(idEnd)}\n`);
  const parts = [
    GZIP_HEADER,
    storedBlockHeader(head.length),
    head,
    deflateRawSync(rest, { level: 6 }),
    Buffer.alloc(8),
  ];
  const gzip = Buffer.concat(parts);
  gzip.writeUInt32LE(head.length + rest.length, gzip.length - 4);

  const http = Buffer.from(
    `POST ${target.path} HTTP/1.1\r\nHost: ${target.host}\r\nContent-Type: application/x-sentry-envelope\r\n` +
      `Content-Encoding: gzip\r\nX-Sentry-Auth: Sentry sentry_version=7, sentry_key=${target.publicKey}, sentry_client=bench/1\r\n` +
      `Content-Length: ${gzip.length}\r\n\r\n`,
  );
  const bytes = Buffer.concat([http, gzip]);
  const storedAt = http.length + GZIP_HEADER.length + STORED_HEADER_BYTES;
  return {
    bytes,
    wireBytes: gzip.length,
    jsonBytes: Buffer.byteLength(json),
    idsAt: [bytes.indexOf(ID_PLACEHOLDER), bytes.lastIndexOf(ID_PLACEHOLDER)],
    storedAt,
    storedEnd: storedAt + head.length,
    checksumAt: bytes.length - 8,
    ...shiftBy(rest),
  };
}

/** CRC-32 is linear: what `rest` does to the checksum of what stands before it is the same for each bit of it. */
function shiftBy(rest: Buffer): { shift: Uint32Array[]; shiftOfZero: number } {
  const shiftOfZero = crc32(rest, 0);
  const bits = Array.from({ length: 32 }, (_, bit) => (crc32(rest, (1 << bit) >>> 0) ^ shiftOfZero) >>> 0);
  const shift = [0, 8, 16, 24].map((first) =>
    Uint32Array.from({ length: 256 }, (_, byte) =>
      bits.slice(first, first + 8).reduce((sum, value, bit) => ((byte >> bit) & 1 ? sum ^ value : sum), 0),
    ),
  );
  return { shift, shiftOfZero };
}

function checksum({ storedAt, storedEnd, shift, shiftOfZero }: PreparedRequest, buffer: Buffer): number {
  const stored = crc32(buffer.subarray(storedAt, storedEnd));
  return shift.reduce((sum, row, byte) => sum ^ (row[(stored >>> (byte * 8)) & 0xff] ?? 0), shiftOfZero) >>> 0;
}

const GZIP_HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
const STORED_HEADER_BYTES = 5;

/** RFC 1951, 3.2.4: not the last block, not compressed, its length and the same inverted. */
function storedBlockHeader(bytes: number): Buffer {
  const header = Buffer.alloc(STORED_HEADER_BYTES);
  header.writeUInt16LE(bytes, 1);
  header.writeUInt16LE(~bytes & 0xffff, 3);
  return header;
}

function average(numbers: readonly number[]): number {
  return Math.round(numbers.reduce((sum, number) => sum + number, 0) / numbers.length);
}
