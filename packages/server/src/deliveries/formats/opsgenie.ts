import { clipped } from "../../runtime/clipped.ts";
import { titleOf } from "../alert-notice.ts";
import { type Format, factsOf, incidentKeyOf, jsonRequest, linkOf, severityOf, valueOf } from "./format.ts";
import { regionOf } from "./pagerduty.ts";

/** As https://docs.opsgenie.com/docs/alert-api has it. */
const MESSAGE_LENGTH_MAX = 130;
const DESCRIPTION_LENGTH_MAX = 15_000;
const HOSTS: Readonly<Record<string, string>> = { us: "api.opsgenie.com", eu: "api.eu.opsgenie.com" };

/** An alert is made, and closed by its alias. */
export const formatOpsgenie: Format = (input) => {
  const { notice, destination } = input;
  const alerts = `https://${HOSTS[regionOf(input)] ?? HOSTS["us"]}/v2/alerts`;
  const headers = { authorization: `GenieKey ${valueOf(destination, "api_key")}` };
  const alias = incidentKeyOf(notice);
  if (notice.kind === "resolved") {
    const url = `${alerts}/${encodeURIComponent(alias)}/close?identifierType=alias`;
    return jsonRequest(url, { source: "Mesher", note: clipped(notice.message, DESCRIPTION_LENGTH_MAX) }, headers);
  }
  const body = {
    message: clipped(titleOf(notice), MESSAGE_LENGTH_MAX),
    alias,
    description: clipped(`${notice.message}\n\n${linkOf(input)}`, DESCRIPTION_LENGTH_MAX),
    source: "Mesher",
    entity: notice.projectName,
    priority: PRIORITIES[severityOf(notice)],
    details: Object.fromEntries(factsOf(notice).map(({ name, value }) => [name, value])),
  };
  return jsonRequest(alerts, body, headers);
};

const PRIORITIES = { critical: "P1", error: "P2", warning: "P3", info: "P5" } as const;
