import { FILTER_PREVIEW_EVENTS_MAX } from "@mesher/protocol";
import { Type } from "typebox";
import { CHANGED_MEANWHILE, created, data, type Operations, ok, rows } from "./operation.ts";
import { Count, orNull } from "./shape.ts";
import { ProjectStorage } from "./shapes-installation.ts";
import { Affected } from "./shapes-issues.ts";
import {
  FilterPreview,
  OutcomeCount,
  Project,
  ProjectDetail,
  ProjectKey,
  ProjectSettings,
  QuarantinedEntry,
  ScrubbingPreview,
} from "./shapes-projects.ts";

const Name = Type.String({ minLength: 1, maxLength: 100 });
const Slug = Type.String({ pattern: "^[a-z][a-z0-9]*(-[a-z0-9]+)*$", maxLength: 50 });
const Platform = orNull(Type.String({ pattern: "^[a-z0-9]+([.-][a-z0-9]+)*$", maxLength: 64 }));
const ProjectChange = Type.Object({
  name: Type.Optional(Name),
  slug: Type.Optional(Slug),
  platform: Type.Optional(Platform),
});
const NewProject = Type.Object({ ...ProjectChange.properties, name: Name });
const KeyChange = Type.Object({
  label: Type.Optional(Name),
  rate_limit_events: Type.Optional(orNull(Type.Integer({ minimum: 1, maximum: 2_000_000_000 }))),
});
const { filters, scrubbing, ...plain } = ProjectSettings.properties;
const Filters = Type.Partial(filters);
const Scrubbing = Type.Partial(scrubbing);
const SettingsChange = Type.Partial(
  Type.Object({
    ...plain,
    retention_days: Type.Integer({ minimum: 1, maximum: 365 }),
    rate_limit_events: orNull(Type.Integer({ minimum: 1, maximum: 2_000_000_000 })),
    filters: Filters,
    scrubbing: Scrubbing,
  }),
);
const TAKEN = { 409: "The slug is taken, or there are too many" };
const KEYS_FULL = { 409: "There are as many keys as a project may have" };

export const PROJECTS: Operations = {
  "GET /api/v1/projects": { summary: "Projects of the organization", answers: rows(Project) },
  "POST /api/v1/projects": {
    summary: "Make a project",
    body: NewProject,
    answers: created(ProjectDetail),
    refusals: TAKEN,
  },
  "GET /api/v1/projects/:project": { summary: "A project", answers: ok(ProjectDetail) },
  "PATCH /api/v1/projects/:project": {
    summary: "Change a project",
    body: ProjectChange,
    answers: ok(ProjectDetail),
    refusals: TAKEN,
  },
  "POST /api/v1/projects/:project/delete": {
    summary: "Delete a project",
    description: "Its events are removed in the background.",
    body: Type.Object({ slug: Type.String({ description: "The project's, to confirm" }) }),
    answers: ok(Affected),
  },
  "GET /api/v1/projects/:project/outcomes": {
    summary: "The loss account of the last 24 hours",
    answers: data(OutcomeCount),
  },
  "GET /api/v1/projects/:project/quarantine": {
    summary: "Entries that could not be digested, newest first",
    answers: data(QuarantinedEntry),
  },
  "POST /api/v1/projects/:project/quarantine/retry": {
    summary: "Try the oldest quarantined entries again",
    answers: ok(Type.Object({ retried: Count })),
  },
  "GET /api/v1/projects/:project/api-keys": { summary: "Keys that SDKs send with", answers: rows(ProjectKey) },
  "POST /api/v1/projects/:project/api-keys": {
    summary: "Make a key",
    body: KeyChange,
    answers: created(ProjectKey),
    refusals: KEYS_FULL,
  },
  "PATCH /api/v1/api-keys/:key": { summary: "Change a key", body: KeyChange, answers: ok(ProjectKey) },
  "POST /api/v1/api-keys/:key/revoke": { summary: "Revoke a key", answers: ok(Affected) },
  "GET /api/v1/projects/:project/settings": { summary: "Settings of a project", answers: ok(ProjectSettings) },
  "PATCH /api/v1/projects/:project/settings": {
    summary: "Change settings",
    body: SettingsChange,
    answers: ok(ProjectSettings),
    refusals: CHANGED_MEANWHILE,
  },
  "POST /api/v1/projects/:project/settings": {
    summary: "Change settings, as the first version of the API did",
    body: SettingsChange,
    answers: ok(Affected),
    refusals: CHANGED_MEANWHILE,
  },
  "POST /api/v1/projects/:project/settings/scrubbing/preview": {
    summary: "What would be scrubbed from an event",
    body: Type.Object({ event: Type.Unknown(), scrubbing: Type.Optional(Scrubbing) }),
    answers: ok(ScrubbingPreview),
  },
  "POST /api/v1/projects/:project/settings/filters/preview": {
    summary: "What inbound filters would have dropped of the newest events",
    description:
      "By the project's filters, with those of the body in their place. Looks at what is stored: what a filter has dropped already, and what was scrubbed, is not there to be seen.",
    body: Type.Object({
      filters: Type.Optional(Filters),
      events: Type.Optional(Type.Integer({ minimum: 1, maximum: FILTER_PREVIEW_EVENTS_MAX, default: 100 })),
    }),
    answers: ok(FilterPreview),
  },
  "GET /api/v1/projects/:project/storage": {
    summary: "What a project stores, and the room it takes",
    answers: ok(ProjectStorage),
  },
  "GET /api/v1/projects/:project/settings/storage": {
    summary: "The same, among the settings",
    answers: ok(ProjectStorage),
  },
};
