const UUID_BYTES = 16;
const DASH = 0x2d;
const NO_DIGIT = 0xff;

/** Writes the 16 bytes of a UUID, given as 32 hexadecimal digits with or without dashes. False if it is none. */
export function encodeUuid(text: string, target: Uint8Array, start: number): boolean {
  let at = 0;
  for (let index = 0; index < UUID_BYTES; index++) {
    if (text.charCodeAt(at) === DASH && DASH_BEFORE.has(index)) at++;
    const high = digit(text.charCodeAt(at));
    const low = digit(text.charCodeAt(at + 1));
    if (high === NO_DIGIT || low === NO_DIGIT) return false;
    target[start + index] = (high << 4) | low;
    at += 2;
  }
  return at === text.length;
}

/** Bytes that a dash may stand before: 8-4-4-4-12 digits. */
const DASH_BEFORE: ReadonlySet<number> = new Set([4, 6, 8, 10]);

const DIGITS = new Uint8Array(128).fill(NO_DIGIT);
for (let value = 0; value < 16; value++) {
  const character = value.toString(16);
  DIGITS[character.charCodeAt(0)] = value;
  DIGITS[character.toUpperCase().charCodeAt(0)] = value;
}

/** Past the end of the text the code is NaN, which is no digit either. */
function digit(code: number): number {
  return DIGITS[code] ?? NO_DIGIT;
}
