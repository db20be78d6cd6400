/** Statements on the settings of projects. */
import type { InboundFilters, Scrubbing } from "@mesher/protocol";
import type { Database, Queryable } from "../db/database.ts";
import { withTransaction } from "../db/transaction.ts";
import type { Actor } from "./access.ts";
import { recordAudit } from "./audit.queries.ts";
import { differencesOf } from "./differences.ts";
import { filtersOf, type ProjectSettings, type SettingsChange, scrubbingOf } from "./project-settings.ts";

interface SettingsRow {
  retention_days: number;
  sample_rate: number;
  rate_limit_events: number | null;
  allowed_domains: string[];
  default_environment: string | null;
  inbound_filters: Partial<InboundFilters>;
  scrubbing: Partial<Scrubbing>;
}

interface ProjectKey {
  readonly organizationId: string;
  readonly projectId: string;
}

export async function findProjectSettings(
  database: Queryable,
  { organizationId, projectId }: ProjectKey,
  { lock = false } = {},
): Promise<ProjectSettings | undefined> {
  const { rows } = await database.query<SettingsRow>({
    name: lock ? "project_settings.lock" : "project_settings.find",
    text: `
      select retention_days, sample_rate, rate_limit_events, allowed_domains, default_environment, inbound_filters, scrubbing
      from projects where organization_id = $1 and id = $2 ${lock ? "for no key update" : ""}`,
    values: [organizationId, projectId],
  });
  const row = rows[0];
  return (
    row && {
      retentionDays: row.retention_days,
      sampleRate: row.sample_rate,
      rateLimitEvents: row.rate_limit_events,
      allowedDomains: row.allowed_domains,
      defaultEnvironment: row.default_environment,
      filters: filtersOf(row.inbound_filters),
      scrubbing: scrubbingOf(row.scrubbing),
    }
  );
}

/** Whether the project was there. Changes of different settings at once all count. With a line in the audit log. */
export function changeProjectSettings(
  database: Database,
  actor: Actor,
  projectId: string,
  { filters, scrubbing, ...others }: SettingsChange,
  /** Sees what is there now, which nobody else changes meanwhile; what it throws ends the change. */
  check: (before: ProjectSettings) => void,
): Promise<boolean> {
  const { organizationId } = actor;
  const project = { organizationId, projectId };
  return withTransaction(database, async (tx) => {
    const before = await findProjectSettings(tx, project, { lock: true });
    if (before === undefined) return false;
    check(before);
    const given = Object.fromEntries(Object.entries(others).filter(([, value]) => value !== undefined));
    const after = { ...before, ...(given as Partial<ProjectSettings>) };
    await tx.query({
      name: "project_settings.update",
      text: `
        update projects set retention_days = $3, sample_rate = $4, rate_limit_events = $5, allowed_domains = $6,
          default_environment = $7, inbound_filters = inbound_filters || $8, scrubbing = scrubbing || $9,
          settings_revision = settings_revision + 1
        where organization_id = $1 and id = $2`,
      values: [
        project.organizationId,
        project.projectId,
        after.retentionDays,
        after.sampleRate,
        after.rateLimitEvents,
        after.allowedDomains,
        after.defaultEnvironment,
        JSON.stringify(filters ?? {}),
        JSON.stringify(scrubbing ?? {}),
      ],
    });
    const details = {
      ...differencesOf(before, given as Partial<ProjectSettings>),
      ...inside("filters", differencesOf(before.filters, filters ?? {})),
      ...inside("scrubbing", differencesOf(before.scrubbing, scrubbing ?? {})),
    };
    if (Object.keys(details).length === 0) return true;
    const target = { kind: "project", id: projectId };
    await recordAudit(tx, { organizationId, actor, action: "project.settings_changed", target, details });
    return true;
  });
}

function inside(group: string, differences: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(differences).map(([name, change]) => [`${group}.${name}`, change]));
}

/** What digesting an event needs to know of its project. */
export interface DigestSettings {
  readonly projectId: string;
  /** Somebody ended it: its events are wanted no more. */
  readonly isRemoved: boolean;
  /** Absent: nothing is known of the project. */
  readonly revision?: number;
  /** Absent: the revision is the known one. */
  readonly changed?: {
    readonly defaultEnvironment: string | null;
    readonly filters: InboundFilters;
    readonly scrubbing: Scrubbing;
  };
}

/** Of each project, with the settings only where they are not of the revision that is known. */
export async function listDigestSettings(
  database: Queryable,
  known: readonly { readonly projectId: string; readonly revision: number }[],
): Promise<DigestSettings[]> {
  const { rows } = await database.query<{
    id: string;
    is_removed: boolean;
    revision: number | null;
    is_changed: boolean;
    default_environment: string | null;
    inbound_filters: Partial<InboundFilters> | null;
    scrubbing: Partial<Scrubbing> | null;
  }>({
    name: "project_settings.list_for_digest",
    text: `
      select k.id, r.project_id is not null as is_removed, p.settings_revision as revision,
        p.settings_revision <> k.revision as is_changed, p.default_environment,
        case when p.settings_revision <> k.revision then p.inbound_filters end as inbound_filters,
        case when p.settings_revision <> k.revision then p.scrubbing end as scrubbing
      from unnest($1::uuid[], $2::bigint[]) as k (id, revision)
      left join projects p on p.id = k.id
      left join removed_projects r on r.project_id = k.id`,
    values: [known.map(({ projectId }) => projectId), known.map(({ revision }) => revision)],
  });
  return rows.map((row) => ({
    projectId: row.id,
    isRemoved: row.is_removed,
    ...(row.revision === null ? {} : { revision: row.revision }),
    ...(row.is_changed
      ? {
          changed: {
            defaultEnvironment: row.default_environment,
            filters: filtersOf(row.inbound_filters ?? {}),
            scrubbing: scrubbingOf(row.scrubbing ?? {}),
          },
        }
      : {}),
  }));
}

export interface ProjectRetention {
  readonly projectId: string;
  readonly slug: string;
  readonly retentionDays: number;
}

/** Of all organizations: for what runs by the clock. */
export async function listRetentions(database: Queryable): Promise<ProjectRetention[]> {
  const { rows } = await database.query<{ id: string; slug: string; retention_days: number }>({
    name: "project_settings.list_retentions",
    text: "select id, slug, retention_days from projects order by retention_days, id",
  });
  return rows.map((row) => ({ projectId: row.id, slug: row.slug, retentionDays: row.retention_days }));
}
