import { isJsonObject, type JsonObject } from "./json.ts";

/**
 * The payload of `POST /api/v1/events` as the event an SDK would have sent.
 *
 * Its `stacktrace` begins with the place that failed, as stack traces are printed and as the event panel opens the
 * first frame; an SDK's ends there. So a list of frames is turned around, while `{ frames: [...] }` is an SDK's and
 * stays. The stack trace belongs to the exception when there is one. Sentry's spellings are understood everywhere,
 * and keys that are in neither form go to `extra`.
 */
export function nativeToSdkEvent(payload: JsonObject): JsonObject {
  const event: Record<string, unknown> = {};
  const unknown: [string, unknown][] = [];
  for (const key in payload) {
    const value = payload[key];
    if (NATIVE_KEYS.has(key)) continue;
    if (SDK_KEYS.has(key)) event[key] = value;
    else unknown.push([key, value]);
  }

  const exception = toExceptions(payload.exception);
  const stacktrace = toStacktrace(payload.stacktrace);
  const user = toUser(payload.user_context ?? payload.user);
  const sdk = toSdk(payload);
  const extra = toExtra(payload.extra, unknown);
  if (exception !== undefined) event.exception = exception;
  if (stacktrace !== undefined) event.stacktrace = stacktrace;
  if (user !== undefined) event.user = user;
  if (sdk !== undefined) event.sdk = sdk;
  if (extra !== undefined) event.extra = extra;
  return event;
}

/** Keys that are read one by one. */
const NATIVE_KEYS: ReadonlySet<string> = new Set([
  "exception",
  "stacktrace",
  "user_context",
  "user",
  "sdk_name",
  "sdk_version",
  "sdk",
  "extra",
]);

/** Keys that mean the same in both forms, and those of an SDK's event that are welcome here too. */
const SDK_KEYS: ReadonlySet<string> = new Set([
  "event_id",
  "timestamp",
  "message",
  "logentry",
  "level",
  "platform",
  "logger",
  "fingerprint",
  "breadcrumbs",
  "tags",
  "environment",
  "release",
  "dist",
  "server_name",
  "transaction",
  "culprit",
  "session_id",
  "request",
  "contexts",
  "threads",
  "modules",
  "debug_meta",
  "csp",
  "hpkp",
  "expectct",
  "expectstaple",
  "nel",
]);

const EXCEPTION_SPELLINGS: ReadonlyMap<string, string> = new Map([
  ["type_name", "type"],
  ["module_name", "module"],
]);
const FRAME_SPELLINGS: ReadonlyMap<string, string> = new Map([
  ["function_name", "function"],
  ["module_name", "module"],
]);
const USER_SPELLINGS: ReadonlyMap<string, string> = new Map([["ip", "ip_address"]]);

function toExceptions(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toException);
  if (!isJsonObject(value) || !Array.isArray(value.values)) return toException(value);
  return { ...value, values: value.values.map(toException) };
}

function toException(value: unknown): unknown {
  if (!isJsonObject(value)) return value;
  const exception = respell(value, EXCEPTION_SPELLINGS);
  if (!("stacktrace" in exception)) return exception;
  return { ...exception, stacktrace: toStacktrace(exception.stacktrace) };
}

function toStacktrace(value: unknown): unknown {
  if (Array.isArray(value)) return { frames: value.map(toFrame).toReversed() };
  if (isJsonObject(value) && Array.isArray(value.frames)) return { ...value, frames: value.frames.map(toFrame) };
  return value;
}

function toFrame(value: unknown): unknown {
  return isJsonObject(value) ? respell(value, FRAME_SPELLINGS) : value;
}

function toUser(value: unknown): unknown {
  return isJsonObject(value) ? respell(value, USER_SPELLINGS) : value;
}

function toSdk({ sdk, sdk_name: name, sdk_version: version }: JsonObject): unknown {
  if (name === undefined && version === undefined) return sdk;
  return { ...(isJsonObject(sdk) ? sdk : {}), name, version };
}

function toExtra(extra: unknown, unknown: readonly [string, unknown][]): unknown {
  if (unknown.length === 0 && (isJsonObject(extra) || extra === undefined)) return extra;
  const map = isJsonObject(extra) ? extra : extra === undefined || extra === null ? {} : { extra };
  return { ...Object.fromEntries(unknown), ...map };
}

/** The map with keys of the one spelling in the other; where both are there, the other stands. */
function respell(map: JsonObject, spellings: ReadonlyMap<string, string>): JsonObject {
  const entries = Object.entries(map).flatMap(([key, value]) => {
    const spelling = spellings.get(key);
    if (spelling === undefined) return [[key, value] as const];
    return Object.hasOwn(map, spelling) && map[spelling] !== null ? [] : [[spelling, value] as const];
  });
  return Object.fromEntries(entries);
}
