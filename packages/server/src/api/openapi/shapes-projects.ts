import {
  type ApiFilterPreview,
  type ApiProject,
  type ApiProjectDetail,
  type ApiProjectKey,
  type ApiProjectSettings,
  type ApiScrubbingPreview,
  CATEGORIES,
  INBOUND_FILTERS_DEFAULT,
  type InboundFilter,
  OUTCOMES,
  type Outcome,
  SCRUB_RULES,
  type ScrubRule,
} from "@mesher/protocol";
import { Type } from "typebox";
import { Anything, Count, EventId, orNull, shapeOf, Text, Texts, Time, Uuid } from "./shape.ts";

export const OutcomeName = Type.Enum(Object.keys(OUTCOMES) as Outcome[]);
export const Category = Type.Enum([...CATEGORIES]);
export const ScrubRuleName = Type.Enum(Object.keys(SCRUB_RULES) as ScrubRule[]);

export const Project = shapeOf<ApiProject>()(
  Type.Object({ id: Uuid, slug: Text, number: Count, name: Text, platform: orNull(Text), dsn: Text }),
);

export const ProjectDetail = shapeOf<ApiProjectDetail>()(
  Type.Object({ ...Project.properties, created_at: Time, former_slugs: Texts }),
);

export const ProjectKey = shapeOf<ApiProjectKey>()(
  Type.Object({
    id: Uuid,
    project_id: Uuid,
    key_value: Text,
    label: Text,
    dsn: Text,
    rate_limit_events: orNull(Count),
    created_at: Time,
    revoked_at: orNull(Time),
  }),
);

const Scrubbing = Type.Object({
  enabled: Type.Boolean(),
  ip_addresses: Type.Boolean(),
  fields: Texts,
  safe_fields: Texts,
});

export const ProjectSettings = shapeOf<ApiProjectSettings>()(
  Type.Object({
    retention_days: Type.Integer({ minimum: 1 }),
    sample_rate: Type.Number({ minimum: 0, maximum: 1 }),
    rate_limit_events: orNull(Count),
    allowed_domains: Texts,
    default_environment: orNull(Text),
    filters: Type.Object({
      browser_extensions: Type.Boolean(),
      localhost: Type.Boolean(),
      web_crawlers: Type.Boolean(),
      legacy_browsers: Type.Boolean(),
      messages: Texts,
      releases: Texts,
      ip_addresses: Texts,
    }),
    scrubbing: Scrubbing,
  }),
);

export const ScrubbingPreview = shapeOf<Omit<ApiScrubbingPreview, "rules"> & { rules: Record<string, string> }>()(
  Type.Object({
    event: Anything,
    removed: Type.Array(Type.Object({ path: Text, rule: ScrubRuleName })),
    rules: Type.Record(Type.String(), Type.String()),
  }),
);

const FilterName = Type.Enum(Object.keys(INBOUND_FILTERS_DEFAULT) as InboundFilter[]);

export const FilterPreview = shapeOf<ApiFilterPreview>()(
  Type.Object({
    events: Count,
    passed: Count,
    filtered: Type.Array(Type.Object({ filter: FilterName, count: Count })),
    examples: Type.Array(
      Type.Object({ event_id: EventId, issue_id: Uuid, title: Text, received_at: Time, filter: FilterName }),
    ),
  }),
);

export const OutcomeCount = Type.Object({ outcome: OutcomeName, category: Category, reason: Text, count: Count });

export const QuarantinedEntry = Type.Object({
  id: Uuid,
  received_at: Time,
  quarantined_at: Time,
  reason: Text,
  bytes: Count,
});
