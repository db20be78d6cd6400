/**
 * How the way of one item ended. Every item a client sends ends in exactly one outcome, and for every project
 *
 *     accepted = stored + duplicate + discarded + filtered + sampled + invalid + quarantined + waiting
 *
 * where `waiting` is what lies in the journal. Refused items were never accepted: the client was told, or the
 * item is of a kind that Mesher does not keep.
 */
export interface OutcomeRule {
  /** `accepted`: the client got a 2xx for it. `refused`: it did not, or the item was skipped. `client`: an SDK says it never sent it. */
  readonly side: "accepted" | "refused" | "client";
  /** Status of the HTTP answer that carries it; absent where the answer does not depend on it. */
  readonly status?: number;
  /** For `docs/outcomes.md`. */
  readonly meaning: string;
}

export const OUTCOMES = {
  stored: { side: "accepted", status: 200, meaning: "The event is in the database and counted in its issue." },
  duplicate: { side: "accepted", status: 200, meaning: "An event of this id was stored before; nothing was counted." },
  discarded: {
    side: "accepted",
    status: 200,
    meaning: "A person discarded the event's issue, or removed its project; the event was dropped.",
  },
  filtered: {
    side: "accepted",
    status: 200,
    meaning: "An inbound filter of the project dropped it; the reason is the filter's name.",
  },
  sampled: { side: "accepted", status: 200, meaning: "The project's sample rate left it out." },
  invalid: {
    side: "accepted",
    status: 200,
    meaning: "Accepted, but what was inside turned out not to be an event (its JSON cannot be read, or is no object).",
  },
  quarantined: {
    side: "accepted",
    status: 200,
    meaning: "Digesting it killed a worker twice; it is kept aside, for a person to look at.",
  },
  missing_auth: { side: "refused", status: 401, meaning: "No key, or an authentication that cannot be read." },
  unknown_key: {
    side: "refused",
    status: 403,
    meaning: "The key is unknown or revoked, or not this project's. 401 of the native API.",
  },
  forbidden_page: {
    side: "refused",
    status: 403,
    meaning: "It came from a page that is not among the project's allowed domains.",
  },
  malformed: { side: "refused", status: 400, meaning: "The body breaks the rules of its format." },
  too_large: { side: "refused", status: 413, meaning: "The body, or the event in it, is over a size limit." },
  rate_limited: { side: "refused", status: 429, meaning: "The project's key used up its events for this window." },
  overloaded: {
    side: "refused",
    status: 429,
    meaning: "The journal is full or its disk cannot be written; nothing more can be accepted for now.",
  },
  unsupported_item: {
    side: "refused",
    meaning: "An envelope item of a kind Mesher does not keep; the rest was taken.",
  },
  item_too_large: { side: "refused", meaning: "One item of an envelope is over its limit; the rest was taken." },
  client_discarded: { side: "client", meaning: "A client report: the SDK dropped this many before sending." },
} as const satisfies Record<string, OutcomeRule>;

export type Outcome = keyof typeof OUTCOMES;

/**
 * Data categories as SDKs name them in rate limits and client reports.
 * https://develop.sentry.dev/sdk/expected-features/rate-limiting/
 */
export const CATEGORIES = [
  "default",
  "error",
  "transaction",
  "monitor",
  "span",
  "log_item",
  "security",
  "attachment",
  "session",
  "profile",
  "profile_chunk",
  "replay",
  "feedback",
  "trace_metric",
  "internal",
] as const;
export type Category = (typeof CATEGORIES)[number];
