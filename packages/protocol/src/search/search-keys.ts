import { ISSUE_STATUSES } from "../api.ts";
import { PRIORITIES } from "../api-issue-actions.ts";
import { LEVELS } from "../event.ts";

/** What can stand before a colon besides the name of a tag. */
export const SEARCH_FIELDS = {
  level: { type: "value", of: ["issue", "event"], values: LEVELS, help: "how severe" },
  environment: { type: "value", of: ["issue", "event"], help: "where it ran" },
  release: { type: "value", of: ["issue", "event"], help: "the version of the application" },
  platform: { type: "value", of: ["issue"], help: "javascript, python, …" },
  issue: { type: "value", of: ["issue", "event"], help: "its short id: SHOP-12" },
  id: { type: "value", of: ["event"], help: "the event's id" },
  title: { type: "text", of: ["issue", "event"], help: "a part of the title" },
  culprit: { type: "text", of: ["issue"], help: "a part of where it happened" },
  message: { type: "words", of: ["issue", "event"], help: "words of the message, the exceptions, title and culprit" },
  "stack.filename": { type: "words", of: ["issue", "event"], help: "words of a file in a stack trace" },
  "stack.function": { type: "words", of: ["issue", "event"], help: "words of a function or module in a stack trace" },
  priority: { type: "value", of: ["issue"], values: PRIORITIES, help: "how urgent" },
  assigned: { type: "person", of: ["issue"], help: "me, my_teams, #team, none, an email address or an id" },
  timesSeen: { type: "number", of: ["issue"], help: "its events: >100" },
  users: { type: "number", of: ["issue"], help: "the users it affected: >10" },
  firstSeen: { type: "time", of: ["issue"], help: "-24h, +7d, >2026-01-31" },
  lastSeen: { type: "time", of: ["issue"], help: "-24h, +7d, >2026-01-31" },
  timestamp: { type: "time", of: ["event"], help: "when it was received: -24h, >2026-01-31" },
} as const satisfies Record<string, FieldDefinition>;

interface FieldDefinition {
  /**
   * `value`: equal as a whole. `text`: holds it. `words`: holds all its words. `person`: or team, of the organization. `number` and
   * `time`: compared.
   */
  readonly type: "value" | "text" | "words" | "person" | "number" | "time";
  /** What has it. */
  readonly of: readonly SearchScope[];
  /** All there are. */
  readonly values?: readonly string[];
  /** In few words, for suggestions. */
  readonly help: string;
}

/** What is searched. */
export type SearchScope = "issue" | "event";

export type SearchField = keyof typeof SEARCH_FIELDS;
type FieldOf<Type> = { [F in SearchField]: (typeof SEARCH_FIELDS)[F]["type"] extends Type ? F : never }[SearchField];
export type PatternField = FieldOf<"value" | "text" | "words" | "person">;
export type NumberField = FieldOf<"number">;
export type TimeField = FieldOf<"time">;

/** Other spellings that Sentry's users, and those of the plain parameters, are used to. */
export const FIELD_ALIASES: Readonly<Record<string, SearchField>> = {
  times_seen: "timesSeen",
  first_seen: "firstSeen",
  age: "firstSeen",
  last_seen: "lastSeen",
  received_at: "timestamp",
  "issue.priority": "priority",
  assignee: "assigned",
  assigned_to: "assigned",
  env: "environment",
  location: "culprit",
  "error.value": "message",
  "stack.abs_path": "stack.filename",
  "stack.module": "stack.function",
};

/** The field of a key as it was typed; `undefined`: it is the name of a tag. */
export function searchFieldOf(key: string): SearchField | undefined {
  if (Object.hasOwn(SEARCH_FIELDS, key)) return key as SearchField;
  return Object.hasOwn(FIELD_ALIASES, key) ? FIELD_ALIASES[key] : undefined;
}

/** What can follow `is:`. */
export const ISSUE_STATES = [...ISSUE_STATUSES, "assigned", "unassigned", "new", "regressed", "for_review"] as const;
export type IssueState = (typeof ISSUE_STATES)[number];

/** An issue is new, and a regression waits for review, for so long. */
export const RECENT_DAYS = 7;

/** Sentry's former word. */
export const STATE_ALIASES: Readonly<Record<string, IssueState>> = { ignored: "archived" };
