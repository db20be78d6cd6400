/** What a project decides about its events, as `/api/v1/projects/:project/settings` shows and takes it. */

export interface ApiProjectSettings {
  /** Days an event is kept, 1 to 365. */
  readonly retention_days: number;
  /** Part of the events that is kept, 0 to 1. */
  readonly sample_rate: number;
  /** Events that a key may send in a window, unless it has a limit of its own; `null`: the server's default. */
  readonly rate_limit_events: number | null;
  /**
   * Pages that may send events: `*`, `example.com`, `*.example.com` (also `example.com` itself), each with
   * `https://` before and `:8443` behind if need be. Clients that name no page, as servers, are always welcome.
   */
  readonly allowed_domains: readonly string[];
  /** Of events that name none. */
  readonly default_environment: string | null;
  readonly filters: InboundFilters;
  readonly scrubbing: Scrubbing;
}

/** Which events are dropped before they are stored. They are counted as `filtered`, by the filter's name. */
export interface InboundFilters {
  /** Errors of browser extensions, not of the page. */
  readonly browser_extensions: boolean;
  /** Pages and servers at `localhost` and the like. */
  readonly localhost: boolean;
  readonly web_crawlers: boolean;
  /** Browsers that are no longer maintained. */
  readonly legacy_browsers: boolean;
  /** Messages and exceptions; `*` stands for anything. Without regard to case. */
  readonly messages: readonly string[];
  /** Releases, in the same way. */
  readonly releases: readonly string[];
  /** Addresses the events come from: `192.0.2.7`, `192.0.2.0/24`, `2001:db8::/32`. */
  readonly ip_addresses: readonly string[];
}

export type InboundFilter = keyof InboundFilters;

export const INBOUND_FILTERS_DEFAULT: InboundFilters = {
  browser_extensions: false,
  localhost: false,
  web_crawlers: false,
  legacy_browsers: false,
  messages: [],
  releases: [],
  ip_addresses: [],
};

/** What is taken out of events before they are stored. */
export interface Scrubbing {
  readonly enabled: boolean;
  /** Addresses of people, too. */
  readonly ip_addresses: boolean;
  /** More names of fields whose values are secret. */
  readonly fields: readonly string[];
  /** Fields of just these names are left alone, with all that is in them. */
  readonly safe_fields: readonly string[];
}

export const SCRUBBING_DEFAULT: Scrubbing = { enabled: true, ip_addresses: false, fields: [], safe_fields: [] };

/** Stands where something was scrubbed. */
export const SCRUBBED = "[Filtered]";

/** What scrubbing looks for. A name of a field is compared in small letters and without anything between its words. */
export const SCRUB_RULES = {
  secret_field: "A field whose name says that its value is secret: SECRET_FIELD_NAMES.",
  named_field: "A field that the project's settings name.",
  ip_address: "A field that holds somebody's address: IP_FIELD_NAMES. Only if the settings say so.",
  card_number: "The number of a payment card: 13 to 19 digits of a known issuer whose check digit is right.",
  private_key: "A private key in PEM form.",
  token: "What follows Bearer or Basic, and JSON web tokens.",
  url_password: "The password in a URL.",
  too_deep: "Nested deeper than can be looked through.",
} as const satisfies Record<string, string>;
export type ScrubRule = keyof typeof SCRUB_RULES;

/** Names of fields with secret values: names that contain, end with or are one of these. */
export const SECRET_FIELD_NAMES = {
  contain: [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "apikey",
    "privatekey",
    "accesskey",
    "authorization",
    "credential",
    "cookie",
    "csrf",
    "xsrf",
    "creditcard",
    "cardnumber",
    "sessionid",
    "sessionkey",
    "sessid",
  ],
  end: ["token", "session", "passcode", "pwd"],
  be: ["auth", "pass", "pin", "cvv", "cvc", "cvv2", "cvc2", "ccnumber", "ssn", "jwt", "otp"],
} as const;

/** Names of fields that hold somebody's address. */
export const IP_FIELD_NAMES = [
  "ip",
  "ipaddress",
  "ipaddr",
  "clientip",
  "userip",
  "remoteip",
  "sourceip",
  "remoteaddr",
  "forwarded",
  "xforwardedfor",
  "httpxforwardedfor",
  "xoriginalforwardedfor",
  "xrealip",
  "httpxrealip",
  "xclientip",
  "httpclientip",
  "xclusterclientip",
  "cfconnectingip",
  "trueclientip",
  "fastlyclientip",
  "flyclientip",
] as const;

/** One place where something was scrubbed. */
export interface ScrubbedPlace {
  /** Keys joined by dots, as in the payload: `request.headers.0.1`. */
  readonly path: string;
  readonly rule: ScrubRule;
}

export interface ApiScrubbingPreview {
  /** The event as it would be stored. */
  readonly event: unknown;
  readonly removed: readonly ScrubbedPlace[];
  readonly rules: typeof SCRUB_RULES;
}

/** Events of a project, the newest first, that a preview of filters looks at. */
export const FILTER_PREVIEW_EVENTS_MAX = 200;

/** `POST …/settings/filters/preview`: what inbound filters would have dropped of what was stored lately. */
export interface ApiFilterPreview {
  /** How many events were looked at: fewer than asked for where there are no more, or where they are large. */
  readonly events: number;
  readonly passed: number;
  /** By filter, the most first. An event counts for the first filter that drops it. */
  readonly filtered: readonly { readonly filter: InboundFilter; readonly count: number }[];
  /** The newest of those that would have been dropped. */
  readonly examples: readonly {
    readonly event_id: string;
    readonly issue_id: string;
    readonly title: string;
    readonly received_at: string;
    readonly filter: InboundFilter;
  }[];
}
