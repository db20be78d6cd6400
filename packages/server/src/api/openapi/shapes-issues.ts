import {
  type ApiActivity,
  type ApiAffected,
  type ApiBulkResult,
  type ApiIssue,
  type ApiIssueDetail,
  type ApiListedIssue,
  type ApiMergeResult,
  ISSUE_ACTIONS,
  ISSUE_STATUSES,
  LEVELS,
  PRIORITIES,
} from "@mesher/protocol";
import { Type } from "typebox";
import { Count, Details, EventId, orNull, shapeOf, Text, Time, Uuid } from "./shape.ts";
import { Grouping } from "./shapes-events.ts";

const Level = Type.Enum([...LEVELS]);

export const Affected = shapeOf<ApiAffected>()(
  Type.Object({
    status: Type.Literal("ok"),
    affected: Type.Integer({ minimum: 0, description: "What changed; 0: it was so already" }),
  }),
);

export const BulkResult = shapeOf<ApiBulkResult>()(
  Type.Object({
    results: Type.Array(Type.Object({ id: Text, result: Type.Enum(["changed", "unchanged", "illegal", "not_found"]) })),
    affected: Count,
    has_more: Type.Boolean(),
    next_cursor: Type.Optional(Text),
    next_cursor_id: Type.Optional(Text),
  }),
);

export const MergeResult = shapeOf<ApiMergeResult>()(Type.Object({ ...Affected.properties, ids: Type.Array(Uuid) }));

export const Activity = shapeOf<ApiActivity>()(
  Type.Object({
    id: Text,
    kind: Type.Enum([...ISSUE_ACTIONS, "comment"]),
    at: Time,
    actor: Type.Object({ kind: Type.Enum(["user", "token", "system"]), id: orNull(Text), name: Text }),
    details: Details,
    comment: orNull(Text),
    edited_at: orNull(Time),
  }),
);

const StatusDetails = Type.Union([
  Type.Object({ mode: Type.Literal("now") }),
  Type.Object({ mode: Type.Literal("in_release"), release: Text }),
  Type.Object({ mode: Type.Literal("in_next_release"), after: orNull(Text) }),
  Type.Object({ mode: Type.Enum(["until_escalating", "for_ever"]) }),
  Type.Object({ mode: Type.Literal("until_time"), until: Time }),
  Type.Object({ mode: Type.Literal("until_count"), event_count: Count }),
]);

const Issue = shapeOf<ApiIssue>()(
  Type.Object({
    id: Uuid,
    project_id: Uuid,
    short_id: Text,
    title: Text,
    culprit: Text,
    level: Level,
    platform: Text,
    status: Type.Enum([...ISSUE_STATUSES]),
    status_details: orNull(StatusDetails),
    priority: Type.Enum([...PRIORITIES]),
    is_priority_set: Type.Boolean(),
    event_count: Count,
    user_count: Count,
    first_seen: Time,
    last_seen: Time,
    assigned_to: orNull(Uuid),
    assigned_team: orNull(Uuid),
    regressed_at: orNull(Time),
  }),
);

export const ListedIssue = shapeOf<ApiListedIssue>()(
  Type.Object({ ...Issue.properties, stats: Type.Optional(Type.Array(Count)) }),
);

export const IssueDetail = shapeOf<ApiIssueDetail>()(
  Type.Object({
    ...Issue.properties,
    status_changed_at: orNull(Time),
    first_release: orNull(Text),
    last_release: orNull(Text),
    activity: Type.Array(Activity),
    fingerprints: Type.Array(
      Type.Object({
        fingerprint: Text,
        merged_from: orNull(Type.Object({ id: Uuid, short_id: Text, title: Text })),
        event_count: orNull(Count),
      }),
    ),
    similar_issues: Type.Array(Type.Object({ id: Uuid, short_id: Text, title: Text, likeness: Type.Number() })),
    grouping: Grouping,
    volume: Type.Array(Type.Object({ bucket: Time, count: Count })),
    latest_event_id: orNull(EventId),
  }),
);
