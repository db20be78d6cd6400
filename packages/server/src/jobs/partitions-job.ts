import { HOUR_MS } from "../dashboards/rollups.queries.ts";
import type { Database } from "../db/database.ts";
import { daysAhead, ensurePartitions } from "../events/partitions.ts";
import type { LeaseJob } from "./job.ts";

const RETRY_MS = 60_000;

/** Makes the partitions of the days ahead. Their own lock keeps makers apart: digest workers make one that is missing, too. */
export function partitionsJob(database: Database): LeaseJob {
  return {
    kind: "lease",
    name: "partitions",
    title: "Days ahead",
    about: "Makes the tables that the events of the coming days are stored in.",
    everyMs: HOUR_MS,
    retryMs: RETRY_MS,
    run: async (_write, { nowMs }) => ({ made: await ensurePartitions(database, daysAhead(nowMs)) }),
  };
}
