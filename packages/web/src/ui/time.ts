const UNITS = [
  { suffix: "y", seconds: 365 * 86_400 },
  { suffix: "mo", seconds: 30 * 86_400 },
  { suffix: "d", seconds: 86_400 },
  { suffix: "h", seconds: 3_600 },
  { suffix: "m", seconds: 60 },
  { suffix: "s", seconds: 1 },
] as const;
/** Clocks of two machines differ; the last moments are all "now". */
const NOW_SECONDS = 5;

/** `3m ago`, `in 2h`, `now`. What is not a time comes back as it is. */
export function formatRelative(at: string, nowMs: number): string {
  const seconds = Math.round((nowMs - Date.parse(at)) / 1000);
  if (Number.isNaN(seconds)) return at;
  const distance = Math.abs(seconds);
  if (distance < NOW_SECONDS) return "now";
  return seconds >= 0 ? `${amountOf(distance)} ago` : `in ${amountOf(distance)}`;
}

/** `3m`, `a moment`: for how long something has been as it is. What is not a time comes back as it is. */
export function formatAge(at: string, nowMs: number): string {
  const seconds = Math.round((nowMs - Date.parse(at)) / 1000);
  if (Number.isNaN(seconds)) return at;
  return seconds < NOW_SECONDS ? "a moment" : amountOf(seconds);
}

function amountOf(seconds: number): string {
  const unit = UNITS.find((candidate) => seconds >= candidate.seconds) ?? UNITS[5];
  return `${Math.floor(seconds / unit.seconds)}${unit.suffix}`;
}

/** In the reader's time zone, to the second. */
export function formatFull(at: string): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime())
    ? at
    : date.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
}

/** `21 Nov, 14:00 – 16:00`: from when to when, in the reader's time zone. */
export function formatSpan(from: string, to: string): string {
  const minutes = new Intl.DateTimeFormat(undefined, {
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
  });
  return minutes.formatRange(new Date(from), new Date(to));
}

/** `14:03:07.125`, for things that happen within one event. */
export function formatClock(at: string): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return at;
  const two = (part: number) => String(part).padStart(2, "0");
  const millis = String(date.getMilliseconds()).padStart(3, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${millis}`;
}

/** `12 s before`: how long before the event something happened. */
export function formatBefore(at: string, eventAt: string): string {
  const ms = Date.parse(eventAt) - Date.parse(at);
  if (Number.isNaN(ms)) return "";
  if (ms < 1000) return `${ms < 0 ? "+" : "−"}${Math.abs(ms)} ms`;
  if (ms < 60_000) return `−${(ms / 1000).toFixed(1)} s`;
  if (ms < 3_600_000) return `−${Math.floor(ms / 60_000)} min`;
  // A day and more says that a clock was wrong, rather than how things went.
  return ms < 86_400_000 ? `−${Math.floor(ms / 3_600_000)} h` : "";
}
