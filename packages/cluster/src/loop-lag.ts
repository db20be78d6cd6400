/** How late the event loop of this process is: in that time it hears nobody and answers nobody. */
import { monitorEventLoopDelay } from "node:perf_hooks";

/** How often it is looked at. */
const RESOLUTION_MS = 20;

/** How long the figures are gathered before they are shown. */
const WINDOW_MS = 10_000;

const NANOSECONDS_PER_MS = 1e6;

export interface LoopLag {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

const NONE: LoopLag = { p50Ms: 0, p99Ms: 0, maxMs: 0 };

export class LoopLagMeter {
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #timer: NodeJS.Timeout;
  #latest: LoopLag | undefined;

  constructor(windowMs = WINDOW_MS) {
    this.#histogram.enable();
    this.#timer = setInterval(() => {
      this.#latest = this.#read();
      this.#histogram.reset();
    }, windowMs).unref();
  }

  /** Of the latest whole window; before the first has ended, of what there is of it. */
  get latest(): LoopLag {
    return this.#latest ?? this.#read();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#histogram.disable();
  }

  #read(): LoopLag {
    if (this.#histogram.count === 0) return NONE;
    // What is recorded is the time between two looks.
    const lateMs = (nanoseconds: number) => Math.max(0, nanoseconds / NANOSECONDS_PER_MS - RESOLUTION_MS);
    return {
      p50Ms: lateMs(this.#histogram.percentile(50)),
      p99Ms: lateMs(this.#histogram.percentile(99)),
      maxMs: lateMs(this.#histogram.max),
    };
  }
}
