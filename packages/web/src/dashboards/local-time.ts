/** Times as a field of type `datetime-local` has them, by the clock of a zone: `2026-11-21T14:00`. */

const MINUTE_MS = 60_000;

export function toLocal(at: string, zone: string): string {
  const ms = Date.parse(at);
  return new Date(ms + offsetMs(ms, zone)).toISOString().slice(0, "2026-11-21T14:00".length);
}

/** Where clocks were put back, the same time came twice: the first is meant. What clocks skipped is an hour later. */
export function fromLocal(local: string, zone: string): string {
  const asUtcMs = Date.parse(`${local}Z`);
  const early = asUtcMs - offsetMs(asUtcMs - 12 * 60 * MINUTE_MS, zone);
  const late = asUtcMs - offsetMs(asUtcMs + 12 * 60 * MINUTE_MS, zone);
  const isRight = (ms: number) => ms + offsetMs(ms, zone) === asUtcMs;
  return new Date(isRight(early) ? early : isRight(late) ? late : early).toISOString();
}

/** How far the clock of the zone is ahead of UTC at that moment. */
function offsetMs(ms: number, zone: string): number {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  }).formatToParts(ms);
  const part = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((each) => each.type === type)?.value);
  const wall = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"));
  return wall - Math.floor(ms / MINUTE_MS) * MINUTE_MS;
}
