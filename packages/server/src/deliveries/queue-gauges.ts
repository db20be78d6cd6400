/** Shows Prometheus how much waits to be delivered. Every node says the same, of the whole installation. */
import { Gauge, type Registry } from "prom-client";
import type { Database } from "../db/database.ts";
import type { Log } from "../runtime/log.ts";
import { type MeasuredQueue, measureQueueByState } from "./delivery-list.queries.ts";

/** Who scrapes several times in a row costs the database one look. */
const FRESH_MS = 5_000;

export function registerQueueGauges(
  registry: Registry,
  { database, log, now }: { readonly database: Database; readonly log: Log; readonly now: () => number },
): void {
  const registers = [registry];
  let measuredAtMs = Number.NEGATIVE_INFINITY;
  let measuring: Promise<MeasuredQueue | undefined> = Promise.resolve(undefined);
  const measure = () => {
    if (now() - measuredAtMs < FRESH_MS) return measuring;
    measuredAtMs = now();
    // The other metrics are most wanted when the database is away.
    measuring = measureQueueByState(database).catch((error: unknown) => {
      log.debug("Queue of deliveries could not be measured", { error: String(error) });
      return undefined;
    });
    return measuring;
  };
  const gauge = <Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    show: (gauge: Gauge<Label>, queue: MeasuredQueue) => void,
  ) =>
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      async collect() {
        const queue = await measure();
        // What is not known is not shown.
        this.reset();
        if (queue !== undefined) show(this, queue);
        else if (labelNames.length === 0) this.remove();
      },
    });
  gauge(
    "mesher_delivery_queue_depth",
    "Deliveries of the whole installation that wait, or are being sent.",
    ["state"],
    (depth, { waiting, sending }) => {
      depth.set({ state: "waiting" }, waiting.count);
      depth.set({ state: "sending" }, sending.count);
    },
  );
  gauge(
    "mesher_delivery_queue_oldest_seconds",
    "How long the oldest of them has been due; 0: none is.",
    ["state"],
    (oldest, { waiting, sending }) => {
      oldest.set({ state: "waiting" }, waiting.oldestSeconds);
      oldest.set({ state: "sending" }, sending.oldestSeconds);
    },
  );
  gauge(
    "mesher_delivery_dead_letters",
    "Deliveries of the whole installation that were given up, and not yet removed as old or sent again.",
    [],
    (letters, { dead }) => letters.set(dead),
  );
}
