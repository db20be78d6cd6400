import { recoverJobs, recoverLeases } from "../deliveries/attempts.queries.ts";
import { RECOVERY_EVERY_MS } from "../deliveries/limits.ts";
import type { TransactionJob } from "./job.ts";

/** Takes up what nodes were sending that died or froze. `onRecovered` hears how many. */
export function deliveriesJob(onRecovered: (deliveries: number) => void): TransactionJob {
  return {
    kind: "transaction",
    name: "deliveries",
    title: "Interrupted deliveries",
    about: "Sends again what a node was sending when it stopped.",
    everyMs: RECOVERY_EVERY_MS,
    retryMs: RECOVERY_EVERY_MS,
    run: async (tx) => {
      const leases = await recoverLeases(tx);
      const jobs = await recoverJobs(tx);
      const recovered = leases.length + jobs.length;
      return { result: { recovered }, tell: () => recovered > 0 && onRecovered(recovered) };
    },
  };
}
