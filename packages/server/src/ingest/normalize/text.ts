/** The text of a text, number or boolean. Anything else has none: never `[object Object]`. */
export function toText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

/** PostgreSQL refuses NUL in texts and jsonb, and half a surrogate pair is no character in UTF-8. */
export function cleanText(value: string): string {
  const withoutNul = value.includes("\0") ? value.replaceAll("\0", "\ufffd") : value;
  return withoutNul.isWellFormed() ? withoutNul : withoutNul.toWellFormed();
}

/** At most `lengthMax` characters, the last of them an ellipsis when something is missing. Never half a character. */
export function shorten(value: string, lengthMax: number): string {
  if (value.length <= lengthMax) return value;
  const end = lengthMax - 1;
  return `${value.slice(0, isHighSurrogate(value.charCodeAt(end - 1)) ? end - 1 : end)}…`;
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}
