/** How the hours and days of a chart are called, in a time zone of the reader's choice. */
export type BucketUnit = "hour" | "day";

export const OWN_ZONE = new Intl.DateTimeFormat().resolvedOptions().timeZone;

export interface BucketNames {
  /** Whole, for a tooltip: `Sat, 21 Nov, 14:00` */
  readonly full: (at: string) => string;
  /** Short, for an axis: `14:00`, and `21 Nov` where a day begins. */
  readonly short: (at: string) => string;
  readonly isDayStart: (at: string) => boolean;
}

export function bucketNames(unit: BucketUnit, zone: string): BucketNames {
  const time = format(zone, { hour: "2-digit", minute: "2-digit" });
  const day = format(zone, { day: "numeric", month: "short" });
  const full = format(zone, {
    weekday: "short",
    day: "numeric",
    month: "short",
    ...(unit === "hour" && { hour: "2-digit", minute: "2-digit" }),
  });
  const isDayStart = (at: string) => unit === "day" || time(at) === "00:00";
  return { full, short: (at) => (isDayStart(at) ? day(at) : time(at)), isDayStart };
}

function format(timeZone: string, options: Intl.DateTimeFormatOptions): (at: string) => string {
  // Only the order of day and month would differ, and a page is in one language.
  const formatter = new Intl.DateTimeFormat("en-GB", { ...options, timeZone, hourCycle: "h23" });
  return (at) => formatter.format(new Date(at));
}
