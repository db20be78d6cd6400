import { RateLimiterMemory } from "rate-limiter-flexible";

/** Budgets of events. What is asked for is granted as far as the window has room. */
export interface RateLimiter {
  consume(publicKey: string, points: number, budget?: number): Promise<Consumption> | Consumption;
}

interface Consumption {
  /** 0 … the points asked for. */
  readonly granted: number;
  /** Until the window ends: whole seconds, at least 1. */
  readonly retryAfterSeconds: number;
}

const RATE_LIMIT_EVENTS = 1000;
const RATE_LIMIT_WINDOW_SECONDS = 60;

/**
 * Fixed windows in this process's memory, one per key; a window starts with the first event after the last one ended.
 * `budget` overrides the default of a key. Each node has budgets of its own.
 */
export function createRateLimiter({
  events = RATE_LIMIT_EVENTS,
  windowSeconds = RATE_LIMIT_WINDOW_SECONDS,
} = {}): RateLimiter {
  // It only counts: keys have budgets of their own, so the comparison is made here.
  const counter = new RateLimiterMemory({ points: Number.MAX_SAFE_INTEGER, duration: windowSeconds });
  return {
    async consume(publicKey, points, budget = events) {
      const { consumedPoints, msBeforeNext } = await counter.consume(publicKey, points);
      const room = budget - (consumedPoints - points);
      return {
        granted: Math.min(points, Math.max(0, room)),
        retryAfterSeconds: Math.max(1, Math.ceil(msBeforeNext / 1000)),
      };
    },
  };
}
