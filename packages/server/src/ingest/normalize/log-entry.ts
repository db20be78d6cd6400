import { type Field, type Fields, invalid, mapFields, textOrJson } from "./fields.ts";
import { formatMessage } from "./format-message.ts";
import { freeValue } from "./free-value.ts";
import { isJsonObject, type JsonObject } from "./json.ts";
import { MESSAGE_LENGTH_MAX } from "./limits.ts";
import type { Pass } from "./pass.ts";

/**
 * The message of an event. A bare text is what a person reads, hence `formatted`; `message` is only there when it
 * is a template, that is when it differs (relay's `normalize_logentry`).
 */
export const logEntry: Field = (value, pass) => {
  if (!isJsonObject(value)) {
    const formatted = Array.isArray(value) ? invalid(value, pass) : messageText(value, pass);
    return formatted ? { formatted } : undefined;
  }
  return settle(mapFields(value, LOG_ENTRY_FIELDS, pass), pass);
};

const messageText = textOrJson(MESSAGE_LENGTH_MAX);

const LOG_ENTRY_FIELDS: Fields = new Map<string, Field>([
  ["message", messageText],
  ["formatted", messageText],
  [
    "params",
    (value, pass) => (typeof value === "object" ? freeValue(value, "other", pass) : freeValue([value], "other", pass)),
  ],
]);

function settle(entry: JsonObject, pass: Pass): JsonObject | undefined {
  const { message, formatted, ...others } = entry as { message?: string; formatted?: string };
  if (!message) return formatted ? withoutTemplate(entry, formatted) : undefined;
  if (formatted) return message === formatted ? { ...others, formatted } : entry;

  const filled = formatMessage(message, entry.params);
  if (filled === undefined || filled === message) return { ...others, formatted: message };
  pass.enter("formatted");
  const limited = messageText(filled, pass);
  pass.leave();
  return { ...others, message, formatted: limited };
}

function withoutTemplate(entry: JsonObject, formatted: string): JsonObject {
  if (entry.message === undefined) return entry;
  const { message: _, ...others } = entry;
  return { ...others, formatted };
}
