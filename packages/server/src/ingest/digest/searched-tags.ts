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
  const tags = new Map<string, string>();
  const add: AddTag = (key, value) => {
    if (value !== undefined && value !== "") tags.set(key, value);
  };
  addDerived(event, add);
  for (const key in event.tags) add(key, event.tags[key]);
  return Object.fromEntries(tags);
}

type AddTag = (key: string, value: string | undefined) => void;

function addDerived(event: Event, add: AddTag): void {
  const { user, contexts, request } = event;
  const exception = mainException(event);
  const mechanism = exception?.mechanism;
  add("user.id", textOf(user?.id));
  add("user.email", textOf(user?.email));
  add("user.username", textOf(user?.username));
  add("user.ip", textOf(user?.ip_address));
  addBrowser(event, add);
  const os = productOf(contexts?.["os"]);
  add("os", os?.name);
  add("os.name", os?.bareName);
  add("runtime", productOf(contexts?.["runtime"])?.name);
  add("device", textOf(contexts?.["device"]?.["model"]));
  add("transaction", event.transaction);
  add("server_name", textOf(event.server_name));
  add("logger", event.logger);
  add("dist", event.dist);
  add("url", textOf(request?.url?.split(/[?#]/, 1)[0]));
  add("error.type", textOf(exception?.type));
  add("mechanism", textOf(mechanism?.type));
  if (mechanism?.handled !== undefined) add("handled", mechanism.handled ? "yes" : "no");
}

/** Browsers do not say which they are; their requests do. */
function addBrowser({ contexts, request }: Event, add: AddTag): void {
  const context = contexts?.["browser"];
  const browser = context === undefined ? browserOf(userAgentOf(request)) : productOf(context);
  add("browser", browser?.name);
  add("browser.name", browser?.bareName);
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
