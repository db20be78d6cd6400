import { type Field, invalid, limitText, text } from "./fields.ts";
import { freeMap } from "./free-value.ts";
import { copyBefore, FORBIDDEN_KEY, isEmpty, isJsonObject, type JsonObject } from "./json.ts";
import { CONTEXTS_MAX, MODULES_MAX, NAME_LENGTH_MAX, TEXT_LENGTH_MAX } from "./limits.ts";
import type { Pass } from "./pass.ts";

/** A map of maps: `os`, `device`, `trace`, and whatever the application adds. What is no map is left out. */
export const contexts: Field = (value, pass) => mapOf(context, CONTEXTS_MAX, value, pass);

const context = freeMap("contexts");

/** Names and versions of what the program is made of. */
export const modules: Field = (value, pass) => mapOf(moduleVersion, MODULES_MAX, value, pass);

const moduleVersion = text(TEXT_LENGTH_MAX);

/** The map with each element made canonical; those that are `null` or unusable are left out. */
function mapOf(field: Field, sizeMax: number, value: unknown, pass: Pass): JsonObject | undefined {
  if (!isJsonObject(value)) return invalid(value, pass);
  let copy: Record<string, unknown> | undefined;
  let size = 0;
  let isFull = false;
  for (const key in value) {
    const before = value[key];
    let cleanKey = key;
    let after: unknown;
    if (before !== null && key !== FORBIDDEN_KEY) {
      pass.enter(key);
      cleanKey = limitText(key, NAME_LENGTH_MAX, pass);
      after = size < sizeMax ? field(before, pass) : undefined;
      pass.leave();
      isFull ||= size >= sizeMax;
    }
    if (after !== undefined) size++;
    if (after !== before || cleanKey !== key) copy ??= copyBefore(value, key);
    if (copy !== undefined && after !== undefined) copy[cleanKey] = after;
  }
  if (isFull) pass.cut("too_many", Object.keys(value).length);
  const fine = copy ?? value;
  return isEmpty(fine) ? undefined : fine;
}
