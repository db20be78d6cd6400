/**
 * Fires alerts as soon as what they wait for is stored. Nothing rests on it: signals are rows, and what no watch has taken,
 * because its node died or did not hear of it, a job takes within seconds.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Database } from "../db/database.ts";
import { withTransaction } from "../db/transaction.ts";
import type { Service } from "../runtime/service.ts";
import { fireSignals, SIGNALS_AT_ONCE, type SignalsReport } from "./fire-signals.ts";

/** Between two looks, so that an issue that gets events all the time is counted a few times a second. */
const PAUSE_MS = 200;

export interface SignalWatchOptions {
  readonly database: Database;
  /** After the commit. */
  readonly onFired: (report: SignalsReport, seconds: number) => void;
  readonly onFailed: (error: unknown) => void;
}

export class SignalWatch implements Service {
  readonly name = "alert signals";
  readonly #options: SignalWatchOptions;
  readonly #stopping = new AbortController();
  #isAwake = false;
  #looking: Promise<void> | undefined;

  constructor(options: SignalWatchOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.wake();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#looking;
  }

  /** Something was stored that rules wait for. */
  wake(): void {
    this.#isAwake = true;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
  }

  async #look(): Promise<void> {
    const { signal } = this.#stopping;
    while (this.#isAwake && !signal.aborted) {
      this.#isAwake = false;
      try {
        this.#isAwake = (await this.#fire()) >= SIGNALS_AT_ONCE || this.#isAwake;
      } catch (error) {
        this.#options.onFailed(error);
      }
      await sleep(PAUSE_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #fire(): Promise<number> {
    const { database, onFired } = this.#options;
    const startedMs = performance.now();
    const report = await withTransaction(database, fireSignals);
    onFired(report, (performance.now() - startedMs) / 1000);
    return report.signals;
  }
}
