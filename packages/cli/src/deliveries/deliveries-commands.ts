/** `mesher deliveries …`: what was sent, and how it went. */
import type { ApiDelivery, ApiPage } from "@mesher/protocol";
import { alignColumns } from "../align-columns.ts";
import { type Command, optionOf } from "../command.ts";
import { API_NOTES, API_OPTIONS, openApi, positionalOf, show } from "../people/api-call.ts";
import { DESTINATIONS_COMMANDS, findDestination, organizationPath } from "./destinations-commands.ts";

const listDeliveries: Command = {
  name: "deliveries list",
  summary: "Shows the latest deliveries, newest first.",
  options: {
    ...API_OPTIONS,
    status: { value: "STATUS", help: "Only waiting, sending, sent, dead or cancelled ones." },
    destination: { value: "DESTINATION", help: "Only those to this one: its name or id." },
    limit: { value: "N", help: "How many, 1 to 100. Default: 25." },
  },
  notes: API_NOTES,
  run: async (given, terminal) => {
    const api = await openApi(given, terminal);
    const destination = optionOf(given, "destination");
    const query = new URLSearchParams({ limit: optionOf(given, "limit") ?? "25" });
    const status = optionOf(given, "status");
    if (status !== undefined) query.set("status", status);
    if (destination !== undefined) query.set("destination", (await findDestination(api, destination)).id);
    const { data } = await api.call<ApiPage<ApiDelivery>>(
      "GET",
      `${organizationPath(api)}/deliveries?${query.toString()}`,
    );
    const rows = data.map((each) => [
      each.created_at,
      each.status,
      each.receiver,
      String(each.attempts),
      each.title,
      each.id,
    ]);
    return show(given, terminal, data, () =>
      alignColumns([["CREATED", "STATUS", "TO", "ATTEMPTS", "TITLE", "ID"], ...rows]),
    );
  },
};

const resendDelivery: Command = {
  name: "deliveries resend",
  summary: "Sends a delivery once more that is over.",
  positional: "DELIVERY",
  options: API_OPTIONS,
  notes: API_NOTES,
  run: async (given, terminal) => {
    const id = positionalOf(given, "DELIVERY");
    const api = await openApi(given, terminal);
    const path = `${organizationPath(api)}/deliveries/${encodeURIComponent(id)}/resend`;
    const answer = await api.call("POST", path);
    return show(given, terminal, answer, () => `${id} is on its way again.`);
  },
};

export const DELIVERIES_COMMANDS: readonly Command[] = [...DESTINATIONS_COMMANDS, listDeliveries, resendDelivery];
