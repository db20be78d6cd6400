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
  // Put together in a map: objects of ever different shapes would have the code that makes them compiled again and again.
  const tags: Tags = new Map();
  addDerived(event, tags);
  for (const key in event.tags) add(tags, key, event.tags[key]);
  return Object.fromEntries(tags);
}

type Tags = Map<string, string>;

function add(tags: Tags, key: string, value: string | undefined): void {
  if (value !== undefined && value !== "") tags.set(key, value);
}

function addDerived(event: Event, tags: Tags): void {
  const { user, contexts, request } = event;
  const exception = mainException(event);
  const mechanism = exception?.mechanism;
  add(tags, "user.id", textOf(user?.id));
  add(tags, "user.email", textOf(user?.email));
  add(tags, "user.username", textOf(user?.username));
  add(tags, "user.ip", textOf(user?.ip_address));
  addBrowser(event, tags);
  const os = productOf(contexts?.["os"]);
  add(tags, "os", os?.name);
  add(tags, "os.name", os?.bareName);
  add(tags, "runtime", productOf(contexts?.["runtime"])?.name);
  add(tags, "device", textOf(contexts?.["device"]?.["model"]));
  add(tags, "transaction", event.transaction);
  add(tags, "server_name", textOf(event.server_name));
  add(tags, "logger", event.logger);
  add(tags, "dist", event.dist);
  add(tags, "url", textOf(request?.url?.split(/[?#]/, 1)[0]));
  add(tags, "error.type", textOf(exception?.type));
  add(tags, "mechanism", textOf(mechanism?.type));
  if (mechanism?.handled !== undefined) add(tags, "handled", mechanism.handled ? "yes" : "no");
}

/** Browsers do not say which they are; their requests do. */
function addBrowser({ contexts, request }: Event, tags: Tags): void {
  const context = contexts?.["browser"];
  const browser = context === undefined ? browserOf(userAgentOf(request)) : productOf(context);
  add(tags, "browser", browser?.name);
  add(tags, "browser.name", browser?.bareName);
}

function userAgentOf(request: Event["request"]): string {
  return request?.headers?.find(([name]) => name.toLowerCase() === "user-agent")?.[1] ?? "";
}

const browserOf = remember((userAgent: string): Product | undefined => {
  // The parser refuses an empty one.
  if (userAgent === "") return undefined;
  const { name, version } = bowser.getParser(userAgent).getBrowser();
  return productOf({ name, version });
});

/** `Chrome 120.0`, and `Chrome`. */
interface Product {
  readonly name: string | undefined;
  readonly bareName: string;
}

function productOf(context: Readonly<Record<string, unknown>> | undefined): Product | undefined {
  const bareName = textOf(context?.["name"]);
  if (bareName === undefined) return undefined;
  const version = textOf(context?.["version"]);
  return { name: version === undefined ? bareName : textOf(`${bareName} ${version}`), bareName };
}

function textOf(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const text = cleanText(value).trim();
  return text === "" ? undefined : shorten(text, TAG_VALUE_LENGTH_MAX);
}
