import { type Field, type Fields, invalid, listOf, mapFields, object, text } from "./fields.ts";
import { isEmpty, isJsonObject } from "./json.ts";
import { SDK_LIST_MAX, TEXT_LENGTH_MAX } from "./limits.ts";

/** The SDK that sent the event. A bare text is its name. */
export const sdk: Field = (value, pass) => {
  if (typeof value === "string") return sdk({ name: value }, pass);
  if (!isJsonObject(value)) return invalid(value, pass);
  const fine = mapFields(value, SDK_FIELDS, pass);
  return isEmpty(fine) ? undefined : fine;
};

const asText = text(TEXT_LENGTH_MAX);

/** The type of a package promises both. */
const sdkPackage: Field = (value, pass) => {
  const fine = sdkPackageFields(value, pass);
  if (fine === undefined) return undefined;
  return fine.name === undefined || fine.version === undefined ? { name: "", version: "", ...fine } : fine;
};
const sdkPackageFields = object(
  new Map<string, Field>([
    ["name", asText],
    ["version", asText],
  ]),
);

const SDK_FIELDS: Fields = new Map<string, Field>([
  ["name", asText],
  ["version", asText],
  ["integrations", listOf(asText, SDK_LIST_MAX)],
  ["packages", listOf(sdkPackage, SDK_LIST_MAX)],
]);
