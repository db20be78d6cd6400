import { setTimeout as sleep } from "node:timers/promises";
import type { ApiDelivery, ApiDeliveryDetail, ApiDestination, ApiPage } from "@mesher/protocol";
import { alignColumns } from "../align-columns.ts";
import { type Command, CommandError, optionOf } from "../command.ts";
import { API_NOTES, API_OPTIONS, type Api, openApi, positionalOf, show } from "../people/api-call.ts";

/** How long `destinations test` waits for the message to arrive, or to be refused. */
const TEST_LOOKS_MAX = 60;
const TEST_LOOK_MS = 500;

const listDestinations: Command = {
  name: "destinations list",
  summary: "Shows where alerts can go.",
  options: API_OPTIONS,
  notes: API_NOTES,
  run: async (given, terminal) => {
    const api = await openApi(given, terminal);
    const { data } = await destinationsOf(api);
    const rows = data.map((each) => [each.name, each.kind, stateOf(each), each.id]);
    return show(given, terminal, data, () => alignColumns([["NAME", "KIND", "STATE", "ID"], ...rows]));
  },
};

const testDestination: Command = {
  name: "destinations test",
  summary: "Sends a test message, and waits for how it goes.",
  positional: "DESTINATION",
  options: API_OPTIONS,
  notes: `DESTINATION is a name or an id. The exit code is 1 when the message did not arrive.\n${API_NOTES}`,
  run: async (given, terminal) => {
    const api = await openApi(given, terminal);
    const destination = await findDestination(api, positionalOf(given, "DESTINATION"));
    const path = `${organizationPath(api)}/destinations/${destination.id}/test`;
    const { delivery_id: id } = await api.call<{ delivery_id: string }>("POST", path);
    const delivery = await waitForEnd(api, id);
    show(given, terminal, delivery, () => sentenceOf(delivery));
    return delivery.status === "sent" ? 0 : 1;
  },
};

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
    const api = await openApi(given, terminal);
    const id = positionalOf(given, "DELIVERY");
    const path = `${organizationPath(api)}/deliveries/${encodeURIComponent(id)}/resend`;
    const answer = await api.call("POST", path);
    return show(given, terminal, answer, () => `${id} is on its way again.`);
  },
};

export const DELIVERIES_COMMANDS: readonly Command[] = [
  listDestinations,
  testDestination,
  listDeliveries,
  resendDelivery,
];

const organizationPath = ({ organization }: Api) => `/api/v1/orgs/${organization.id}`;

const destinationsOf = (api: Api) =>
  api.call<{ readonly data: readonly ApiDestination[] }>("GET", `${organizationPath(api)}/destinations`);

async function findDestination(api: Api, given: string): Promise<ApiDestination> {
  const { data } = await destinationsOf(api);
  const found = data.filter(({ id, name }) => id === given || name === given);
  const [only, another] = found;
  if (only === undefined) throw new CommandError(`There is no destination ${given}.`);
  if (another !== undefined) throw new CommandError(`Several destinations are called ${given}: give an id.`);
  return only;
}

async function waitForEnd(api: Api, id: string): Promise<ApiDeliveryDetail> {
  for (let looks = 1; ; looks += 1) {
    const delivery = await api.call<ApiDeliveryDetail>("GET", `${organizationPath(api)}/deliveries/${id}`);
    const isOver = !["waiting", "sending"].includes(delivery.status) || delivery.error !== null;
    if (isOver || looks >= TEST_LOOKS_MAX) return delivery;
    await sleep(TEST_LOOK_MS);
  }
}

function sentenceOf({ status, receiver, error, due_at }: ApiDeliveryDetail): string {
  if (status === "sent") return `The message has arrived at ${receiver}.`;
  const next = due_at === null ? "" : ` It is tried again at ${due_at}.`;
  return `The message has not arrived at ${receiver}: ${error ?? "it still waits"}.${next}`;
}

function stateOf({ is_enabled, obstacle, paused_until }: ApiDestination): string {
  if (!is_enabled) return "off";
  if (obstacle !== null) return "cannot be reached";
  return paused_until === null ? "on" : `paused until ${paused_until}`;
}
