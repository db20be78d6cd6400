import { type Field, invalid } from "./fields.ts";
import { freeMap } from "./free-value.ts";
import { isEmpty, isJsonObject, type JsonObject } from "./json.ts";

export const SECURITY_REPORT_KEYS = ["csp", "hpkp", "expectct", "expectstaple", "nel"] as const;

/** What older versions of Sentry called them. */
export const SECURITY_REPORT_ALIASES = {
  csp: "sentry.interfaces.Csp",
  hpkp: "sentry.interfaces.Hpkp",
  expectct: "sentry.interfaces.ExpectCT",
  expectstaple: "sentry.interfaces.ExpectStaple",
  nel: "sentry.interfaces.Nel",
} as const satisfies Record<(typeof SECURITY_REPORT_KEYS)[number], string>;

/**
 * A report as a browser writes it (`document-uri`, inside `csp-report`) or as relay hands it on (`document_uri`).
 * Only its top level is respelled: what is below are lists of certificates and the like.
 */
export const securityReport: Field = (value, pass) => {
  if (!isJsonObject(value)) return invalid(value, pass);
  const report = freeReport(respell(unwrap(value)), pass);
  return report === undefined || isEmpty(report) ? undefined : report;
};

const freeReport = freeMap("other");

/** Browsers put a report inside a map of one key that says what kind it is. */
const WRAPPERS = ["csp-report", "expect-ct-report", "expect-staple-report"];

function unwrap(value: JsonObject): JsonObject {
  for (const wrapper of WRAPPERS) {
    const inner = value[wrapper];
    if (isJsonObject(inner)) return inner;
  }
  return value;
}

function respell(report: JsonObject): JsonObject {
  if (!Object.keys(report).some((key) => key.includes("-"))) return report;
  return Object.fromEntries(Object.entries(report).map(([key, value]) => [key.replaceAll("-", "_"), value]));
}
