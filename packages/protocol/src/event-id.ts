/**
 * 32 lowercase hex digits from an id with or without dashes; `undefined` if it is none.
 * The nil id counts as none: clients that could not make an id send it, and their events are not one event.
 */
export function parseEventId(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const digits = value.length === UUID_LENGTH && UUID.test(value) ? value.replaceAll("-", "") : value;
  return digits.length === 32 && HEX.test(digits) && digits !== NIL ? digits.toLowerCase() : undefined;
}

const UUID_LENGTH = 36;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const HEX = /^[0-9a-f]{32}$/i;
const NIL = "0".repeat(32);
