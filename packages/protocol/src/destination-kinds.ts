/** What a destination can be, and what each kind needs to know. Forms are built from it, and requests checked by it. */

export const DESTINATION_KINDS = [
  "email",
  "webhook",
  "slack",
  "discord",
  "teams",
  "telegram",
  "ntfy",
  "pagerduty",
  "opsgenie",
] as const;
export type DestinationKind = (typeof DESTINATION_KINDS)[number];

/** `url` and `text` may be read back; of a `secret`, only its end is. `emails`: a list of addresses. */
export type DestinationFieldType = "url" | "secret_url" | "text" | "secret" | "emails" | "choice";

export interface DestinationField {
  readonly name: string;
  readonly type: DestinationFieldType;
  /** For a form. */
  readonly label: string;
  readonly help?: string;
  readonly isRequired: boolean;
  /** Of a `choice`; the first one counts where none is given. */
  readonly choices?: readonly string[];
}

export interface DestinationKindDescription {
  readonly label: string;
  readonly fields: readonly DestinationField[];
}

const WEBHOOK_URL = { name: "webhook_url", type: "secret_url", isRequired: true } as const;

export const DESTINATION_FIELDS: Readonly<Record<DestinationKind, DestinationKindDescription>> = {
  email: {
    label: "Email",
    fields: [{ name: "to", type: "emails", label: "Addresses", isRequired: true }],
  },
  webhook: {
    label: "Webhook",
    fields: [{ name: "url", type: "url", label: "URL", help: "Gets signed JSON by POST", isRequired: true }],
  },
  slack: {
    label: "Slack",
    fields: [{ ...WEBHOOK_URL, label: "Incoming webhook", help: "https://hooks.slack.com/services/…" }],
  },
  discord: {
    label: "Discord",
    fields: [{ ...WEBHOOK_URL, label: "Webhook URL", help: "https://discord.com/api/webhooks/…" }],
  },
  teams: {
    label: "Microsoft Teams",
    fields: [{ ...WEBHOOK_URL, label: "Workflow URL", help: "Of the workflow that posts to a channel" }],
  },
  telegram: {
    label: "Telegram",
    fields: [
      { name: "bot_token", type: "secret", label: "Bot token", help: "From @BotFather", isRequired: true },
      { name: "chat_id", type: "text", label: "Chat id", isRequired: true },
    ],
  },
  ntfy: {
    label: "ntfy",
    fields: [
      { name: "url", type: "url", label: "Topic URL", help: "https://ntfy.sh/my-topic", isRequired: true },
      { name: "token", type: "secret", label: "Access token", isRequired: false },
    ],
  },
  pagerduty: {
    label: "PagerDuty",
    fields: [
      { name: "routing_key", type: "secret", label: "Integration key", help: "Of Events API v2", isRequired: true },
      { name: "region", type: "choice", label: "Region", isRequired: false, choices: ["us", "eu"] },
    ],
  },
  opsgenie: {
    label: "Opsgenie",
    fields: [
      { name: "api_key", type: "secret", label: "API key", isRequired: true },
      { name: "region", type: "choice", label: "Region", isRequired: false, choices: ["us", "eu"] },
    ],
  },
};
