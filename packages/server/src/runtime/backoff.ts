/** Waits that grow: `firstMs`, doubled each time up to `maxMs`, each shortened by up to half at random so that many do not retry at once. */
export function backoffMs(attempt: number, firstMs: number, maxMs: number, random: () => number = Math.random): number {
  const full = Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 30));
  return full * (0.5 + random() / 2);
}
