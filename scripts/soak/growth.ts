/**
 * When something that is measured again and again grows without bound. Of the samples the first third is warm-up; then the
 * median of the last third may be so much above that of the middle third, and no more. Pure.
 */
export interface GrowthLimit {
  /** A share of the middle third's median. */
  readonly share: number;
  /** In the unit of the samples: what a small figure may grow by in any case. */
  readonly atLeast: number;
}

export interface Growth {
  readonly before: number;
  readonly after: number;
  readonly isUnbounded: boolean;
}

/** `undefined`: too few samples to tell. */
export function growthOf(samples: readonly number[], { share, atLeast }: GrowthLimit): Growth | undefined {
  const third = Math.floor(samples.length / 3);
  if (third < SAMPLES_MIN) return undefined;
  const before = median(samples.slice(third, 2 * third));
  const after = median(samples.slice(-third));
  return { before, after, isUnbounded: after - before > Math.max(atLeast, before * share) };
}

/** Samples of a third. */
const SAMPLES_MIN = 3;

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
