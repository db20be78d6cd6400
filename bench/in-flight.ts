/** Keeps so many requests under way for so long, and says how long each took. */
export interface InFlightResult {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export async function keepInFlight(
  inFlight: number,
  seconds: number,
  request: () => Promise<unknown>,
): Promise<InFlightResult> {
  const tookMs: number[] = [];
  const beganMs = performance.now();
  const endMs = beganMs + seconds * 1_000;
  const one = async () => {
    for (let atMs = performance.now(); atMs < endMs; ) {
      await request();
      const nowMs = performance.now();
      tookMs.push(nowMs - atMs);
      atMs = nowMs;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, one));
  const perSecond = (tookMs.length * 1_000) / (performance.now() - beganMs);
  tookMs.sort((a, b) => a - b);
  const at = (share: number) => tookMs[Math.min(tookMs.length - 1, Math.floor(tookMs.length * share))] ?? Number.NaN;
  return { perSecond, p50Ms: at(0.5), p99Ms: at(0.99) };
}
