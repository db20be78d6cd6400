import { setTimeout as wait } from "node:timers/promises";

export interface Clock {
  readonly nowMs: () => number;
  /** Ends early, and without an error, when the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

export const systemClock: Clock = {
  nowMs: Date.now,
  sleep: async (ms, signal) => {
    // A timer has no room for longer waits; whoever needs one sleeps again.
    await wait(Math.min(ms, TIMER_MS_MAX), undefined, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  },
};

const TIMER_MS_MAX = 2 ** 31 - 1;
