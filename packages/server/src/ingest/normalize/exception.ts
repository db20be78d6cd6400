import {
  count,
  type Field,
  type Fields,
  flag,
  invalid,
  keepEnds,
  mapFields,
  mapList,
  text,
  textOrJson,
} from "./fields.ts";
import { freeMap } from "./free-value.ts";
import { isEmpty, isJsonObject } from "./json.ts";
import { EXCEPTIONS_MAX, MESSAGE_LENGTH_MAX, SYMBOL_LENGTH_MAX, TEXT_LENGTH_MAX } from "./limits.ts";
import { stacktrace } from "./stacktrace.ts";
import { threadId } from "./thread-id.ts";
import { values } from "./values.ts";

/** The exceptions of an event, the cause first. */
export const exceptions: Field = values((list, pass) => {
  const last = EXCEPTIONS_MAX / 2;
  return mapList(keepEnds(list, EXCEPTIONS_MAX - last, last, pass), exception, pass);
});

const exception: Field = (value, pass) => {
  if (typeof value === "string") return exception({ value }, pass);
  if (!isJsonObject(value)) return invalid(value, pass);
  const fine = mapFields(value, EXCEPTION_FIELDS, pass);
  return isEmpty(fine) ? undefined : fine;
};

/** Legacy SDKs sent only a name. The type is required of newer ones; relay, too, fills in `generic`. */
const mechanism: Field = (value, pass) => {
  if (typeof value === "string") return mechanism({ type: value }, pass);
  if (!isJsonObject(value)) return invalid(value, pass);
  const fine = mapFields(value, MECHANISM_FIELDS, pass);
  if (isEmpty(fine)) return undefined;
  return fine.type === undefined ? { type: "generic", ...fine } : fine;
};

const MECHANISM_FIELDS: Fields = new Map<string, Field>([
  ["type", text(TEXT_LENGTH_MAX)],
  ["handled", flag],
  ["synthetic", flag],
  ["description", text(MESSAGE_LENGTH_MAX)],
  ["help_link", text(TEXT_LENGTH_MAX)],
  ["exception_id", count],
  ["parent_id", count],
  ["source", text(TEXT_LENGTH_MAX)],
  ["is_exception_group", flag],
  ["data", freeMap("other")],
  ["meta", freeMap("other")],
]);

const EXCEPTION_FIELDS: Fields = new Map<string, Field>([
  ["type", textOrJson(SYMBOL_LENGTH_MAX)],
  ["value", textOrJson(MESSAGE_LENGTH_MAX)],
  ["module", text(SYMBOL_LENGTH_MAX)],
  ["mechanism", mechanism],
  ["stacktrace", stacktrace],
  ["raw_stacktrace", stacktrace],
  ["thread_id", threadId],
]);
