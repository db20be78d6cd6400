/** Rules that tell people when something happens, and the alerts they fired. `docs/alerts.md` is for those who use them. */
import type { AlertAction } from "./api-destinations.ts";
import type { ApiActor } from "./api-issue-actions.ts";
import type { Level } from "./event.ts";

/** What a rule looks for. Windows end now, and are at most a day long. */
export type AlertCondition =
  /** The project has more than so many events in so many minutes. */
  | { readonly condition_type: "threshold"; readonly threshold: number; readonly window_minutes: number }
  /**
   * The window has more events than the one before it by more than so many percent; or fewer. The greater of the two windows
   * has at least `events_min` events, so that 2 after 1 alarms nobody.
   */
  | {
      readonly condition_type: "percent_change";
      readonly percent: number;
      readonly window_minutes: number;
      readonly direction: "increase" | "decrease";
      readonly events_min: number;
    }
  /** `escalation`: an archived issue has many more events than usual. */
  | { readonly condition_type: "new_issue" | "regression" | "escalation" }
  /** One issue has more than so many events, or users affected, in so many minutes. */
  | {
      readonly condition_type: "issue_events" | "issue_users";
      readonly threshold: number;
      readonly window_minutes: number;
    };

export type AlertConditionType = AlertCondition["condition_type"];
export const ALERT_CONDITION_TYPES = [
  "threshold",
  "percent_change",
  "new_issue",
  "regression",
  "escalation",
  "issue_events",
  "issue_users",
] as const satisfies readonly AlertConditionType[];

/** Which events a rule is about; all that is named must hold. Of a list, one of its values. */
export interface AlertFilters {
  readonly level?: readonly Level[];
  readonly environment?: readonly string[];
  readonly release?: readonly string[];
  /** Value by name. */
  readonly tags?: Readonly<Record<string, string>>;
  /** A search of events, as in `GET /projects/:p/events`. */
  readonly query?: string;
}

/**
 * What a cooldown holds back: `rule`: every further alert of the rule. `issue`: those about the same issue; a rule of
 * `new_issue`, `regression`, `escalation`, `issue_events` or `issue_users` may then fire for another one.
 */
export const COOLDOWN_SCOPES = ["rule", "issue"] as const;
export type CooldownScope = (typeof COOLDOWN_SCOPES)[number];

export interface ApiAlertRule {
  readonly id: string;
  readonly project_id: string;
  readonly name: string;
  readonly condition: AlertCondition;
  readonly filters: AlertFilters;
  /** Beside the live stream, which always tells. */
  readonly action: AlertAction | readonly AlertAction[];
  readonly enabled: boolean;
  readonly cooldown_minutes: number;
  readonly cooldown_scope: CooldownScope;
  readonly last_fired_at: string | null;
  /** Until then it fires without telling anybody. */
  readonly silenced_until: string | null;
  /** Its alerts that are not resolved. */
  readonly open_alerts: number;
  readonly created_at: string;
  readonly updated_at: string;
}

/** Body of `POST /projects/:p/alert-rules`; of `PATCH /alert-rules/:id`, where nothing is required. */
export interface ApiNewAlertRule {
  /** Default: `Unnamed Rule`. */
  readonly name?: string;
  readonly condition: AlertCondition;
  readonly filters?: AlertFilters;
  /** Default: `{"type": "websocket"}`. */
  readonly action?: AlertAction | readonly AlertAction[];
  /** Default: true. */
  readonly enabled?: boolean;
  /** 1 to 10,080. Default: 60. */
  readonly cooldown_minutes?: number;
  /** Default: `rule`. */
  readonly cooldown_scope?: CooldownScope;
}

/** Body of `POST /projects/:p/alert-rules/preview`. */
export type ApiAlertPreviewRequest = Pick<
  ApiNewAlertRule,
  "condition" | "filters" | "cooldown_minutes" | "cooldown_scope"
>;

/** When a rule would have fired, had it been there. */
export interface ApiAlertPreview {
  readonly from: string;
  readonly to: string;
  readonly fired: number;
  /** Oldest first, at most 200. `value`: the count that did it. */
  readonly firings: readonly {
    readonly at: string;
    readonly value: number | null;
    readonly issue_id: string | null;
  }[];
  /** False: there were more events than are looked at; `from` is as far as it looked. */
  readonly is_complete: boolean;
}

export const ALERT_STATUSES = ["active", "acknowledged", "resolved"] as const;
export type AlertStatus = (typeof ALERT_STATUSES)[number];

/** `test`: somebody tried the rule. `storm`: stands for alerts that were too many to be told one by one. */
export const ALERT_KINDS = ["fired", "test", "storm"] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

export interface ApiAlert {
  readonly id: string;
  readonly project_id: string;
  readonly rule_id: string;
  readonly rule_name: string;
  readonly kind: AlertKind;
  readonly status: AlertStatus;
  readonly message: string;
  /** The rule as it was when it fired. */
  readonly condition_snapshot: Readonly<Record<string, unknown>>;
  /** What it is about; null: about no single issue. `title` and `short_id` are null when the issue is gone. */
  readonly issue: { readonly id: string; readonly short_id: string | null; readonly title: string | null } | null;
  /** It was fired in silence: nobody was told. */
  readonly silenced: boolean;
  /** Firings that this one stands for: held back by the cooldown since the last alert, or by a storm. */
  readonly suppressed: number;
  readonly triggered_at: string;
  readonly acknowledged_at: string | null;
  readonly resolved_at: string | null;
}

/** What happened to an alert, oldest first. */
export const ALERT_ACTIVITY_KINDS = [
  "fired",
  "notified",
  "silenced",
  "unsilenced",
  "acknowledged",
  "resolved",
] as const;
export type AlertActivityKind = (typeof ALERT_ACTIVITY_KINDS)[number];

export interface ApiAlertActivity {
  readonly kind: AlertActivityKind;
  readonly at: string;
  readonly actor: ApiActor;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface ApiAlertDetail extends ApiAlert {
  readonly rule_silenced_until: string | null;
  readonly issue_silenced_until: string | null;
  readonly timeline: readonly ApiAlertActivity[];
}

/** Body of `POST /alert-rules/:id/silence` and `POST /issues/:id/silence-alerts`; 0 ends the silence. */
export interface ApiSilence {
  readonly minutes: number;
}

/** The answer to both, and to `GET /issues/:id/silence-alerts`. */
export interface ApiSilenced {
  readonly silenced_until: string | null;
}

/** The answer to `POST /alert-rules/:id/test`. */
export interface ApiAlertTest {
  readonly alert_id: string;
}
