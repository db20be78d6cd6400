/** Where one element of a JSON array lies. */
export interface ElementSlice {
  readonly offset: number;
  readonly length: number;
}

/**
 * The elements of a JSON array in the order they stand, without the spaces around them. The bytes must be valid JSON:
 * only strings and nesting are looked at.
 */
export function sliceElements(bytes: Uint8Array): ElementSlice[] {
  const slices: ElementSlice[] = [];
  let depth = 0;
  let start = -1;
  /** After the last byte of the current element that is no space. */
  let end = -1;

  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === SPACE || byte === NEWLINE || byte === RETURN || byte === TAB) continue;
    if (depth === 0) {
      if (byte === OPENING_BRACKET) depth = 1;
      continue;
    }
    if (depth === 1 && (byte === COMMA || byte === CLOSING_BRACKET)) {
      if (start !== -1) slices.push({ offset: start, length: end - start });
      start = -1;
      if (byte === CLOSING_BRACKET) break;
      continue;
    }
    if (start === -1) start = at;
    if (byte === QUOTE) at = closingQuote(bytes, at);
    else if (byte === OPENING_BRACKET || byte === OPENING_BRACE) depth++;
    else if (byte === CLOSING_BRACKET || byte === CLOSING_BRACE) depth--;
    end = at + 1;
  }
  return slices;
}

function closingQuote(bytes: Uint8Array, openingQuote: number): number {
  for (let at = openingQuote + 1; at < bytes.length; at++) {
    if (bytes[at] === BACKSLASH) at++;
    else if (bytes[at] === QUOTE) return at;
  }
  return bytes.length;
}

const SPACE = 0x20;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const TAB = 0x09;
const COMMA = 0x2c;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;
