import type { Event } from "@mesher/protocol";
import bowser from "bowser";
import { mainException } from "../normalize/event-stacktrace.ts";
import { TAG_VALUE_LENGTH_MAX } from "../normalize/limits.ts";
import { cleanText, shorten } from "../normalize/text.ts";
import { remember } from "../remember.ts";

/**
 * The tags an event is found by: those that were sent, and what else of it Sentry's users search like tags. What was sent
 * goes before. No value is empty.
 */
export function searchedTags(event: Event): Record<string, string> {
  const tags: Record<string, string> = {};
  for (const [key, value] of Object.entries({ ...derivedTags(event), ...event.tags })) {
    if (value !== undefined && value !== "") tags[key] = value;
  }
  return tags;
}

type Tags = Readonly<Record<string, string | undefined>>;

function derivedTags(event: Event): Tags {
  const mechanism = mainException(event)?.mechanism;
  return {
    ...userTags(event.user),
    ...browserTags(event),
    ...nameAndVersion("os", event.contexts?.["os"]),
    runtime: nameAndVersion("runtime", event.contexts?.["runtime"])["runtime"],
    device: textOf(event.contexts?.["device"]?.["model"]),
    transaction: event.transaction,
    server_name: textOf(event.server_name),
    logger: event.logger,
    dist: event.dist,
    url: textOf(event.request?.url?.split(/[?#]/, 1)[0]),
    "error.type": textOf(mainException(event)?.type),
    mechanism: textOf(mechanism?.type),
    handled: mechanism?.handled === undefined ? undefined : mechanism.handled ? "yes" : "no",
  };
}

function userTags(user: Event["user"]): Tags {
  return {
    "user.id": textOf(user?.id),
    "user.email": textOf(user?.email),
    "user.username": textOf(user?.username),
    "user.ip": textOf(user?.ip_address),
  };
}

/** Browsers do not say which they are; their requests do. */
function browserTags(event: Event): Tags {
  const context = event.contexts?.["browser"];
  if (context !== undefined) return nameAndVersion("browser", context);
  const header = event.request?.headers?.find(([name]) => name.toLowerCase() === "user-agent")?.[1];
  // The parser refuses an empty one.
  return header === undefined || header === null || header === "" ? {} : browserOf(header);
}

const browserOf = remember((userAgent: string): Tags => {
  const { name, version } = bowser.getParser(userAgent).getBrowser();
  return nameAndVersion("browser", { name, version });
});

/** `browser` is `Chrome 120.0`, `browser.name` is `Chrome`. */
function nameAndVersion(key: string, context: Readonly<Record<string, unknown>> | undefined): Tags {
  const name = textOf(context?.["name"]);
  if (name === undefined) return {};
  const version = textOf(context?.["version"]);
  return { [key]: version === undefined ? name : textOf(`${name} ${version}`), [`${key}.name`]: name };
}

function textOf(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const text = cleanText(value).trim();
  return text === "" ? undefined : shorten(text, TAG_VALUE_LENGTH_MAX);
}
