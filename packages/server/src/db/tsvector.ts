/**
 * Words and their weights as a tsvector of PostgreSQL, in the binary form in which COPY takes it (`tsvectorrecv`). As bytes
 * they cost the garbage collector nothing while an event waits to be stored; as a map of a thousand words they would.
 */
import { CopyValueError } from "./copy-value-error.ts";
import { UTF8_BYTES_PER_UNIT_MAX, writeText } from "./write-text.ts";

/** The count of words (int32); for each its letters, a zero byte, the count of positions (uint16), and these. */
export type Tsvector = Uint8Array;

/** PostgreSQL's own bounds: longer words are left out of a tsvector, as `to_tsvector` does. */
const LEXEME_BYTES_MAX = 2_046;
const TSVECTOR_BYTES_MAX = 2 ** 20;
/** What PostgreSQL adds for each word. */
const ENTRY_BYTES = 4;

const COUNT_BYTES = 4;
const WEIGHTS = 4;
const POSITION_BITS = 14;
/** Beside its letters: their end, the count of positions, and these. */
const WORD_BYTES_MAX = 1 + 2 + WEIGHTS * 2;

/** Written to by one call at a time, and copied from before it ends. */
let scratch = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * Each word with its weights as bits: 1 is D, 2 C, 4 B, 8 A. They are stored as given: already in lower case, already split.
 * PostgreSQL sorts them itself, in several times less time than it takes here. Throws a `CopyValueError` if they are too many.
 */
export function encodeTsvector(words: ReadonlyMap<string, number>): Tsvector {
  let length = COUNT_BYTES;
  let count = 0;
  for (const [word, weights] of words) {
    if (word === "") continue;
    reserve(length, length + word.length * UTF8_BYTES_PER_UNIT_MAX + WORD_BYTES_MAX);
    const letters = writeText(scratch, length, word);
    if (letters > LEXEME_BYTES_MAX) continue;
    length += letters;
    scratch[length++] = 0;
    length = writeWeights(weights, length);
    count += 1;
  }
  if (length + count * ENTRY_BYTES >= TSVECTOR_BYTES_MAX)
    throw new CopyValueError("The words are too many for a tsvector");
  scratch.writeInt32BE(count, 0);
  return keep(scratch.subarray(0, length));
}

/** Side by side with others that live as long, and not with buffers that die at once and would be held by it. */
function keep(bytes: Uint8Array): Tsvector {
  if (kept.length - keptBytes < bytes.length) {
    kept = Buffer.allocUnsafeSlow(Math.max(KEPT_TOGETHER_BYTES, bytes.length));
    keptBytes = 0;
  }
  kept.set(bytes, keptBytes);
  keptBytes += bytes.length;
  return kept.subarray(keptBytes - bytes.length, keptBytes);
}

/** Of about a hundred events: what the last of a batch leaves over is held until the next batch ends. */
const KEPT_TOGETHER_BYTES = 32 * 1024;
let kept = Buffer.alloc(0);
let keptBytes = 0;

/** The words again, without those that a tsvector cannot hold. */
export function decodeTsvector(tsvector: Tsvector): Map<string, number> {
  const bytes = Buffer.from(tsvector.buffer, tsvector.byteOffset, tsvector.byteLength);
  const words = new Map<string, number>();
  let at = COUNT_BYTES;
  for (let left = bytes.readInt32BE(0); left > 0; left -= 1) {
    const end = bytes.indexOf(0, at);
    const word = bytes.toString("utf8", at, end);
    const positions = bytes.readUInt16BE(end + 1);
    at = end + 3;
    let weights = 0;
    for (let position = 0; position < positions; position += 1, at += 2)
      weights |= 1 << (bytes.readUInt16BE(at) >> POSITION_BITS);
    words.set(word, weights);
  }
  return words;
}

/** A position for each weight, which only have to rise. Gives where they end. A word without weights has no positions. */
function writeWeights(weights: number, countAt: number): number {
  let at = countAt + 2;
  let position = 0;
  for (let weight = WEIGHTS - 1; weight >= 0; weight -= 1) {
    if ((weights & (1 << weight)) === 0) continue;
    position += 1;
    at = scratch.writeUInt16BE((weight << POSITION_BITS) | position, at);
  }
  scratch.writeUInt16BE(position, countAt);
  return at;
}

function reserve(used: number, needed: number): void {
  if (needed <= scratch.length) return;
  const grown = Buffer.allocUnsafeSlow(Math.max(needed, scratch.length * 2));
  scratch.copy(grown, 0, 0, used);
  scratch = grown;
}
