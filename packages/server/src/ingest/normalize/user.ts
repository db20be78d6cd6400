import { type Field, type Fields, invalid, mapFields, text, trimmedText } from "./fields.ts";
import { freeMap } from "./free-value.ts";
import { isEmpty, isJsonObject } from "./json.ts";
import { USER_TEXT_LENGTH_MAX } from "./limits.ts";
import { toText } from "./text.ts";

/** Whom it happened to. A bare text or number is taken for the id. */
export const user: Field = (value, pass) => {
  const id = toText(value);
  if (id !== undefined) return user({ id }, pass);
  if (!isJsonObject(value)) return invalid(value, pass);
  const fine = mapFields(value, USER_FIELDS, pass);
  return isEmpty(fine) ? undefined : fine;
};

const userText = text(USER_TEXT_LENGTH_MAX);

const USER_FIELDS: Fields = new Map<string, Field>([
  ["id", userText],
  ["username", userText],
  ["email", userText],
  ["name", userText],
  ["ip_address", trimmedText(USER_TEXT_LENGTH_MAX)],
  ["geo", freeMap("other")],
  ["data", freeMap("other")],
]);
