const FIRST_MS = Date.parse("0001-01-01T00:00:00.000Z");
const LAST_MS = Date.parse("9999-12-31T23:59:59.999Z");

/**
 * Whether a time is of the years 0001 to 9999. JavaScript reckons with others, too, and writes them in a way of its own, which
 * neither PostgreSQL nor a search can read.
 */
export function isOfKnownYear(ms: number): boolean {
  return ms >= FIRST_MS && ms <= LAST_MS;
}
