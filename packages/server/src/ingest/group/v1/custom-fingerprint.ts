import type { Event, Frame } from "@mesher/protocol";
import { type Contribution, limitParts } from "./contribution.ts";
import { findGroupedThread } from "./threads.ts";

/** A whole element is a variable or it is text; variables inside of text are not replaced, as with Sentry. */
const VARIABLE = /^\s*\{\{\s*(\S+?)\s*\}\}\s*$/;
/** Keeps a client's own words from meeting a message of the same words. */
const SALT = "custom fingerprint";

export interface CustomFingerprint {
  /** It contains `{{ default }}`. */
  readonly extendsDefault: boolean;
  readonly contribution: Contribution;
}

/**
 * The client's own fingerprint, with its variables replaced; absent when there is none or it is only `{{ default }}`.
 * Variables: https://docs.sentry.io/concepts/data-management/event-grouping/sdk-fingerprinting/
 */
export function contributeCustomFingerprint(event: Event): CustomFingerprint | undefined {
  const elements = event.fingerprint ?? [];
  if (elements.length === 0) return undefined;
  const isDefault = elements.map((element) => VARIABLE.exec(element)?.[1] === "default");
  if (isDefault.every(Boolean)) return undefined;

  const values = elements.map((element, index) => (isDefault[index] ? "{{ default }}" : resolve(element, event)));
  return {
    extendsDefault: isDefault.includes(true),
    contribution: {
      strategy: "custom_fingerprint",
      values: [SALT, ...values],
      parts: limitParts(values.map((value) => ({ kind: "fingerprint", value }))),
    },
  };
}

function resolve(element: string, event: Event): string {
  const name = VARIABLE.exec(element)?.[1];
  if (name === undefined) return element;
  if (name.startsWith("tags.")) {
    const tag = name.slice("tags.".length);
    return event.tags?.[tag] ?? `<no-value-for-tag-${tag}>`;
  }
  return VARIABLES.get(name)?.(event) ?? element;
}

const VARIABLES = new Map<string, (event: Event) => string>([
  ["transaction", (event) => event.transaction ?? "<no-transaction>"],
  ["level", (event) => event.level],
  ["logger", (event) => event.logger ?? "<no-logger>"],
  ["release", (event) => event.release ?? "<no-release>"],
  ["environment", (event) => event.environment ?? "<no-environment>"],
  ["message", resolveMessage],
  ["type", resolveType],
  ["error.type", resolveType],
  ["value", resolveValue],
  ["error.value", resolveValue],
  ["function", resolveFunction],
  ["stack.function", resolveFunction],
  ["module", resolveModule],
  ["stack.module", resolveModule],
  ["package", resolvePackage],
  ["stack.package", resolvePackage],
  ["path", resolvePath],
  ["stack.abs_path", resolvePath],
  ["stack.filename", (event) => findCrashFrame(event)?.filename ?? findCrashFrame(event)?.abs_path ?? "<no-filename>"],
]);

function resolveMessage(event: Event): string {
  const text = event.logentry?.formatted ?? event.logentry?.message ?? event.exception?.values.at(-1)?.value;
  return text ?? "<no-message>";
}

function resolveType(event: Event): string {
  return event.exception?.values.at(-1)?.type ?? "<no-type>";
}

function resolveValue(event: Event): string {
  return event.exception?.values.at(-1)?.value ?? "<no-value>";
}

function resolveFunction(event: Event): string {
  return findCrashFrame(event)?.function ?? "<no-function>";
}

function resolveModule(event: Event): string {
  return findCrashFrame(event)?.module ?? "<no-module>";
}

function resolvePackage(event: Event): string {
  return findCrashFrame(event)?.package?.split(/[/\\]/).at(-1) ?? "<no-package>";
}

function resolvePath(event: Event): string {
  const frame = findCrashFrame(event);
  return frame?.abs_path ?? frame?.filename ?? "<no-abs-path>";
}

/** The innermost frame of the application's own code, else the innermost frame. */
function findCrashFrame(event: Event): Frame | undefined {
  const stacktrace =
    event.exception?.values.at(-1)?.stacktrace ?? event.stacktrace ?? findGroupedThread(event)?.stacktrace;
  const frames = stacktrace?.frames ?? [];
  return frames.findLast((frame) => frame.in_app === true) ?? frames.at(-1);
}
