/** Whoever reports an error, or names a thing, chooses its text; and a terminal obeys control characters. */
const COMMANDING = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/** A text of others as one line. */
export function printable(text: string): string {
  return text.replaceAll(COMMANDING, " ");
}

/** The same for what has several lines of its own. */
export function printableLines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}

/** JSON for programs, which may be read on a terminal all the same. It says what `JSON.stringify` says. */
export function printableJson(value: unknown, indent?: number): string {
  // What is a control character to JSON too is escaped by now, but for the line feeds between its lines.
  return JSON.stringify(value, null, indent).replaceAll(/[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]/gu, escaped);
}

/** Of all its UTF-16 units, as JSON knows no others. */
function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, index) => {
    return `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`;
  }).join("");
}
