/** What a webhook posts: `docs/notifications.md`. Fields may be added, none is taken away. */
export interface WebhookPayload {
  readonly type: "alert.fired" | "alert.resolved" | "alert.test" | "alert.storm";
  /** When the alert fired, or was resolved. */
  readonly timestamp: string;
  readonly data: {
    /** The same in every attempt, and in the header `webhook-id`. */
    readonly delivery_id: string;
    readonly alert: {
      readonly id: string;
      readonly message: string;
      readonly condition: string;
      /** Alerts that this one stands for: of `alert.storm`. */
      readonly suppressed: number;
    };
    readonly rule: { readonly id: string; readonly name: string };
    readonly project: { readonly id: string; readonly name: string };
    readonly organization: { readonly id: string };
    /** Null: the alert is about no single issue. */
    readonly issue: {
      readonly id: string;
      readonly short_id: string | null;
      readonly title: string;
      readonly culprit: string;
      readonly level: string;
      readonly event_count: number | null;
      readonly url: string;
    } | null;
  };
}
