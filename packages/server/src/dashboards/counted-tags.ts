/** Which tags are counted. */

/** Of every project. Values of others are too many to tell anything by their counts. */
const COUNTED_KEYS: ReadonlySet<string> = new Set([
  "environment",
  "release",
  "browser",
  "os",
  "transaction",
  "url",
  "server_name",
]);

/** Found, never counted: what others tell already, and people, whom the sketches count. */
const UNCOUNTED_KEYS: ReadonlySet<string> = new Set([
  "user.id",
  "user.email",
  "user.username",
  "user.ip",
  "browser.name",
  "os.name",
  "device",
  "runtime",
  "handled",
  "mechanism",
  "error.type",
  "dist",
  "logger",
]);

/** Keys that events of every project may have. */
export function alwaysSearchable(): string[] {
  return [...COUNTED_KEYS, ...UNCOUNTED_KEYS].toSorted();
}

/** Keys whose values are counted in every project. */
export function alwaysCounted(): string[] {
  return [...COUNTED_KEYS];
}

/** Whether every event that has it is counted, so that its counts can answer which issues have it. */
export function isFullyCounted(key: string): boolean {
  return COUNTED_KEYS.has(key) && key !== "url";
}

/** `own`: counted if it is among the first of its project. */
export function countingOf(key: string): "always" | "own" | "never" {
  if (COUNTED_KEYS.has(key)) return "always";
  return UNCOUNTED_KEYS.has(key) ? "never" : "own";
}

/** Keys of a project's own that are counted: the first that come. */
export const OWN_KEYS_MAX = 30;

/** Values of a key that are counted one by one, of a project in an hour. What comes beyond is counted together. */
export const VALUES_PER_HOUR_MAX = 300;

/** The same for an issue in all its life. */
export const VALUES_PER_ISSUE_MAX = 300;

/** The value under which values beyond the maximum are counted together: no tag is empty. */
export const OTHER_VALUES = "";
