/** What the audit log says, in words for people. */
import type { AlertCondition } from "@mesher/protocol";
import { conditionSentence } from "../alerts/rule-sentence.ts";
import { formatFull } from "../ui/time.ts";

/** `rate limit events` of `rateLimitEvents` and `rate_limit_events`, `member role changed` of `member.role_changed`. */
export function wordsOf(name: string): string {
  return name
    .replace(/[._]/g, " ")
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .trim();
}

/** What a change says of itself, without braces and quotes. */
function readable(value: unknown): string {
  if (typeof value === "string") return TIME.test(value) ? formatFull(value) : value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map(readable).join(", ");
  if (typeof value !== "object" || value === null) return "none";
  return Object.entries(value)
    .map(([name, part]) => `${wordsOf(name)} ${readable(part)}`)
    .join(", ");
}

/** One thing a change says of itself; undefined if it is nothing: an id, or what there is none of. */
export function factOf(name: string, value: unknown): string | undefined {
  if (value === null || value === "" || isId(value) || (Array.isArray(value) && value.length === 0)) return undefined;
  const words = wordsOf(name).replace(/^is /, "");
  // What was done to issues needs no name.
  if (name === "do") return readable(value);
  if (Array.isArray(value) && value.every(isId))
    return `${value.length} ${value.length === 1 ? singular(words) : words}`;
  if (typeof value === "boolean") return value ? words : `not ${words}`;
  if (isCondition(value)) return `when ${conditionSentence(value)}`;
  return `${words} ${readable(value)}`;
}

const singular = (words: string) => words.replace(/s$/, "");

/** ISO 8601, as programs write it. */
const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

function isCondition(value: unknown): value is AlertCondition {
  return typeof value === "object" && value !== null && "condition_type" in value;
}

/** Programs know things by it; to people it says nothing. */
function isId(value: unknown): boolean {
  return typeof value === "string" && /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(value);
}
