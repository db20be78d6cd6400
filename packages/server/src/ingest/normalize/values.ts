import { type Field, invalid } from "./fields.ts";
import { isJsonObject, type JsonObject } from "./json.ts";
import type { Pass } from "./pass.ts";

/**
 * `{ values: [...] }`, the form that SDKs send now; older ones send the bare list, or its only element.
 * Left out when nothing in it is usable.
 */
export function values(list: (list: readonly unknown[], pass: Pass) => readonly unknown[]): Field {
  return (value, pass) => {
    const before = valuesOf(value);
    if (before === undefined) return invalid(value, pass);
    pass.enter("values");
    const after = list(before, pass);
    pass.leave();
    if (after.length === 0) return undefined;
    return isCanonical(value, after) ? value : { values: after };
  };
}

function valuesOf(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  if (typeof value === "string") return [value];
  if (!isJsonObject(value)) return undefined;
  if (!("values" in value)) return [value];
  if (Array.isArray(value.values)) return value.values;
  return isJsonObject(value.values) ? [value.values] : [];
}

/** Whether the value holds the list and nothing else. */
function isCanonical(value: unknown, list: readonly unknown[]): value is JsonObject {
  return isJsonObject(value) && value.values === list && Object.keys(value).length === 1;
}
