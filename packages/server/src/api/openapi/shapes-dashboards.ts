import {
  type ApiAccount,
  type ApiBucket,
  type ApiHealth,
  type ApiIssueTag,
  type ApiLevelCount,
  type ApiProjectOverview,
  type ApiReleaseAdoption,
  type ApiTagCount,
  type ApiTopIssue,
  type ApiUsersAffected,
  type ApiVolumeBucket,
  ISSUE_STATUSES,
  LEVELS,
} from "@mesher/protocol";
import { Type } from "typebox";
import { Count, orNull, shapeOf, Text, Time, Uuid } from "./shape.ts";
import { OutcomeCount } from "./shapes-projects.ts";

const Level = Type.Enum([...LEVELS]);
const SomeOf = Type.Optional(Count);

export const Bucket = shapeOf<ApiBucket>()(Type.Object({ bucket: Time, count: Count }));

export const VolumeBucket = shapeOf<ApiVolumeBucket>()(
  Type.Object({
    ...Bucket.properties,
    levels: Type.Object({ fatal: SomeOf, error: SomeOf, warning: SomeOf, info: SomeOf, debug: SomeOf }),
  }),
);

export const LevelCount = shapeOf<ApiLevelCount>()(Type.Object({ level: Level, count: Count }));

export const TopIssue = shapeOf<ApiTopIssue>()(
  Type.Object({
    id: Uuid,
    short_id: Text,
    title: Text,
    level: Level,
    status: Type.Enum([...ISSUE_STATUSES]),
    event_count: Count,
    user_count: Count,
    last_seen: Time,
  }),
);

export const TagCount = shapeOf<ApiTagCount>()(
  Type.Object({ value: orNull(Text), count: Count, kind: Type.Enum(["value", "none", "others"]) }),
);

export const IssueTag = shapeOf<ApiIssueTag>()(Type.Object({ key: Text, total: Count, values: Type.Array(TagCount) }));

export const Health = shapeOf<ApiHealth>()(
  Type.Object({ unresolved_count: Count, events_24h: Count, new_today: Count }),
);

export const ProjectOverview = shapeOf<ApiProjectOverview>()(
  Type.Object({
    id: Uuid,
    slug: Text,
    name: Text,
    platform: orNull(Text),
    events: Type.Array(Count),
    unresolved_count: Count,
    new_today: Count,
    last_event_at: orNull(Time),
  }),
);

export const UsersAffected = shapeOf<ApiUsersAffected>()(Type.Object({ count: Count, buckets: Type.Array(Bucket) }));

export const ReleaseAdoption = shapeOf<ApiReleaseAdoption>()(
  Type.Object({
    release: Text,
    count: Count,
    share: Type.Number({ minimum: 0 }),
    first_seen: orNull(Time),
    last_seen: orNull(Time),
  }),
);

export const Account = shapeOf<ApiAccount>()(
  Type.Object({
    accepted: Count,
    stored: Count,
    refused: Count,
    outcomes: Type.Array(
      Type.Object({ ...OutcomeCount.properties, side: Type.Enum(["accepted", "refused", "client"]) }),
    ),
  }),
);
