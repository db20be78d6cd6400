import { type ApiProjectSettings, type ApiScrubbingPreview, type InboundFilter, SCRUB_RULES } from "@mesher/protocol";
import type { FastifyRequest } from "fastify";
import { isIpRange } from "../ingest/filter/ip-range.ts";
import { plainName } from "../ingest/scrub/field-names.ts";
import { createScrubber } from "../ingest/scrub/scrub-event.ts";
import type { Actor } from "../organizations/access.ts";
import { ALLOWED_DOMAIN_LENGTH_MAX, isAllowedDomain } from "../organizations/allowed-domains.ts";
import { changeProjectSettings, findProjectSettings } from "../organizations/project-settings.queries.ts";
import type { ProjectSettings, SettingsChange } from "../organizations/project-settings.ts";
import { notFound } from "./api-error.ts";
import {
  type Checked,
  checkFields,
  demandFields,
  fields,
  fraction,
  line,
  list,
  matching,
  onOrOff,
  orNull,
  wholeNumber,
} from "./check-fields.ts";
import type { ApiDependencies, App } from "./dependencies.ts";
import { demandUnchanged } from "./entity-tags.ts";
import { RATE_LIMIT_EVENTS_MAX } from "./project-keys.ts";
import { findProject } from "./projects.ts";

const READ = { config: { access: { role: "member", scope: "event:read" } } } as const;
const ADMINISTER = { config: { access: { role: "admin", scope: "project:admin" } } } as const;

const RETENTION_DAYS_MAX = 365;
const ENVIRONMENT_LENGTH_MAX = 64;
/** Entries of each list of domains, patterns, addresses or fields. Every event is held against all of them. */
const ENTRIES_MAX = 100;
const PATTERN_LENGTH_MAX = 200;
const FIELD_NAME_LENGTH_MAX = 100;

const domains = list(
  matching(
    isAllowedDomain,
    `must be *, or a domain as example.com, *.example.com or https://example.com:8443, in small letters and at most ${ALLOWED_DOMAIN_LENGTH_MAX} characters`,
  ),
  ENTRIES_MAX,
);
const patterns = list(line(PATTERN_LENGTH_MAX), ENTRIES_MAX);
const addresses = list(
  matching(isIpRange, "must be an address or a range, as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32"),
  ENTRIES_MAX,
);
const fieldNames = list((value) => {
  const name = line(FIELD_NAME_LENGTH_MAX)(value);
  // What is compared are its letters and digits; one alone would be in almost every name.
  if (plainName(name).length < 2) throw new RangeError("must have at least two letters or digits");
  return name;
}, ENTRIES_MAX);

const SCRUBBING = { enabled: onOrOff, ip_addresses: onOrOff, fields: fieldNames, safe_fields: fieldNames };

/** Inbound filters, each of which may be left out. */
export const checkFilters = fields({
  browser_extensions: onOrOff,
  localhost: onOrOff,
  web_crawlers: onOrOff,
  legacy_browsers: onOrOff,
  messages: patterns,
  releases: patterns,
  ip_addresses: addresses,
} satisfies Record<InboundFilter, unknown>);

const SETTINGS = {
  retention_days: wholeNumber(1, RETENTION_DAYS_MAX),
  sample_rate: fraction,
  rate_limit_events: orNull(wholeNumber(1, RATE_LIMIT_EVENTS_MAX)),
  allowed_domains: (value: unknown) => {
    const given = domains(value);
    if (given.length === 0) throw new RangeError('must name a domain; ["*"] allows all');
    return given;
  },
  default_environment: orNull(line(ENVIRONMENT_LENGTH_MAX)),
  filters: checkFilters,
  scrubbing: fields(SCRUBBING),
};

export function registerProjectSettingsRoutes(app: App, deps: ApiDependencies): void {
  const path = "/api/v1/projects/:project/settings";

  app.get<{ Params: { project: string } }>(path, READ, async (request): Promise<ApiProjectSettings> => {
    const { organizationId } = await deps.authenticate(request);
    const { id: projectId } = await findProject(deps, organizationId, request.params.project);
    return showSettings(await getSettings(deps, { organizationId, projectId }));
  });

  app.patch<{ Params: { project: string } }>(path, ADMINISTER, async (request): Promise<ApiProjectSettings> => {
    return showSettings(await change(deps, await deps.authenticate(request), request));
  });

  /** As PATCH, with the answer of the first version of the API. */
  app.post<{ Params: { project: string } }>(path, ADMINISTER, async (request) => {
    await change(deps, await deps.authenticate(request), request);
    return { status: "ok", affected: 1 };
  });

  /** What would be removed from an event: by the project's settings, or by these before they are saved. Stores nothing. */
  app.post<{ Params: { project: string } }>(
    `${path}/scrubbing/preview`,
    READ,
    async (request): Promise<ApiScrubbingPreview> => {
      const { organizationId } = await deps.authenticate(request);
      const { id: projectId } = await findProject(deps, organizationId, request.params.project);
      const { event, scrubbing } = demandFields(
        request.body,
        { event: (value) => value, scrubbing: fields(SCRUBBING) },
        "event",
      );
      const settings = await getSettings(deps, { organizationId, projectId });
      const { payload, removed } = createScrubber({ ...settings.scrubbing, ...scrubbing })(event);
      return { event: payload, removed, rules: SCRUB_RULES };
    },
  );
}

async function change(
  deps: ApiDependencies,
  actor: Actor,
  request: Pick<FastifyRequest, "headers" | "body"> & { readonly params: { readonly project: string } },
): Promise<ProjectSettings> {
  const { organizationId } = actor;
  const { id: projectId } = await findProject(deps, organizationId, request.params.project);
  const wish = changeOf(checkFields(request.body, SETTINGS));
  const isChanged = await changeProjectSettings(deps.database, actor, projectId, wish, (before) =>
    demandUnchanged(request, showSettings(before)),
  );
  if (!isChanged) throw notFound("project");
  await deps.projectChanged(projectId);
  return getSettings(deps, { organizationId, projectId });
}

export async function getSettings(
  deps: ApiDependencies,
  project: { readonly organizationId: string; readonly projectId: string },
): Promise<ProjectSettings> {
  const settings = await findProjectSettings(deps.database, project);
  if (settings === undefined) throw notFound("project");
  return settings;
}

function changeOf(given: Checked<typeof SETTINGS>): SettingsChange {
  return {
    retentionDays: given.retention_days,
    sampleRate: given.sample_rate,
    rateLimitEvents: given.rate_limit_events,
    allowedDomains: given.allowed_domains,
    defaultEnvironment: given.default_environment,
    filters: given.filters,
    scrubbing: given.scrubbing,
  };
}

function showSettings(settings: ProjectSettings): ApiProjectSettings {
  return {
    retention_days: settings.retentionDays,
    sample_rate: settings.sampleRate,
    rate_limit_events: settings.rateLimitEvents,
    allowed_domains: settings.allowedDomains,
    default_environment: settings.defaultEnvironment,
    filters: settings.filters,
    scrubbing: settings.scrubbing,
  };
}
