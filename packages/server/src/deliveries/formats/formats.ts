import type { DestinationKind } from "@mesher/protocol";
import { formatDiscord } from "./discord.ts";
import type { Format } from "./format.ts";
import { formatNtfy } from "./ntfy.ts";
import { formatOpsgenie } from "./opsgenie.ts";
import { formatPagerduty } from "./pagerduty.ts";
import { formatSlack } from "./slack.ts";
import { formatTeams } from "./teams.ts";
import { formatTelegram } from "./telegram.ts";
import { formatWebhook } from "./webhook.ts";

/** Every kind that travels by HTTP. */
export const FORMATS: Readonly<Record<Exclude<DestinationKind, "email">, Format>> = {
  webhook: formatWebhook,
  slack: formatSlack,
  discord: formatDiscord,
  teams: formatTeams,
  telegram: formatTelegram,
  ntfy: formatNtfy,
  pagerduty: formatPagerduty,
  opsgenie: formatOpsgenie,
};
