/** What is posted about alert rules. In a condition, `direction` and `events_min` may be left out. */
import { ALERT_CONDITION_TYPES, type ApiSilence, COOLDOWN_SCOPES } from "@mesher/protocol";
import { Type } from "typebox";
import { COOLDOWN_MINUTES_MAX, SILENCE_MINUTES_MAX, WINDOW_MINUTES_MAX } from "../../alerts/limits.ts";
import { shapeOf } from "./shape.ts";
import { AlertAction, AlertFilters } from "./shapes-alerts.ts";

const GivenCondition = Type.Object({
  condition_type: Type.Enum([...ALERT_CONDITION_TYPES]),
  threshold: Type.Optional(Type.Integer({ minimum: 0, description: "Of threshold, issue_events, issue_users" })),
  window_minutes: Type.Optional(Type.Integer({ minimum: 1, maximum: WINDOW_MINUTES_MAX })),
  percent: Type.Optional(Type.Integer({ minimum: 1, description: "Of percent_change" })),
  direction: Type.Optional(Type.Enum(["increase", "decrease"])),
  events_min: Type.Optional(Type.Integer({ minimum: 1, default: 10 })),
});

const settings = {
  name: Type.Optional(Type.String({ default: "Unnamed Rule" })),
  filters: Type.Optional(AlertFilters),
  action: Type.Optional(Type.Union([AlertAction, Type.Array(AlertAction)])),
  enabled: Type.Optional(Type.Boolean({ default: true })),
  cooldown_minutes: Type.Optional(Type.Integer({ minimum: 1, maximum: COOLDOWN_MINUTES_MAX, default: 60 })),
  cooldown_scope: Type.Optional(Type.Enum([...COOLDOWN_SCOPES])),
};

export const NewAlertRule = Type.Object({ ...settings, condition: GivenCondition });
export const AlertRuleChange = Type.Object({ ...settings, condition: Type.Optional(GivenCondition) });

export const Silence = shapeOf<ApiSilence>()(
  Type.Object({ minutes: Type.Integer({ minimum: 0, maximum: SILENCE_MINUTES_MAX, description: "0 ends it" }) }),
);

const { filters, cooldown_minutes, cooldown_scope } = settings;
export const AlertPreviewRequest = Type.Object({
  condition: GivenCondition,
  filters,
  cooldown_minutes,
  cooldown_scope,
});
