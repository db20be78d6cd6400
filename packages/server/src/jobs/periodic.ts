/** A job that runs at start and then again and again, never twice at a time. A failed run is logged, and tried again sooner. */
import type { Log } from "../runtime/log.ts";
import type { Service } from "../runtime/service.ts";

export interface PeriodicJob {
  readonly name: string;
  readonly everyMs: number;
  /** Wait after a failed run. */
  readonly retryMs: number;
  readonly run: () => Promise<void>;
}

export class Periodic implements Service {
  readonly name: string;
  readonly #job: PeriodicJob;
  readonly #log: Log;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(job: PeriodicJob, log: Log) {
    this.name = job.name;
    this.#job = job;
    this.#log = log;
  }

  /** The first run decides whether the server can start. */
  async start(): Promise<void> {
    await this.#job.run();
    this.#schedule(this.#job.everyMs);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #schedule(waitMs: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#job.run().then(
        () => this.#schedule(this.#job.everyMs),
        (error: unknown) => {
          this.#log.error(`${this.#job.name} failed`, { error: String(error) });
          this.#schedule(this.#job.retryMs);
        },
      );
    }, waitMs).unref();
  }
}
