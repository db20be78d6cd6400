import {
  ALERT_ACTIVITY_KINDS,
  ALERT_KINDS,
  ALERT_STATUSES,
  type ApiAlert,
  type ApiAlertDetail,
  type ApiAlertPreview,
  type ApiAlertRule,
  type ApiAlertTest,
  type ApiSilenced,
  COOLDOWN_SCOPES,
  LEVELS,
  type AlertAction as ProtocolAction,
  type AlertCondition as ProtocolCondition,
  type AlertFilters as ProtocolFilters,
} from "@mesher/protocol";
import { Type } from "typebox";
import { COOLDOWN_MINUTES_MAX, WINDOW_MINUTES_MAX } from "../../alerts/limits.ts";
import { Count, Details, orNull, shapeOf, Text, Time, Uuid } from "./shape.ts";

const Window = Type.Integer({ minimum: 1, maximum: WINDOW_MINUTES_MAX });

export const AlertCondition = shapeOf<ProtocolCondition>()(
  Type.Union([
    Type.Object({ condition_type: Type.Literal("threshold"), threshold: Count, window_minutes: Window }),
    Type.Object({
      condition_type: Type.Literal("percent_change"),
      percent: Type.Integer({ minimum: 1 }),
      window_minutes: Window,
      direction: Type.Enum(["increase", "decrease"]),
      events_min: Type.Integer({ minimum: 1 }),
    }),
    Type.Object({ condition_type: Type.Enum(["new_issue", "regression", "escalation"]) }),
    Type.Object({
      condition_type: Type.Enum(["issue_events", "issue_users"]),
      threshold: Count,
      window_minutes: Window,
    }),
  ]),
);

export const AlertFilters = shapeOf<ProtocolFilters>()(
  Type.Object({
    level: Type.Optional(Type.Array(Type.Enum([...LEVELS]))),
    environment: Type.Optional(Type.Array(Text)),
    release: Type.Optional(Type.Array(Text)),
    tags: Type.Optional(Type.Record(Type.String(), Type.String())),
    query: Type.Optional(Type.String({ description: "A search of events" })),
  }),
);

export const AlertAction = shapeOf<ProtocolAction>()(
  Type.Union([
    Type.Object({ type: Type.Literal("websocket") }),
    Type.Object({ type: Type.Literal("destination"), destination_id: Uuid }),
    Type.Object({
      type: Type.Literal("people"),
      who: Type.Union([Type.Enum(["members", "assignee"]), Type.Object({ user_id: Uuid })]),
    }),
  ]),
);

const Actions = Type.Union([AlertAction, Type.Array(AlertAction)]);
const Cooldown = Type.Integer({ minimum: 1, maximum: COOLDOWN_MINUTES_MAX });
const Scope = Type.Enum([...COOLDOWN_SCOPES]);

export const AlertRule = shapeOf<ApiAlertRule>()(
  Type.Object({
    id: Uuid,
    project_id: Uuid,
    name: Text,
    condition: AlertCondition,
    filters: AlertFilters,
    action: Actions,
    enabled: Type.Boolean(),
    cooldown_minutes: Cooldown,
    cooldown_scope: Scope,
    last_fired_at: orNull(Time),
    silenced_until: orNull(Time),
    open_alerts: Count,
    created_at: Time,
    updated_at: Time,
  }),
);

export const Silenced = shapeOf<ApiSilenced>()(Type.Object({ silenced_until: orNull(Time) }));

export const Alert = shapeOf<ApiAlert>()(
  Type.Object({
    id: Uuid,
    project_id: Uuid,
    rule_id: Uuid,
    rule_name: Text,
    kind: Type.Enum([...ALERT_KINDS]),
    status: Type.Enum([...ALERT_STATUSES]),
    message: Text,
    condition_snapshot: Details,
    issue: orNull(Type.Object({ id: Uuid, short_id: orNull(Text), title: orNull(Text) })),
    silenced: Type.Boolean(),
    suppressed: Count,
    triggered_at: Time,
    acknowledged_at: orNull(Time),
    resolved_at: orNull(Time),
  }),
);

export const AlertDetail = shapeOf<ApiAlertDetail>()(
  Type.Object({
    ...Alert.properties,
    rule_silenced_until: orNull(Time),
    issue_silenced_until: orNull(Time),
    timeline: Type.Array(
      Type.Object({
        kind: Type.Enum([...ALERT_ACTIVITY_KINDS]),
        at: Time,
        actor: Type.Object({ kind: Type.Enum(["user", "token", "system"]), id: orNull(Text), name: Text }),
        details: Details,
      }),
    ),
  }),
);

export const AlertPreview = shapeOf<ApiAlertPreview>()(
  Type.Object({
    from: Time,
    to: Time,
    fired: Count,
    firings: Type.Array(Type.Object({ at: Time, value: orNull(Count), issue_id: orNull(Uuid) })),
    is_complete: Type.Boolean(),
  }),
);

export const AlertTest = shapeOf<ApiAlertTest>()(Type.Object({ alert_id: Uuid }));
