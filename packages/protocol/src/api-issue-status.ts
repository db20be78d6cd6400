/** On which terms an issue has its status. */

/** The terms of a status: of a resolved issue since when an event is a regression, of an archived one what ends it. */
export type ApiStatusDetails =
  | { readonly mode: "now" }
  | { readonly mode: "in_release"; readonly release: string }
  /** `after`: the newest release when it was resolved; null when there was none. */
  | { readonly mode: "in_next_release"; readonly after: string | null }
  | { readonly mode: "until_escalating" | "for_ever" }
  | { readonly mode: "until_time"; readonly until: string }
  /** `event_count`: of the issue, that ends it. */
  | { readonly mode: "until_count"; readonly event_count: number };
