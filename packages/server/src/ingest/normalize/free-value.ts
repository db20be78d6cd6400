import { copyBefore, FORBIDDEN_KEY, isJsonObject, type JsonObject } from "./json.ts";
import { FREE_DEPTH_MAX } from "./limits.ts";
import type { Allowance, Pass } from "./pass.ts";
import { cleanText, shorten } from "./text.ts";

/**
 * A value of free form: kept as it is, within the depth and the characters allowed to its kind.
 *
 * Every part that is kept is paid for with the characters it takes as JSON, in order. So the result can
 * always be paid for again, and a second pass cuts nothing.
 */
export function freeValue(value: unknown, allowance: Allowance, pass: Pass): unknown {
  return clean(value, 0, allowance, pass);
}

/** As `freeValue`, for what must be a map. */
export function freeMap(allowance: Allowance): (value: unknown, pass: Pass) => JsonObject | undefined {
  return (value, pass) => {
    if (isJsonObject(value)) return cleanMap(value, 0, allowance, pass);
    if (value !== null) pass.cut("invalid");
    return undefined;
  };
}

/** An attribute we do not know. */
export function otherValue(value: unknown, pass: Pass): unknown {
  return clean(value, 0, "other", pass);
}

/** Stands for what was nested too deep. */
const TOO_DEEP = "…";
const NUMBER_COST = 8;
const LITERAL_COST = 5;
const QUOTES_COST = 2;
const CONTAINER_COST = 2;
const KEY_COST = 4;

function clean(value: unknown, depth: number, allowance: Allowance, pass: Pass): unknown {
  if (typeof value === "string") return cleanString(value, allowance, pass);
  if (typeof value === "object" && value !== null) return cleanContainer(value, depth, allowance, pass);
  const cost = typeof value === "number" ? NUMBER_COST : LITERAL_COST;
  return pay(cost, allowance, pass) ? value : undefined;
}

function cleanString(value: string, allowance: Allowance, pass: Pass): string | undefined {
  const left = pass.charactersLeft[allowance] - QUOTES_COST;
  if (value.length <= left) {
    pass.charactersLeft[allowance] = left - value.length;
    return cleanText(value);
  }
  pass.cut("too_long", value.length);
  if (left < 1) return undefined;
  const kept = cleanText(shorten(value, left));
  pass.charactersLeft[allowance] = left - kept.length;
  return kept;
}

function cleanContainer(value: object, depth: number, allowance: Allowance, pass: Pass): unknown {
  if (depth >= FREE_DEPTH_MAX) {
    pass.cut("too_deep");
    return pay(QUOTES_COST + TOO_DEEP.length, allowance, pass) ? TOO_DEEP : undefined;
  }
  if (!pay(CONTAINER_COST, allowance, pass)) return undefined;
  return Array.isArray(value)
    ? cleanList(value, depth, allowance, pass)
    : cleanMap(value as JsonObject, depth, allowance, pass);
}

function cleanList(list: readonly unknown[], depth: number, allowance: Allowance, pass: Pass): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let index = 0; index < list.length; index++) {
    const before = list[index];
    pass.enter(index);
    const after = clean(before, depth + 1, allowance, pass);
    pass.leave();
    if (after !== before) copy ??= list.slice(0, index);
    if (copy !== undefined && after !== undefined) copy.push(after);
  }
  if (copy === undefined) return list;
  if (copy.length < list.length) pass.cut("too_many", list.length);
  return copy;
}

function cleanMap(map: JsonObject, depth: number, allowance: Allowance, pass: Pass): JsonObject {
  let copy: Record<string, unknown> | undefined;
  let hasDropped = false;
  for (const key in map) {
    const before = map[key];
    let cleanKey = key;
    let after: unknown;
    if (payKey(key, allowance, pass)) {
      cleanKey = cleanText(key);
      pass.enter(key);
      after = clean(before, depth + 1, allowance, pass);
      pass.leave();
    }
    if (after !== before || cleanKey !== key || key === FORBIDDEN_KEY) copy ??= copyBefore(map, key);
    if (after === undefined) hasDropped = true;
    else if (copy !== undefined && key !== FORBIDDEN_KEY) copy[cleanKey] = after;
  }
  if (hasDropped) pass.cut("too_many", Object.keys(map).length);
  return copy ?? map;
}

function payKey(key: string, allowance: Allowance, pass: Pass): boolean {
  return pay(key.length + KEY_COST, allowance, pass);
}

/** Takes the cost from what is left, or answers that it is not there. */
function pay(cost: number, allowance: Allowance, pass: Pass): boolean {
  const left = pass.charactersLeft[allowance];
  if (left < cost) return false;
  pass.charactersLeft[allowance] = left - cost;
  return true;
}
