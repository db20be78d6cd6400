import { type Field, type Fields, invalid, mapFields, text } from "./fields.ts";
import { freeMap, freeValue } from "./free-value.ts";
import { isEmpty, isJsonObject } from "./json.ts";
import { HEADER_LENGTH_MAX, TEXT_LENGTH_MAX, URL_LENGTH_MAX } from "./limits.ts";
import { pairs } from "./pairs.ts";

/** The HTTP request that was being answered, or the page that was open. */
export const request: Field = (value, pass) => {
  if (!isJsonObject(value)) return invalid(value, pass);
  const fine = mapFields(value, REQUEST_FIELDS, pass);
  return isEmpty(fine) ? undefined : fine;
};

const parameters = pairs("repeated", URL_LENGTH_MAX);
const asText = text(URL_LENGTH_MAX);

/** As a text it is kept as one, without the `?` that some SDKs leave in front. */
const queryString: Field = (value, pass) => {
  if (typeof value !== "string") return parameters(value, pass);
  let start = 0;
  while (value.charCodeAt(start) === QUESTION_MARK) start++;
  return asText(start === 0 ? value : value.slice(start), pass);
};
const QUESTION_MARK = 0x3f;

const cookies: Field = (value, pass) => (typeof value === "string" ? asText(value, pass) : parameters(value, pass));

const REQUEST_FIELDS: Fields = new Map<string, Field>([
  ["url", text(URL_LENGTH_MAX)],
  ["method", text(TEXT_LENGTH_MAX)],
  ["query_string", queryString],
  ["data", (value, pass) => freeValue(value, "requestBody", pass)],
  ["cookies", cookies],
  ["headers", pairs("joined", HEADER_LENGTH_MAX)],
  ["env", freeMap("other")],
]);
