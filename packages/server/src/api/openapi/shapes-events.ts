import {
  type ApiEventDetail,
  type ApiEventSummary,
  type ApiFoundEvent,
  type ApiRankedEvent,
  type ApiSavedSearch,
  type ApiSuggestion,
  type ApiTaggedEvent,
  type CutReason,
  type Event,
  type GroupingStrategy,
  LEVELS,
  type Grouping as ProtocolGrouping,
} from "@mesher/protocol";
import { Type } from "typebox";
import { Anything, Count, EventId, orNull, shapeOf, Text, Time, Uuid } from "./shape.ts";
import { ScrubRuleName } from "./shapes-projects.ts";

const Level = Type.Enum([...LEVELS]);
const Tags = Type.Record(Type.String(), Type.String());

const STRATEGIES = [
  "custom_fingerprint",
  "extended_fingerprint",
  "in_app_frames",
  "all_frames",
  "exception",
  "message",
  "security_report",
  "fallback",
] as const satisfies GroupingStrategy[];

const CUT_REASONS = [
  "too_long",
  "too_many",
  "too_deep",
  "invalid",
  "clock_drift",
  "past_timestamp",
  "future_timestamp",
  "scrubbed",
] as const satisfies CutReason[];

export const Grouping = shapeOf<ProtocolGrouping>()(
  Type.Object({
    version: Count,
    fingerprint: Text,
    strategy: Type.Enum([...STRATEGIES]),
    parts: Type.Array(Type.Object({ kind: Text, value: Text })),
  }),
);

export const EventSummary = shapeOf<ApiEventSummary>()(
  Type.Object({ id: EventId, level: Level, message: Text, received_at: Time }),
);

export const RankedEvent = shapeOf<ApiRankedEvent>()(Type.Object({ ...EventSummary.properties, issue_id: Uuid }));

export const TaggedEvent = shapeOf<ApiTaggedEvent>()(Type.Object({ ...RankedEvent.properties, tags: Tags }));

export const FoundEvent = shapeOf<ApiFoundEvent>()(
  Type.Object({ ...TaggedEvent.properties, environment: orNull(Text), release: orNull(Text) }),
);

export const Suggestion = shapeOf<ApiSuggestion>()(
  Type.Object({
    kind: Type.Enum(["field", "tag", "state", "value"]),
    text: Text,
    help: orNull(Text),
    count: orNull(Count),
  }),
);

export const SavedSearch = shapeOf<ApiSavedSearch>()(
  Type.Object({
    id: Uuid,
    name: Text,
    query: Text,
    sort: Text,
    visibility: Type.Enum(["private", "organization"]),
    project_id: orNull(Uuid),
    created_at: Time,
  }),
);

/** Its many interfaces are in packages/protocol/src/event.ts: what clients sent shows through it, so it is left open here. */
const NormalizedEvent = Type.Unsafe<Event>({
  type: "object",
  description: "The event as pages show it: canonical, within limits. The names are those of Sentry's event payloads.",
});

export const EventDetail = shapeOf<ApiEventDetail>()(
  Type.Object({
    event: Type.Object({
      id: EventId,
      project_id: Uuid,
      issue_id: Uuid,
      level: Level,
      message: Text,
      fingerprint: Text,
      exception: Anything,
      stacktrace: Anything,
      breadcrumbs: Anything,
      tags: Tags,
      extra: Anything,
      user_context: Anything,
      sdk_name: orNull(Text),
      sdk_version: orNull(Text),
      received_at: Time,
      grouping: Grouping,
      normalized: NormalizedEvent,
      cuts: Type.Array(
        Type.Object({
          path: Text,
          reason: Type.Enum([...CUT_REASONS]),
          originalLength: Type.Optional(Count),
          rule: Type.Optional(ScrubRuleName),
        }),
      ),
      payload: Anything,
    }),
    navigation: Type.Object({
      next_id: orNull(EventId),
      prev_id: orNull(EventId),
      first_id: EventId,
      latest_id: EventId,
    }),
  }),
);
