import { LEVELS } from "./event.ts";
import { parseEventId } from "./event-id.ts";

/** The payload of `POST /api/v1/events`, once validated. Keys that are not named here are kept as they are. */
export interface NativeEvent {
  readonly message: string;
  /** 32 hex digits, or a UUID with dashes. */
  readonly event_id?: string | null;
  readonly level?: (typeof LEVELS)[number] | null;
  /** ISO 8601 (UTC where it names no zone), or seconds or milliseconds since the epoch. */
  readonly timestamp?: string | number | null;
  readonly fingerprint?: string | readonly string[] | null;
  readonly exception?: Readonly<Record<string, unknown>> | null;
  readonly stacktrace?: readonly Readonly<Record<string, unknown>>[] | null;
  readonly breadcrumbs?: readonly Readonly<Record<string, unknown>>[] | null;
  readonly tags?: Readonly<Record<string, string | number | boolean>> | null;
  readonly extra?: unknown;
  readonly user_context?: Readonly<Record<string, unknown>> | null;
  readonly [other: string]: unknown;
}

/** Why a payload is refused: `path` has its keys joined by dots; empty for the payload itself. */
export interface InvalidField {
  readonly path: string;
  readonly reason: string;
}

export type NativeEventCheck =
  | { readonly ok: true; readonly event: NativeEvent }
  | { readonly ok: false; readonly reasons: readonly InvalidField[] };

/** Further faults of a payload are not listed. */
export const INVALID_FIELDS_MAX = 20;

/**
 * Whether a payload may be accepted. Optional fields may be null. Texts that are too long are no fault here:
 * normalizing shortens them.
 */
export function checkNativeEvent(value: unknown): NativeEventCheck {
  if (!isObject(value)) return { ok: false, reasons: [{ path: "", reason: "must be a JSON object" }] };

  const reasons: InvalidField[] = [];
  for (const [path, check] of Object.entries(FIELDS)) {
    const field = value[path];
    if ((field === undefined || field === null) && path !== "message") continue;
    for (const found of check(field)) {
      reasons.push({ ...found, path: path + found.path });
      if (reasons.length === INVALID_FIELDS_MAX) return { ok: false, reasons };
    }
  }
  if (reasons.length > 0) return { ok: false, reasons };
  return { ok: true, event: value as NativeEvent };
}

/** Milliseconds since the epoch; `undefined` if the value names no time. Numbers from 10¹¹ on are milliseconds. */
export function parseNativeTimestamp(value: unknown): number | undefined {
  if (typeof value === "string") return parseIsoTime(value);
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0) return undefined;
  const ms = Math.round(value < MILLISECONDS_FROM ? value * 1000 : value);
  return ms <= TIME_MS_MAX ? ms : undefined;
}

/** Yields what is wrong with one field; paths are relative to it. */
type FieldCheck = (field: unknown) => Iterable<InvalidField>;

const FIELDS: Readonly<Record<string, FieldCheck>> = {
  message: must("must be a non-empty string", (field) => typeof field === "string" && field.trim() !== ""),
  event_id: must("must be 32 hex digits or a UUID", (field) => parseEventId(field) !== undefined),
  level: must(`must be one of ${LEVELS.join(", ")}`, (field) => LEVELS.some((level) => level === field)),
  timestamp: must(
    "must be an ISO 8601 time or seconds since the epoch",
    (field) => parseNativeTimestamp(field) !== undefined,
  ),
  fingerprint: must(
    "must be a string or an array of strings",
    (field) =>
      typeof field === "string" || (Array.isArray(field) && field.every((element) => typeof element === "string")),
  ),
  exception: must("must be an object", isObject),
  user_context: must("must be an object", isObject),
  stacktrace: eachMustBeObject,
  breadcrumbs: eachMustBeObject,
  tags: eachMustBeScalar,
};

function must(reason: string, isGood: (field: unknown) => boolean): FieldCheck {
  return (field) => (isGood(field) ? [] : [{ path: "", reason }]);
}

function* eachMustBeObject(field: unknown): Generator<InvalidField> {
  if (!Array.isArray(field)) {
    yield { path: "", reason: "must be an array of objects" };
    return;
  }
  for (const [index, element] of field.entries()) {
    if (!isObject(element)) yield { path: `.${index}`, reason: "must be an object" };
  }
}

function* eachMustBeScalar(field: unknown): Generator<InvalidField> {
  if (!isObject(field)) {
    yield { path: "", reason: "must be an object of strings" };
    return;
  }
  for (const [key, tag] of Object.entries(field)) {
    if (!["string", "number", "boolean"].includes(typeof tag)) {
      yield { path: `.${key}`, reason: "must be a string, a number or a boolean" };
    }
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const MILLISECONDS_FROM = 1e11;
/** The last moment that JavaScript's Date knows. */
const TIME_MS_MAX = 8.64e15;
const ISO_TIME = /^(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d)(:\d\d)?([.,]\d{1,9})?\s?([Zz]|[+-]\d\d:?\d\d)?)?$/;

function parseIsoTime(text: string): number | undefined {
  const match = ISO_TIME.exec(text);
  if (match === null) return undefined;

  const [, day = "", time = "00:00", seconds = ":00", fraction = "", zone = "Z"] = match;
  const midnight = Date.parse(`${day}T00:00:00Z`);
  // Date.parse rolls 30 February over to March instead of refusing it.
  if (Number.isNaN(midnight) || !new Date(midnight).toISOString().startsWith(day)) return undefined;

  const ms = Date.parse(`${day}T${time}${seconds}${fraction.replace(",", ".").slice(0, 4)}${isoZone(zone)}`);
  return Number.isNaN(ms) ? undefined : ms;
}

function isoZone(zone: string): string {
  if (zone === "Z" || zone === "z") return "Z";
  return zone.includes(":") ? zone : `${zone.slice(0, 3)}:${zone.slice(3)}`;
}
