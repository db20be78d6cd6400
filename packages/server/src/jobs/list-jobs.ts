import type { ApiJob } from "@mesher/protocol";
import type { Database } from "../db/database.ts";
import type { Job } from "./job.ts";
import { listStoredJobs } from "./jobs.queries.ts";

/** Jobs with how they went last, on whichever node. */
export async function listJobs(database: Database, jobs: readonly Job[]): Promise<ApiJob[]> {
  const everyMsOf = new Map(jobs.map(({ name, everyMs }) => [name, everyMs]));
  const stored = await listStoredJobs(database, [...everyMsOf.keys()]);
  return stored.map((job) => ({
    name: job.name,
    every_seconds: (everyMsOf.get(job.name) ?? 0) / 1000,
    state: job.isRunning ? "running" : "idle",
    epoch: job.epoch,
    holder: job.holder,
    started_at: job.startedAt?.toISOString() ?? null,
    finished_at: job.finishedAt?.toISOString() ?? null,
    duration_ms: job.durationMs,
    outcome: job.outcome,
    error: job.error,
    result: job.result,
    next_run_at: job.dueAt.toISOString(),
  }));
}
