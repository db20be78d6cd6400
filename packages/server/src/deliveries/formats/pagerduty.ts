import { clipped } from "../../runtime/clipped.ts";
import { titleOf } from "../alert-notice.ts";
import { type Format, factsOf, incidentKeyOf, jsonRequest, linkOf, severityOf, valueOf } from "./format.ts";

/** As https://developer.pagerduty.com/docs/send-alert-event has it. */
const SUMMARY_LENGTH_MAX = 1_024;
const HOSTS: Readonly<Record<string, string>> = { us: "events.pagerduty.com", eu: "events.eu.pagerduty.com" };

/** Events API v2. What was triggered is resolved by the same key. */
export const formatPagerduty: Format = (input) => {
  const { notice, destination } = input;
  const common = { routing_key: valueOf(destination, "routing_key"), dedup_key: incidentKeyOf(notice) };
  const url = `https://${HOSTS[regionOf(input)] ?? HOSTS["us"]}/v2/enqueue`;
  if (notice.kind === "resolved") return jsonRequest(url, { ...common, event_action: "resolve" });
  const link = linkOf(input);
  return jsonRequest(url, {
    ...common,
    event_action: "trigger",
    client: "Mesher",
    client_url: link,
    links: [{ href: link, text: "Open in Mesher" }],
    payload: {
      summary: clipped(titleOf(notice), SUMMARY_LENGTH_MAX),
      source: notice.projectName,
      severity: severityOf(notice),
      timestamp: new Date(notice.triggeredAtMs).toISOString(),
      ...(notice.issue !== undefined && { component: notice.issue.culprit }),
      custom_details: {
        message: notice.message,
        ...Object.fromEntries(factsOf(notice).map(({ name, value }) => [name, value])),
      },
    },
  });
};

export function regionOf({ destination }: Parameters<Format>[0]): string {
  const { region } = destination.config;
  return typeof region === "string" ? region : "us";
}
