import type { ApiJob } from "@mesher/protocol";
import { alignColumns } from "./align-columns.ts";
import type { Arguments, Command } from "./command.ts";
import { API_OPTIONS, show } from "./people/api-call.ts";
import { printable } from "./printable.ts";
import { fetchAnswer, findServerAccess, SERVER_NOTES } from "./server-access.ts";
import type { Terminal } from "./terminal.ts";

export const jobsCommand: Command = {
  name: "jobs",
  summary: "Shows what the server does by the clock: where it ran last, how it went, when it runs next.",
  options: API_OPTIONS,
  notes: `${SERVER_NOTES}\nThe exit code is 1 when the last run of a job failed.`,
  run: showJobs,
};

async function showJobs(given: Arguments, terminal: Terminal): Promise<number> {
  const access = await findServerAccess(given, terminal);
  const { data } = await fetchAnswer(access, "/api/v1/jobs", isJobs);
  show(given, terminal, data, () => formatJobs(data));
  for (const { name, error } of data) if (error !== null) terminal.printError(`${printable(`${name}: ${error}`)}\n`);
  return data.some(({ outcome }) => outcome === "failed") ? 1 : 0;
}

function formatJobs(jobs: readonly ApiJob[]): string {
  const rows = jobs.map((job) => [
    job.name,
    job.state === "running" ? "running" : (job.outcome ?? "not yet run"),
    job.holder ?? "-",
    job.started_at ?? "-",
    job.duration_ms === null ? "-" : `${job.duration_ms} ms`,
    job.next_run_at,
    job.result === null ? "-" : formatResult(job.result),
  ]);
  return alignColumns([["JOB", "STATE", "NODE", "STARTED", "TOOK", "NEXT RUN", "RESULT"], ...rows]);
}

function formatResult(result: Readonly<Record<string, unknown>>): string {
  return Object.entries(result)
    .map(([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(", ");
}

export function isJobs(value: unknown): value is { readonly data: readonly ApiJob[] } {
  const { data } = (value ?? {}) as { data?: unknown };
  return Array.isArray(data) && data.every((job) => typeof (job as ApiJob | null)?.next_run_at === "string");
}
