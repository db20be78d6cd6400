/** Sends what is queued: runs the queue on this node, and begins anew when it ends by itself. */
import type { DestinationKind } from "@mesher/protocol";
import { type RunningQueue, runQueue } from "../db/job-queue.ts";
import { backoffMs } from "../runtime/backoff.ts";
import type { Log } from "../runtime/log.ts";
import type { Service } from "../runtime/service.ts";
import { type DeliveryOutcome, deliver } from "./deliver.ts";
import { DELIVER_TASK } from "./delivery.ts";
import { Leases } from "./leases.ts";
import { QUEUE_POLL_MS, SENDS_AT_ONCE_MAX, STOP_MS } from "./limits.ts";
import type { Sending } from "./send-message.ts";

export interface DeliveryQueueOptions extends Sending {
  readonly databaseUrl: string;
  readonly node: string;
  readonly onAttempt: (kind: DestinationKind, outcome: DeliveryOutcome, seconds: number) => void;
  readonly log: Log;
}

const RESTART_FIRST_MS = 500;
const RESTART_MAX_MS = 15_000;
/** A queue that ran for so long has begun well: the next one need not wait long. */
const WELL_MS = 60_000;

export class DeliveryQueue implements Service {
  readonly name = "deliveries";
  readonly #options: DeliveryQueueOptions;
  readonly #leases: Leases;
  readonly #stopping = Promise.withResolvers<void>();
  #isStopping = false;
  #running: Promise<void> = Promise.resolve();

  constructor(options: DeliveryQueueOptions) {
    this.#options = options;
    this.#leases = new Leases(options.database, options.log);
  }

  async start(): Promise<void> {
    const first = await this.#run();
    this.#running = this.#keepRunning(first);
  }

  /** Attempts under way have `STOP_MS` to end; then they are given up, and another node makes them again at once. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const timer = setTimeout(() => this.#leases.endAll(), STOP_MS);
    this.#stopping.resolve();
    await this.#running;
    clearTimeout(timer);
    await this.#options.outbound.close();
  }

  #run(): Promise<RunningQueue> {
    const { databaseUrl, log } = this.#options;
    return runQueue({
      url: databaseUrl,
      tasks: { [DELIVER_TASK]: (payload) => this.#deliver(payload) },
      concurrency: SENDS_AT_ONCE_MAX,
      pollMs: QUEUE_POLL_MS,
      stopMs: STOP_MS,
      log: (message) => log.warn(message),
    });
  }

  async #keepRunning(first: RunningQueue): Promise<void> {
    let queue: RunningQueue | undefined = first;
    let failures = 0;
    while (!this.#isStopping) {
      const startedMs = performance.now();
      if (queue !== undefined) {
        await Promise.race([queue.ended.catch(() => undefined), this.#stopping.promise]);
        if (this.#isStopping) break;
        failures = performance.now() - startedMs > WELL_MS ? 0 : failures + 1;
        this.#options.log.warn("Deliveries: the queue has ended and is begun anew");
      }
      await this.#pause(backoffMs(failures, RESTART_FIRST_MS, RESTART_MAX_MS));
      queue = this.#isStopping ? undefined : await this.#tryToRun();
      if (queue === undefined) failures += 1;
    }
    await queue?.stop();
  }

  async #tryToRun(): Promise<RunningQueue | undefined> {
    try {
      return await this.#run();
    } catch (error) {
      this.#options.log.warn("Deliveries: the queue cannot be run", { error: String(error) });
      return undefined;
    }
  }

  async #pause(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
    await Promise.race([over, this.#stopping.promise]);
    clearTimeout(timer);
  }

  async #deliver(payload: unknown): Promise<void> {
    const { organizationId, id } = payload as { organizationId: string; id: string };
    await deliver({ ...this.#options, leases: this.#leases }, { organizationId, id });
  }
}
