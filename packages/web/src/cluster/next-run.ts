/** Jobs look at the clock every second, and pages at the jobs every few: so close, one moment is like the other. */
const NOW_MS = 5_000;
/** Later than this and something is in the way. */
const LATE_MS = 30_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const NIGHT_MS = 12 * HOUR_MS;
const DAY_MS = 24 * HOUR_MS;

/** `due now`, `next in 20 s`, `next at 03:00`, `next tomorrow at 21:30`, `late by 4 min`. In the reader's time zone. */
export function formatNextRun(at: string, nowMs: number): string {
  const aheadMs = Date.parse(at) - nowMs;
  if (aheadMs < -LATE_MS) return `late by ${spanOf(-aheadMs)}`;
  if (aheadMs < NOW_MS) return "due now";
  if (aheadMs < HOUR_MS) return `next in ${spanOf(aheadMs)}`;
  const time = new Date(at).toLocaleTimeString("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return `next ${dayOf(new Date(at), nowMs)}at ${time}`;
}

/** `03:00` alone is that of the coming night, whatever its date. */
function dayOf(day: Date, nowMs: number): string {
  const isOn = (ms: number) => day.toDateString() === new Date(ms).toDateString();
  if (isOn(nowMs) || day.getTime() - nowMs < NIGHT_MS) return "";
  if (isOn(nowMs + DAY_MS)) return "tomorrow ";
  return `on ${day.toLocaleDateString("en", { day: "numeric", month: "short" })} `;
}

function spanOf(ms: number): string {
  if (ms < MINUTE_MS) return `${Math.round(ms / 1000)} s`;
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min`;
  return `${Math.floor(ms / HOUR_MS)} h`;
}
