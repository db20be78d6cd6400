import {
  type ApiLastRetention,
  type ApiProjectStorage,
  type ApiStorage,
  RETENTION_JOB,
  type RetentionResult,
} from "@mesher/protocol";
import { shareDays, shareOf } from "../dashboards/project-storage.ts";
import { COUNT_TABLES, listEventsByDay } from "../dashboards/rollups.queries.ts";
import { findDatabaseBytes, listTableSizes } from "../db/table-sizes.ts";
import { keptSinceMs, listPartitions } from "../events/partitions.ts";
import { countIssues, ISSUE_TABLES } from "../issues/issues.queries.ts";
import { findProjectSettings } from "../organizations/project-settings.queries.ts";
import { notFound } from "./api-error.ts";
import type { ApiDependencies, App } from "./dependencies.ts";
import { findProject } from "./projects.ts";

const READ = { config: { access: { role: "member", scope: "event:read" } } } as const;
const READ_AS_ADMIN = { config: { access: { role: "admin", scope: "org:read" } } } as const;

/** The second one stands among the settings, where pages look for it. */
const PROJECT_STORAGE_URLS = [
  "/api/v1/projects/:project/storage",
  "/api/v1/projects/:project/settings/storage",
] as const;

export function registerStorageRoutes(app: App, deps: ApiDependencies): void {
  for (const url of PROJECT_STORAGE_URLS) {
    app.get<{ Params: { project: string } }>(url, READ, async (request): Promise<ApiProjectStorage> => {
      const { organizationId } = await deps.authenticate(request);
      const { id: projectId } = await findProject(deps, organizationId, request.params.project);
      const settings = await findProjectSettings(deps.database, { organizationId, projectId });
      if (settings === undefined) throw notFound("project");
      return describeProject(deps, projectId, settings.retentionDays);
    });
  }

  /** Sizes of tables are those of all organizations together, so this is for those who run the installation. */
  app.get("/api/v1/storage", READ_AS_ADMIN, async (): Promise<ApiStorage> => {
    const { database } = deps;
    const [bytes, tables, days, disk, jobs] = await Promise.all([
      findDatabaseBytes(database),
      listTableSizes(database),
      listPartitions(database),
      deps.diskSpace(),
      deps.jobs(),
    ]);
    return {
      database: {
        bytes,
        tables: tables.map(({ name, bytes: tableBytes, rowsEstimate }) => ({
          name,
          bytes: tableBytes,
          rows_estimate: rowsEstimate,
        })),
        days: days.map((day) => ({ day: dateOf(day.dayMs), bytes: day.bytes, rows_estimate: day.rowsEstimate })),
      },
      journal: deps.readiness().journal,
      disk,
      last_retention: lastRetentionOf(jobs),
    };
  });
}

async function describeProject(
  { database, now }: ApiDependencies,
  projectId: string,
  retentionDays: number,
): Promise<ApiProjectStorage> {
  const sinceMs = keptSinceMs(retentionDays, now());
  const [partitions, counts, tables, issues] = await Promise.all([
    listPartitions(database),
    listEventsByDay(database, projectId, new Date(sinceMs)),
    listTableSizes(database),
    countIssues(database, projectId),
  ]);
  const days = shareDays(partitions, counts, sinceMs);
  const shareOfTables = (names: readonly string[]) =>
    shareOf(sum(tables.filter(({ name }) => names.includes(name)).map(({ bytes }) => bytes)), issues.own, issues.total);
  const parts = {
    events: sum(days.map(({ bytes }) => bytes)),
    issues: shareOfTables(ISSUE_TABLES),
    counts: shareOfTables(COUNT_TABLES),
  };
  return {
    event_count: sum(days.map(({ events }) => events)),
    estimated_bytes: sum(Object.values(parts)),
    retention_days: retentionDays,
    parts,
    days: days.map(({ dayMs, ...day }) => ({ day: dateOf(dayMs), ...day })),
  };
}

function lastRetentionOf(jobs: Awaited<ReturnType<ApiDependencies["jobs"]>>): ApiLastRetention | null {
  const job = jobs.find(({ name }) => name === RETENTION_JOB);
  if (job === undefined || job.outcome === null || job.finished_at === null || job.result === null) return null;
  // Written by the job of this name, whose result it is.
  const result = job.result as unknown as RetentionResult;
  return { finished_at: job.finished_at, outcome: job.outcome, ...result };
}

function dateOf(dayMs: number): string {
  return new Date(dayMs).toISOString().slice(0, 10);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
