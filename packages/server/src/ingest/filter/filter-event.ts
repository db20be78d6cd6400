import type { Event, InboundFilter, InboundFilters } from "@mesher/protocol";
import { isOfBrowserExtension } from "./browser-extensions.ts";
import { compileGlob } from "./glob.ts";
import { compileIpRanges } from "./ip-range.ts";
import { isLegacyBrowser } from "./legacy-browsers.ts";
import { isOnLocalhost } from "./localhost.ts";
import { isWebCrawler } from "./web-crawlers.ts";

/** What a filter looks at beside the event. */
export interface Sender {
  /** The address it came from. */
  readonly clientIp?: string;
  readonly userAgent?: string;
}

/** The filter that drops the event, which is the reason it is counted by; `undefined`: it passes. */
export type EventFilter = (event: Event, sender: Sender) => InboundFilter | undefined;

/** Puts a project's filters together: those that cost least first. A project without filters pays nothing. */
export function createFilter(filters: InboundFilters): EventFilter {
  const active = FILTERS.flatMap(([name, compile]) => {
    const matches = compile(filters);
    return matches === undefined ? [] : [[name, matches] as const];
  });
  return (event, sender) => active.find(([, matches]) => matches(event, sender))?.[0];
}

type Matches = (event: Event, sender: Sender) => boolean;

/** `undefined`: the filter is off. */
const FILTERS: readonly (readonly [InboundFilter, (filters: InboundFilters) => Matches | undefined])[] = [
  ["ip_addresses", ({ ip_addresses: ranges }) => (ranges.length === 0 ? undefined : ipFilter(ranges))],
  ["releases", ({ releases }) => (releases.length === 0 ? undefined : releaseFilter(releases))],
  ["localhost", ({ localhost }) => (localhost ? isOnLocalhost : undefined)],
  ["web_crawlers", ({ web_crawlers }) => (web_crawlers ? userAgentFilter(isWebCrawler) : undefined)],
  ["legacy_browsers", ({ legacy_browsers }) => (legacy_browsers ? userAgentFilter(isLegacyBrowser) : undefined)],
  ["browser_extensions", ({ browser_extensions }) => (browser_extensions ? isOfBrowserExtension : undefined)],
  ["messages", ({ messages }) => (messages.length === 0 ? undefined : messageFilter(messages))],
];

function ipFilter(ranges: readonly string[]): Matches {
  const isIn = compileIpRanges(ranges);
  return (_event, { clientIp }) => clientIp !== undefined && isIn(clientIp);
}

function releaseFilter(patterns: readonly string[]): Matches {
  const globs = patterns.map(compileGlob);
  return ({ release }) => release !== undefined && globs.some((matches) => matches(release));
}

/** Of the person's browser: as the event tells, or, of an event that a browser sent itself, as its request does. */
function userAgentFilter(isUnwanted: (userAgent: string) => boolean): Matches {
  return ({ request, platform }, { userAgent }) => {
    const told = request?.headers?.find(([name]) => name.toLowerCase() === "user-agent")?.[1];
    const agent = told ?? (platform === "javascript" ? userAgent : undefined);
    return agent !== undefined && isUnwanted(agent);
  };
}

/** A pattern is for the message, or for an exception's type, its value, or both as they are shown: `Type: value`. */
function messageFilter(patterns: readonly string[]): Matches {
  const globs = patterns.map(compileGlob);
  return (event) => textsOf(event).some((text) => globs.some((matches) => matches(text)));
}

function textsOf({ logentry, exception }: Event): string[] {
  const texts = [logentry?.formatted, logentry?.message];
  for (const { type, value } of exception?.values ?? []) texts.push(type, value, `${type ?? ""}: ${value ?? ""}`);
  return texts.filter((text) => text !== undefined);
}
