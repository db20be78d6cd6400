import type { ApiProject } from "@mesher/protocol";
import { listOutcomes } from "../dashboards/rollups.queries.ts";
import { withTransaction } from "../db/transaction.ts";
import { DAY_MS } from "../events/partitions.ts";
import { listQuarantined } from "../ingest/journal/journal.queries.ts";
import { recordAudit } from "../organizations/audit.queries.ts";
import { listProjects, type Project } from "../organizations/organizations.queries.ts";
import { findProjectDetail, type ProjectDetail } from "../organizations/projects.queries.ts";
import { notFound } from "./api-error.ts";
import type { ApiDependencies, App } from "./dependencies.ts";

const READ = { config: { access: { role: "member", scope: "event:read" } } } as const;
const ADMINISTER = { config: { access: { role: "admin", scope: "project:admin" } } } as const;

export function registerProjectRoutes(app: App, deps: ApiDependencies): void {
  app.get("/api/v1/projects", READ, async (request): Promise<ApiProject[]> => {
    const { organizationId } = await deps.authenticate(request);
    const projects = await listProjects(deps.database, organizationId);
    return projects.map((project) => showProject(project, deps));
  });

  /** The loss account of the last 24 hours: how the way of every item ended. */
  app.get<{ Params: { project: string } }>("/api/v1/projects/:project/outcomes", READ, async (request) => {
    const project = await findProject(deps, (await deps.authenticate(request)).organizationId, request.params.project);
    const outcomes = await listOutcomes(deps.database, project.id, new Date(deps.now() - DAY_MS));
    return { data: outcomes };
  });

  /** Entries that could not be digested, newest first. */
  app.get<{ Params: { project: string } }>("/api/v1/projects/:project/quarantine", READ, async (request) => {
    const project = await findProject(deps, (await deps.authenticate(request)).organizationId, request.params.project);
    const entries = await listQuarantined(deps.database, project.id);
    return {
      data: entries.map((entry) => ({
        id: entry.id,
        received_at: entry.receivedAt,
        quarantined_at: entry.quarantinedAt,
        reason: entry.reason,
        bytes: entry.bytes,
      })),
    };
  });

  /** Tries the oldest of them again, after the cause was mended. */
  app.post<{ Params: { project: string } }>(
    "/api/v1/projects/:project/quarantine/retry",
    ADMINISTER,
    async (request) => {
      const actor = await deps.authenticate(request);
      const { organizationId } = actor;
      const project = await findProject(deps, organizationId, request.params.project);
      const retried = await deps.retryQuarantined(project.id);
      const target = { kind: "project", id: project.id };
      const change = { organizationId, actor, action: "project.quarantine_retried", target, details: { retried } };
      // The entries are back in the journal by now, outside of any transaction.
      await withTransaction(deps.database, (tx) => recordAudit(tx, change));
      return { retried };
    },
  );
}

export function showProject(project: Project, deps: ApiDependencies): ApiProject {
  return {
    id: project.id,
    slug: project.slug,
    number: project.number,
    name: project.name,
    platform: project.platform,
    dsn: deps.dsnOf(project),
  };
}

/** By id, slug, number or a slug it had before. One of another organization does not exist. */
export async function findProject(
  deps: ApiDependencies,
  organizationId: string,
  given: string,
): Promise<ProjectDetail> {
  const project = await findProjectDetail(deps.database, organizationId, given);
  if (project === undefined) throw notFound("project");
  return project;
}
