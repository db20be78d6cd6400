/** Hours and days of a range. */

/** The hours of a range, or the days in a zone of their own. */
export interface Buckets {
  readonly unit: "hour" | "day";
  readonly fromMs: number;
  readonly toMs: number;
  /** An IANA name, for days. Hours are the same everywhere. */
  readonly zone: string;
}

/**
 * `with buckets as (…)`: the moments at which they begin, and `local`, by which counts join them. Takes $1 to $3: unit, zone,
 * range as an array. Counts are kept by UTC hours, so in a zone that is not whole hours from UTC a day begins up to 59
 * minutes early: an hour belongs to the day that it ends in.
 */
export const WITH_BUCKETS = `
  with range as (
    select $1::text as unit, $2::text as zone, ($3::timestamptz[])[1] as starts, ($3::timestamptz[])[2] as ends
  ), buckets as (
    select local, local at time zone zone as bucket
    from range, generate_series(
      date_trunc(unit, (starts + interval '59 minutes') at time zone zone), (ends - interval '1 millisecond') at time zone zone,
      ('1 ' || unit)::interval
    ) as local
  ), first as (select date_trunc('hour', min(bucket)) as hour from buckets)`;

/** The bucket of an hour, as `local`. */
export const LOCAL =
  "date_trunc((select unit from range), (hour + interval '59 minutes') at time zone (select zone from range))";

/** Hours that the buckets are made of. */
export const IN_BUCKETS = "hour >= (select hour from first) and hour < (select ends from range)";

export function bucketValues({ unit, zone, fromMs, toMs }: Buckets): unknown[] {
  return [unit, unit === "hour" ? "UTC" : zone, [new Date(fromMs), new Date(toMs)]];
}
