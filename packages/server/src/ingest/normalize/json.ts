/** A map as it comes from `JSON.parse`. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isEmpty(map: JsonObject): boolean {
  for (const _ in map) return false;
  return true;
}

/**
 * `JSON.parse` makes an own property of this key, but assigning it to another object replaces its prototype.
 * No event has a use for it, so it never leaves.
 */
export const FORBIDDEN_KEY = "__proto__";

/** The elements before `index`, or the properties before `key`: where a copy starts once something has changed. */
export function copyBefore(map: JsonObject, key: string): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const earlier in map) {
    if (earlier === key) break;
    copy[earlier] = map[earlier];
  }
  return copy;
}
