import { freeValue, otherValue } from "./free-value.ts";
import { copyBefore, FORBIDDEN_KEY, isJsonObject, type JsonObject } from "./json.ts";
import type { Pass } from "./pass.ts";
import { cleanText, shorten, toText } from "./text.ts";

/**
 * Makes a value canonical, or answers `undefined` to leave it out; of anything but `null`, which was not sent, it
 * then says so in a cut. Answers the value itself when it is fine.
 */
export type Field = (value: unknown, pass: Pass) => unknown;

/** What is known of the attributes of a map, by their names. A `Map`, since names come from outside. */
export type Fields = ReadonlyMap<string, Field>;

/**
 * The map with each known attribute made canonical and each unknown one kept as a value of free form.
 * Known attributes that are `null` were not sent: SDKs in typed languages write all they have.
 */
export function mapFields(map: JsonObject, fields: Fields, pass: Pass): JsonObject {
  let copy: Record<string, unknown> | undefined;
  for (const key in map) {
    const before = map[key];
    const field = fields.get(key);
    const after = field === undefined ? otherAttribute(key, before, pass) : knownAttribute(key, before, field, pass);
    const cleanKey = field === undefined ? cleanText(key) : key;
    if (after !== before || cleanKey !== key) copy ??= copyBefore(map, key);
    if (copy !== undefined && after !== undefined) copy[cleanKey] = after;
  }
  return copy ?? map;
}

function knownAttribute(key: string, value: unknown, field: Field, pass: Pass): unknown {
  if (value === null) return undefined;
  pass.enter(key);
  const after = field(value, pass);
  pass.leave();
  return after;
}

function otherAttribute(key: string, value: unknown, pass: Pass): unknown {
  if (key === FORBIDDEN_KEY) return undefined;
  pass.enter(key);
  const after = otherValue(value, pass);
  pass.leave();
  return after;
}

/** A map with these attributes; left out when it is none. */
export function object(fields: Fields): (value: unknown, pass: Pass) => JsonObject | undefined {
  return (value, pass) => (isJsonObject(value) ? mapFields(value, fields, pass) : invalid(value, pass));
}

/** The list with each element made canonical; unusable elements are left out. */
export function mapList(list: readonly unknown[], field: Field, pass: Pass): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let index = 0; index < list.length; index++) {
    const before = list[index];
    pass.enter(index);
    const after = field(before, pass);
    pass.leave();
    if (after !== before) copy ??= list.slice(0, index);
    if (copy !== undefined && after !== undefined) copy.push(after);
  }
  return copy ?? list;
}

/** A list of such elements, of which the first `lengthMax` stay. */
export function listOf(
  field: Field,
  lengthMax: number,
): (value: unknown, pass: Pass) => readonly unknown[] | undefined {
  return (value, pass) => {
    if (!Array.isArray(value)) return invalid(value, pass);
    return mapList(keepEnds(value, lengthMax, 0, pass), field, pass);
  };
}

/** The first `first` and the last `last` elements of the list. */
export function keepEnds(list: readonly unknown[], first: number, last: number, pass: Pass): readonly unknown[] {
  if (list.length <= first + last) return list;
  pass.cut("too_many", list.length);
  return [...list.slice(0, first), ...list.slice(list.length - last)];
}

/** A text of at most `lengthMax` characters. Numbers and booleans become texts. */
export function text(lengthMax: number): (value: unknown, pass: Pass) => string | undefined {
  return (value, pass) => {
    const asText = toText(value);
    return asText === undefined ? invalid(value, pass) : limitText(asText, lengthMax, pass);
  };
}

/** As `text`, without white space around it; left out when nothing remains. */
export function trimmedText(lengthMax: number): (value: unknown, pass: Pass) => string | undefined {
  const asText = text(lengthMax);
  return (value, pass) => asText(typeof value === "string" ? value.trim() : value, pass) || undefined;
}

/** As `text`, but lists and maps become their JSON: in JavaScript anything may be thrown. */
export function textOrJson(lengthMax: number): (value: unknown, pass: Pass) => string | undefined {
  const asText = text(lengthMax);
  return (value, pass) =>
    typeof value === "object" && value !== null
      ? limitText(JSON.stringify(freeValue(value, "other", pass)) ?? "", lengthMax, pass)
      : asText(value, pass);
}

/** The text without what PostgreSQL refuses, and without what is beyond `lengthMax`. */
export function limitText(value: string, lengthMax: number, pass: Pass): string {
  if (value.length <= lengthMax) return cleanText(value);
  pass.cut("too_long", value.length);
  return cleanText(shorten(value, lengthMax));
}

/** A whole number from zero up, also when it is written as a text. */
export function count(value: unknown, pass: Pass): number | undefined {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isSafeInteger(number) && number >= 0 ? number : invalid(value, pass);
}

/** A boolean, also when it is written as a number or a text. */
export function flag(value: unknown, pass: Pass): boolean | undefined {
  switch (value) {
    case true:
    case 1:
    case "1":
    case "true":
    case "True":
      return true;
    case false:
    case 0:
    case "0":
    case "false":
    case "False":
      return false;
    default:
      return invalid(value, pass);
  }
}

/** Leaves a value out and says so, unless there was none. */
export function invalid(value: unknown, pass: Pass): undefined {
  if (value !== null && value !== undefined) pass.cut("invalid");
  return undefined;
}
