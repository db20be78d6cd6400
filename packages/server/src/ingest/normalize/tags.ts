import { invalid, text } from "./fields.ts";
import { FORBIDDEN_KEY, isEmpty, isJsonObject, type JsonObject } from "./json.ts";
import { TAG_KEY_LENGTH_MAX, TAG_VALUE_LENGTH_MAX, TAGS_MAX } from "./limits.ts";
import type { Pass } from "./pass.ts";
import { cleanText } from "./text.ts";

/** Tags from a map, a list of pairs, or a list of `{key, value}`. Numbers and booleans become texts, `null` was not sent. */
export function tags(value: unknown, pass: Pass): JsonObject | undefined {
  if (Array.isArray(value)) return tagsOfEntries(value, pass);
  if (!isJsonObject(value)) return invalid(value, pass);
  if (isEmpty(value)) return undefined;
  return areFine(value) ? value : tagsOfEntries(Object.entries(value), pass);
}

const tagKey = text(TAG_KEY_LENGTH_MAX);
const tagValue = text(TAG_VALUE_LENGTH_MAX);

function tagsOfEntries(entries: readonly unknown[], pass: Pass): JsonObject | undefined {
  const kept: Record<string, string> = {};
  let size = 0;
  for (const [index, entry] of entries.entries()) {
    const [rawKey, rawValue] = entryOf(entry);
    pass.enter(typeof rawKey === "string" ? rawKey : index);
    const key = rawKey === undefined ? invalid(entry, pass) : tagKey(rawKey, pass)?.trim();
    const tag = key && key !== FORBIDDEN_KEY && rawValue !== null ? tagValue(rawValue, pass) : undefined;
    pass.leave();
    if (key === undefined || tag === undefined) continue;
    if (!Object.hasOwn(kept, key)) size++;
    if (size <= TAGS_MAX) kept[key] = tag;
  }
  if (size > TAGS_MAX) pass.cut("too_many", size);
  return isEmpty(kept) ? undefined : kept;
}

function entryOf(entry: unknown): readonly [key: unknown, value: unknown] {
  if (Array.isArray(entry)) return entry.length === 2 ? [entry[0], entry[1]] : [undefined, undefined];
  return isJsonObject(entry) ? [entry.key, entry.value] : [undefined, undefined];
}

/** Whether nothing needs to change, which is so for almost every event. */
function areFine(map: JsonObject): map is Record<string, string> {
  let size = 0;
  for (const key in map) {
    const value = map[key];
    if (typeof value !== "string" || value.length > TAG_VALUE_LENGTH_MAX || cleanText(value) !== value) return false;
    if (key === "" || key.length > TAG_KEY_LENGTH_MAX || key === FORBIDDEN_KEY || cleanText(key) !== key) return false;
    if (key.trim() !== key) return false;
    if (++size > TAGS_MAX) return false;
  }
  return true;
}
