/** What the audit log says, in words for people. */

/** `rate limit events` of `rateLimitEvents` and `rate_limit_events`, `member role changed` of `member.role_changed`. */
export function wordsOf(name: string): string {
  return name
    .replace(/[._]/g, " ")
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .trim();
}

/** What a change says of itself, without braces and quotes. */
export function readable(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map(readable).join(", ");
  if (typeof value !== "object" || value === null) return "none";
  return Object.entries(value)
    .map(([name, part]) => `${wordsOf(name)} ${readable(part)}`)
    .join(", ");
}

/** Programs know things by it; to people it says nothing. */
export function isId(value: unknown): boolean {
  return typeof value === "string" && /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(value);
}
