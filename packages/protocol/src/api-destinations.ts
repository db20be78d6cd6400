/** How alerts reach people: destinations of an organization, what was delivered to them, and what each person wants to hear. */
import type { DestinationKind } from "./destination-kinds.ts";

/** What a rule does when it fires. `assignee`: of the issue it is about, if it has one. */
export type AlertAction =
  | { readonly type: "websocket" }
  | { readonly type: "destination"; readonly destination_id: string }
  | { readonly type: "people"; readonly who: "members" | "assignee" | { readonly user_id: string } };

export interface ApiDestination {
  readonly id: string;
  readonly kind: DestinationKind;
  readonly name: string;
  /** Alerts pass by one that is switched off. */
  readonly is_enabled: boolean;
  /** By the names of `DESTINATION_FIELDS`. Of secrets only the end: `…a1b2`. */
  readonly config: Readonly<Record<string, string | readonly string[]>>;
  /** Why nothing can reach it as the server is set up; null: nothing is known to stand in its way. */
  readonly obstacle: string | null;
  /** Nothing is sent before, as its receiver has asked. */
  readonly paused_until: string | null;
  readonly created_at: string;
  readonly updated_at: string;
}

/** The key of a webhook's signatures is told when the destination or the key is made, and never again. */
export interface ApiNewDestination extends ApiDestination {
  readonly signing_secret: string | null;
}

/**
 * `waiting`: for its first attempt, or the next one. `dead`: given up; it can be sent again by hand. `cancelled`: nobody is
 * there any more to get it.
 */
export const DELIVERY_STATUSES = ["waiting", "sending", "sent", "dead", "cancelled"] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

export const DELIVERY_PURPOSES = ["alert", "test", "digest", "weekly_report"] as const;
export type DeliveryPurpose = (typeof DELIVERY_PURPOSES)[number];

export interface ApiDelivery {
  readonly id: string;
  readonly purpose: DeliveryPurpose;
  readonly status: DeliveryStatus;
  /** How it travels. To people it travels as e-mail. */
  readonly kind: DestinationKind;
  /** Null for mail to a person, and of a destination that was removed. */
  readonly destination_id: string | null;
  /** Null for what went to a destination. */
  readonly user_id: string | null;
  /** The destination's or the person's name as it was. */
  readonly receiver: string;
  readonly project_id: string | null;
  readonly alert_id: string | null;
  readonly title: string;
  readonly attempts: number;
  readonly created_at: string;
  /** Of the next attempt, while it waits. */
  readonly due_at: string | null;
  readonly finished_at: string | null;
  /** Of the last attempt that failed. */
  readonly error: string | null;
}

/** `lost`: the node that made the attempt died or froze; whether the message arrived is not known. */
export type DeliveryAttemptOutcome = "running" | "sent" | "failed" | "lost";

export interface ApiDeliveryAttempt {
  readonly number: number;
  readonly node: string;
  readonly started_at: string;
  readonly duration_ms: number | null;
  readonly outcome: DeliveryAttemptOutcome;
  /** Of the HTTP answer, or the SMTP server's code. */
  readonly response_status: number | null;
  readonly error: string | null;
}

export interface ApiDeliveryDetail extends ApiDelivery {
  /** Newest first. */
  readonly attempt_log: readonly ApiDeliveryAttempt[];
}

/** What waits to be sent, of the whole installation. */
export interface ApiDeliveryQueue {
  readonly waiting: number;
  readonly sending: number;
  /** Given up, and not yet removed as old. */
  readonly dead: number;
  /** How long the oldest has been due; null: nothing is. */
  readonly overdue_seconds: number | null;
}

/** `hourly` and `daily`: gathered, and sent as one mail. */
export const NOTIFICATION_MODES = ["instant", "hourly", "daily", "mute"] as const;
export type NotificationMode = (typeof NOTIFICATION_MODES)[number];

/** What a person wants to hear of an organization by mail. */
export interface ApiNotificationPreferences {
  readonly organization_id: string;
  readonly mode: NotificationMode;
  /** Only alerts about issues that are assigned to them. */
  readonly only_assigned: boolean;
  readonly weekly_report: boolean;
  /** Where mails go. */
  readonly email: string;
  /** False: this server cannot send mail. */
  readonly is_mail_set_up: boolean;
}
