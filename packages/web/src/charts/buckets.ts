import type { BucketUnit } from "./bucket-names.ts";

export interface Span {
  /** ISO 8601 */
  readonly from: string;
  /** ISO 8601, itself excluded. */
  readonly to: string;
}

const LENGTH_MS: Record<BucketUnit, number> = { hour: 3_600_000, day: 86_400_000 };

/** The time that the buckets of two indices, and those between them, cover. */
export function spanOf(starts: readonly string[], unit: BucketUnit, one: number, other: number): Span {
  const [first, last] = one < other ? [one, other] : [other, one];
  const from = starts[first];
  const lastStart = starts[last];
  if (from === undefined || lastStart === undefined) throw new RangeError(`no buckets ${first} to ${last}`);
  // A day of a zone that changes its clocks is not 24 hours long: its end is where the next begins.
  const to = starts[last + 1] ?? new Date(Date.parse(lastStart) + LENGTH_MS[unit]).toISOString();
  return { from, to };
}

/** Which of `count` equal columns is at `x`, where the first begins at 0 and the last ends at `width`. */
export function columnAt(x: number, width: number, count: number): number {
  return Math.min(count - 1, Math.max(0, Math.floor((x / width) * count)));
}
