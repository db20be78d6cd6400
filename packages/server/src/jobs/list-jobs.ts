import type { ApiJob } from "@mesher/protocol";
import type { Database } from "../db/database.ts";
import type { Job } from "./job.ts";
import { listStoredJobs, type StoredJob } from "./jobs.queries.ts";

/** Jobs with how they went last, on whichever node. */
export async function listJobs(database: Database, jobs: readonly Job[]): Promise<ApiJob[]> {
  const declared = new Map(jobs.map((job) => [job.name, job]));
  const stored = await listStoredJobs(database, [...declared.keys()]);
  return stored.flatMap((row) => {
    const job = declared.get(row.name);
    return job === undefined ? [] : [toApi(job, row)];
  });
}

function toApi({ name, title, about, everyMs }: Job, stored: StoredJob): ApiJob {
  return {
    name,
    title,
    about,
    every_seconds: everyMs / 1000,
    state: stored.isRunning ? "running" : "idle",
    epoch: stored.epoch,
    holder: stored.holder,
    started_at: stored.startedAt?.toISOString() ?? null,
    finished_at: stored.finishedAt?.toISOString() ?? null,
    duration_ms: stored.durationMs,
    outcome: stored.outcome,
    error: stored.error,
    result: stored.result,
    next_run_at: stored.dueAt.toISOString(),
  };
}
