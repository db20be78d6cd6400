import { decodeUtf8, encodeUtf8 } from "./utf8.ts";

/** Bytes of one header line, without its newline. */
export const ENVELOPE_HEADER_BYTES_MAX = 64 * 1024;
export const ENVELOPE_ITEMS_MAX = 1000;

/** What an SDK posts: headers, then items. https://develop.sentry.dev/sdk/data-model/envelopes/ */
export interface Envelope {
  readonly header: EnvelopeHeader;
  readonly items: readonly EnvelopeItem[];
}

/** As it was sent: a reader checks what it uses (`event_id`, `dsn`, `sent_at`). */
export type EnvelopeHeader = Readonly<Record<string, unknown>>;

export interface EnvelopeItem {
  readonly header: EnvelopeItemHeader;
  /** Bytes into the envelope where the payload starts. */
  readonly offset: number;
  /** Bytes of the payload. */
  readonly length: number;
}

export interface EnvelopeItemHeader {
  readonly type: string;
  readonly [other: string]: unknown;
}

/** The bytes are not an envelope. The only error `parseEnvelope` throws. */
export class EnvelopeError extends Error {
  override readonly name = "EnvelopeError";
}

/**
 * Finds the items in an envelope; payloads are not copied and not looked into.
 * Items of unknown type are items like any other. Throws an EnvelopeError.
 */
export function parseEnvelope(bytes: Uint8Array): Envelope {
  const reader = new EnvelopeReader(bytes);
  const header = parseHeader(reader.readHeaderLine());
  const items: EnvelopeItem[] = [];

  while (reader.skipToItem()) {
    const itemHeader = parseHeader(reader.readHeaderLine());
    if (!hasType(itemHeader)) throw new EnvelopeError("item header has no type");
    if (items.length === ENVELOPE_ITEMS_MAX) throw new EnvelopeError(`more than ${ENVELOPE_ITEMS_MAX} items`);

    const { length } = itemHeader;
    const payload = length === undefined || length === null ? reader.readLine() : reader.readExactly(length);
    items.push({ header: itemHeader, offset: payload.offset, length: payload.length });
  }
  return { header, items };
}

/** The bytes of an envelope, every payload with its length before it. */
export function serializeEnvelope(envelope: {
  readonly header: EnvelopeHeader;
  readonly items: readonly { readonly header: EnvelopeItemHeader; readonly payload: Uint8Array }[];
}): Uint8Array {
  const newline = encodeUtf8("\n");
  const parts = [encodeUtf8(JSON.stringify(envelope.header)), newline];
  for (const { header, payload } of envelope.items) {
    parts.push(encodeUtf8(`${JSON.stringify({ ...header, length: payload.length })}\n`), payload, newline);
  }
  return concatenate(parts);
}

interface Span {
  readonly offset: number;
  readonly length: number;
}

const NEWLINE = 0x0a;

class EnvelopeReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Moves over blank lines, which some SDKs leave behind payloads. False at the end of the envelope. */
  skipToItem(): boolean {
    while (this.#bytes[this.#at] === NEWLINE) this.#at++;
    return this.#at < this.#bytes.length;
  }

  readHeaderLine(): Uint8Array {
    const { offset, length } = this.readLine();
    if (length > ENVELOPE_HEADER_BYTES_MAX) throw new EnvelopeError("header line is too long");
    return this.#bytes.subarray(offset, offset + length);
  }

  /** Without a length a payload ends at the next newline, so it cannot contain one. */
  readLine(): Span {
    const offset = this.#at;
    const newline = this.#bytes.indexOf(NEWLINE, offset);
    const end = newline === -1 ? this.#bytes.length : newline;
    this.#at = Math.min(end + 1, this.#bytes.length);
    return { offset, length: end - offset };
  }

  readExactly(length: unknown): Span {
    if (typeof length !== "number" || !Number.isSafeInteger(length) || length < 0) {
      throw new EnvelopeError("item length is not a count of bytes");
    }
    const offset = this.#at;
    const end = offset + length;
    if (end > this.#bytes.length) throw new EnvelopeError("envelope ends before the payload does");
    if (end < this.#bytes.length && this.#bytes[end] !== NEWLINE) {
      throw new EnvelopeError("payload is longer than its length");
    }
    this.#at = Math.min(end + 1, this.#bytes.length);
    return { offset, length };
  }
}

function parseHeader(line: Uint8Array): EnvelopeHeader {
  let header: unknown;
  try {
    header = JSON.parse(decodeUtf8(line));
  } catch (cause) {
    throw new EnvelopeError("header is not JSON", { cause });
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) {
    throw new EnvelopeError("header is not a JSON object");
  }
  return header as EnvelopeHeader;
}

function hasType(header: EnvelopeHeader): header is EnvelopeItemHeader {
  return typeof header.type === "string";
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
