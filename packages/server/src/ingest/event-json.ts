import { parseExactJson } from "@mesher/protocol";

/** The bytes are not JSON, not even after allowing for what old SDKs send. The only error `parseEventJson` throws. */
export class EventJsonError extends Error {
  override readonly name = "EventJsonError";
}

/**
 * An event's JSON as clients really send it: with a byte order mark, with stray bytes that are not UTF-8, and from old
 * Python SDKs with NaN and Infinity, which become null (relay does the same for their user agents, `endpoints/store.rs`).
 */
export function parseEventJson(bytes: Uint8Array): unknown {
  return parseText(decode(bytes));
}

/**
 * As `parseEventJson`, but integers that JavaScript cannot hold are texts of their digits: rounded, the ids of many users would be
 * one. What is made of an event is made of this.
 */
export function parseEventJsonForReading(bytes: Uint8Array): unknown {
  const text = decode(bytes);
  if (mayHaveLongNumber(bytes) && LONG_INTEGER.test(text)) {
    try {
      return JSON.parse(outsideOfStrings(text, quoteLongIntegers));
    } catch {
      // It is no JSON, which is told of it as it came.
    }
  }
  return parseText(text);
}

/** As `parseEventJson`, but numbers that JavaScript cannot hold are kept as they are written (`parseExactJson`), so that the JSON made of it again says the same. */
export function parseEventJsonForWriting(bytes: Uint8Array): unknown {
  return parseExactJson(eventJsonText(bytes));
}

/** An event's JSON as a text that is JSON, with every number as it was sent. Throws nothing if `parseEventJson` did not. */
export function eventJsonText(bytes: Uint8Array): string {
  const text = decode(bytes);
  return NOT_JSON_NUMBER.test(text) ? outsideOfStrings(text, nullNotNumbers) : text;
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (!NOT_JSON_NUMBER.test(text)) throw new EventJsonError("event is not JSON", { cause });
  }
  try {
    return JSON.parse(outsideOfStrings(text, nullNotNumbers));
  } catch (cause) {
    throw new EventJsonError("event is not JSON", { cause });
  }
}

/**
 * Whether it may hold a number that JavaScript cannot: so many digits stand in it one after the other, or with a point between. Asked of every event, so only
 * each sixteenth byte is looked at, one of which is in any such row; a pattern takes several times as long.
 */
export function mayHaveLongNumber(bytes: Uint8Array): boolean {
  for (let at = DIGITS_MIN - 1; at < bytes.length; at += DIGITS_MIN) {
    if (!isDigit(bytes[at])) continue;
    let first = at;
    while (first > 0 && isDigit(bytes[first - 1])) first -= 1;
    let end = at + 1;
    while (end - first < DIGITS_MIN && isDigit(bytes[end])) end += 1;
    if (end - first >= DIGITS_MIN) return true;
  }
  return false;
}

/** All numbers of fewer digits are exact. */
const DIGITS_MIN = 16;
const isDigit = (byte = 0) => (byte >= 0x30 && byte <= 0x39) || byte === 0x2e;
/** As it stands in JSON; also within a text, which costs time and nothing else. */
const LONG_INTEGER = /[:,[\s]-?\d{16,}[\s,\]}]/;

const NOT_JSON_NUMBER = /NaN|Infinity/;
const BYTE_ORDER_MARK = 0xfeff;

function decode(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  return text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
}

function nullNotNumbers(json: string): string {
  return json.replaceAll(/-?Infinity|NaN/g, "null");
}

/** With those others that are no JSON, so that they keep no id from being read. */
function quoteLongIntegers(json: string): string {
  return nullNotNumbers(json).replaceAll(/(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/g, (digits) =>
    Number.isSafeInteger(Number(digits)) ? digits : `"${digits}"`,
  );
}

/** Changes JSON outside of its strings only. Goes from quote to quote, so that its cost stays proportional to the text. */
function outsideOfStrings(text: string, change: (json: string) => string): string {
  const parts: string[] = [];
  let at = 0;
  while (at < text.length) {
    const quote = text.indexOf('"', at);
    const outsideEnd = quote === -1 ? text.length : quote;
    parts.push(change(text.slice(at, outsideEnd)));
    if (quote === -1) break;

    const end = stringEnd(text, quote);
    parts.push(text.slice(quote, end));
    at = end;
  }
  return parts.join("");
}

/** Index after the closing quote of the string that opens at `quote`; the text's end if it never closes. */
function stringEnd(text: string, quote: number): number {
  for (let at = quote + 1; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === 0x5c) at++;
    else if (character === 0x22) return at + 1;
  }
  return text.length;
}
