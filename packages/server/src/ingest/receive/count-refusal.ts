import type { Category } from "@mesher/protocol";
import type { IngestDependencies } from "./dependencies.ts";
import type { Exchange } from "./exchange.ts";
import { Refusal } from "./refusal.ts";

/** What went wrong as the refusal to answer with. It is counted here, and a fault is logged: once for each refused request. */
export function countRefusal(
  error: unknown,
  { key, route }: Pick<Exchange, "key" | "route">,
  deps: IngestDependencies,
): Refusal {
  const refusal = error instanceof Refusal ? error : fault(error, deps);
  const { outcome, options } = refusal;
  const category: Category = route.kind === "security" ? "security" : "error";
  deps.countOutcome({
    outcome,
    category,
    quantity: options.quantity ?? 1,
    ...(key === undefined ? {} : { projectId: key.projectId }),
    ...(options.reason === undefined ? {} : { reason: options.reason }),
  });
  return refusal;
}

/** What nobody foresaw. The client lost its event, as with `overloaded`, and is told nothing of the cause. */
function fault(error: unknown, { log }: IngestDependencies): Refusal {
  log.error({ err: error }, "ingest request failed");
  return new Refusal("overloaded", "internal error", { status: 500, reason: "fault" });
}
