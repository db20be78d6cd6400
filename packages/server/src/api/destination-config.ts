/** Reads what a destination is made of, by the fields of its kind. */
import { DESTINATION_FIELDS, type DestinationField, type DestinationKind } from "@mesher/protocol";
import type { ConfigValue } from "../deliveries/destination.ts";
import { type Check, checkFields, demandFields, fields, line, list, matching } from "./check-fields.ts";

const TEXT_LENGTH_MAX = 500;
const URL_LENGTH_MAX = 2_000;
const EMAIL_LENGTH_MAX = 254;
const EMAILS_MAX = 20;

/** Throws a refusal that names every field which is wrong. Of a change, fields that are not given stay. */
export function checkDestinationConfig(
  kind: DestinationKind,
  config: unknown,
  { isNew }: { readonly isNew: boolean },
): Readonly<Record<string, ConfigValue>> {
  const described = DESTINATION_FIELDS[kind].fields;
  const checks = Object.fromEntries(described.map((field) => [field.name, CHECKS[field.type](field)]));
  const required = isNew ? described.filter(({ isRequired }) => isRequired).map(({ name }) => name) : [];
  // Reasons are told with the path that the body has.
  const { config: checked = {} } = checkFields({ config: config ?? {} }, { config: fields(checks) });
  demandFields(checked, checks, ...required);
  return checked as Readonly<Record<string, ConfigValue>>;
}

const CHECKS: Readonly<Record<DestinationField["type"], (field: DestinationField) => Check<ConfigValue>>> = {
  text: () => line(TEXT_LENGTH_MAX),
  secret: () => line(TEXT_LENGTH_MAX),
  url: ({ name }) => url(name),
  secret_url: ({ name }) => url(name),
  emails: () => addresses,
  choice: ({ choices = [] }) => matching((text) => choices.includes(text), `must be one of ${choices.join(", ")}`),
};

function url(name: string): Check<string> {
  return matching(
    (text) => {
      if (text.length > URL_LENGTH_MAX || !URL.canParse(text)) return false;
      const { protocol, username, password, hostname } = new URL(text);
      return /^https?:$/.test(protocol) && username === "" && password === "" && hostname !== "";
    },
    `must be an address that begins with https:// or http://, without a password in it${name === "url" ? "" : ", as the service shows it"}`,
  );
}

const addresses: Check<string[]> = (value) => {
  const checked = list(
    matching(
      (text) => text.length <= EMAIL_LENGTH_MAX && /^[^@\s,;<>"()]+@[^@\s,;<>"()]+$/.test(text),
      "must be an e-mail address",
    ),
    EMAILS_MAX,
  )(value);
  if (checked.length === 0) throw new RangeError("must have at least one address");
  return checked;
};
