import { CopyValueError } from "./copy-value-error.ts";

export const UTF8_BYTES_PER_UNIT_MAX = 3;

/** Up to here a loop over the characters beats the call into Node's encoder. */
const SHORT_TEXT_LENGTH = 24;

/** Writes a text as UTF-8 and gives how many bytes it takes. The room must be there. PostgreSQL's text holds no U+0000. */
export function writeText(buffer: Buffer, at: number, text: string): number {
  if (text.length <= SHORT_TEXT_LENGTH && writeShortAscii(buffer, at, text)) return text.length;
  if (text.includes("\0")) throw new CopyValueError("PostgreSQL's text cannot hold U+0000");
  return buffer.write(text, at, "utf8");
}

function writeShortAscii(buffer: Buffer, at: number, text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === 0 || code > 0x7f) return false;
    buffer[at + index] = code;
  }
  return true;
}
