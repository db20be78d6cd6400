/**
 * Time that passed while this process ran. When it was frozen or its event loop stood still, it could not have heard
 * anybody; that time must not count as the silence of others, or a thawed node declares everyone dead.
 */
export class AwakeClock {
  readonly #stepMsMax: number;
  #awakeMs = 0;
  #tickedAtMs: number;

  /** A clock that is ticked every `tickMs`; more than twice that between two ticks is taken for a freeze. */
  constructor(tickMs: number, nowMs: number) {
    this.#stepMsMax = 2 * tickMs;
    this.#tickedAtMs = nowMs;
  }

  readMs(nowMs: number): number {
    return this.#awakeMs + Math.min(nowMs - this.#tickedAtMs, this.#stepMsMax);
  }

  /** Since the last tick, by the clock of everybody else. */
  sinceTickMs(nowMs: number): number {
    return nowMs - this.#tickedAtMs;
  }

  tick(nowMs: number): void {
    this.#awakeMs = this.readMs(nowMs);
    this.#tickedAtMs = nowMs;
  }
}
