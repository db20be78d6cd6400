/** When a job runs. Pure; all times are the database's, whose clock is the one that all nodes share. */

export interface Schedule {
  readonly everyMs: number;
  /** Wait after a failed run, if that is sooner than the next period. */
  readonly retryMs: number;
}

/** A moment that lies further ahead than a whole period was written by another clock, or by a schedule that was slower. */
export function isDue({ everyMs }: Schedule, dueAtMs: number, nowMs: number): boolean {
  return nowMs >= dueAtMs || dueAtMs - nowMs > everyMs;
}

/**
 * The start of the next period, in step with the period that was due: runs that begin late do not push the later ones
 * back, and periods that nobody was there for are not made up for.
 */
export function nextDueMs({ everyMs }: Schedule, dueAtMs: number, nowMs: number): number {
  if (dueAtMs > nowMs) return nowMs + everyMs;
  return dueAtMs + (Math.floor((nowMs - dueAtMs) / everyMs) + 1) * everyMs;
}

export function retryDueMs(schedule: Schedule, dueAtMs: number, nowMs: number): number {
  return Math.min(nowMs + schedule.retryMs, nextDueMs(schedule, dueAtMs, nowMs));
}
