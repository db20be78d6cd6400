/** `mesher destinations …`: where alerts can go. */
import { setTimeout as sleep } from "node:timers/promises";
import {
  type ApiDeliveryDetail,
  type ApiDestination,
  type ApiNewDestination,
  DESTINATION_FIELDS,
  DESTINATION_KINDS,
  type DestinationKind,
} from "@mesher/protocol";
import { alignColumns } from "../align-columns.ts";
import { type Arguments, type Command, CommandError, isGiven, optionOf, UsageError } from "../command.ts";
import { API_NOTES, API_OPTIONS, type Api, openApi, positionalOf, show } from "../people/api-call.ts";
import { readSecret } from "../read-secret.ts";
import type { Terminal } from "../terminal.ts";

/** How long `destinations test` waits for the message to arrive, or to be refused. */
const TEST_LOOKS_MAX = 60;
const TEST_LOOK_MS = 500;

const NAMED_NOTES = `DESTINATION is a name or an id. ${API_NOTES}`;

const list: Command = {
  name: "destinations list",
  summary: "Shows where alerts can go.",
  options: API_OPTIONS,
  notes: API_NOTES,
  run: async (given, terminal) => {
    const { data } = await destinationsOf(await openApi(given, terminal));
    return show(given, terminal, data, () => (data.length === 0 ? "No destinations." : formatDestinations(data)));
  },
};

const create: Command = {
  name: "destinations create",
  summary: "Makes a destination. The key that a webhook's messages are signed with is shown once.",
  positional: "NAME",
  options: {
    kind: { value: "KIND", help: `One of ${DESTINATION_KINDS.join(", ")}. Needed.` },
    set: {
      value: "FIELD=VALUE",
      help: "What it is made of. The value - is asked for, or the first line of standard input: for what is secret.",
      repeatable: true,
    },
    off: { help: "Makes it switched off." },
    ...API_OPTIONS,
  },
  examples: [
    "mesher destinations create ops --kind email --set to=ops@example.com --set to=dev@example.com",
    "mesher destinations create chat --kind slack --set webhook_url=- < slack-webhook-url",
    "mesher destinations create hook --kind webhook --set url=https://example.com/alerts",
  ],
  notes: `Fields of each kind, with what need not be given in brackets:\n${fieldsOfKinds()}\n\n${API_NOTES}`,
  run: async (given, terminal) => {
    const name = positionalOf(given, "NAME");
    const kind = kindOf(given);
    const config = await configOf(kind, given, terminal);
    const api = await openApi(given, terminal);
    const body = { kind, name, is_enabled: !isGiven(given, "off"), config };
    const made = await api.call<ApiNewDestination>("POST", `${organizationPath(api)}/destinations`, body);
    const secret = made.signing_secret === null ? "" : `\n\nIts messages are signed with ${made.signing_secret}`;
    return show(given, terminal, made, () => `${formatDestinations([made])}${secret}`);
  },
};

const test: Command = {
  name: "destinations test",
  summary: "Sends a test message, and waits for how it goes.",
  positional: "DESTINATION",
  options: API_OPTIONS,
  notes: `The exit code is 1 when the message did not arrive. ${NAMED_NOTES}`,
  run: async (given, terminal) => {
    const named = positionalOf(given, "DESTINATION");
    const api = await openApi(given, terminal);
    const destination = await findDestination(api, named);
    const path = `${organizationPath(api)}/destinations/${destination.id}/test`;
    const { delivery_id: id } = await api.call<{ delivery_id: string }>("POST", path);
    const delivery = await waitForEnd(api, id);
    show(given, terminal, delivery, () => sentenceOf(delivery));
    return delivery.status === "sent" ? 0 : 1;
  },
};

const remove: Command = {
  name: "destinations delete",
  summary: "Deletes a destination. It cannot be undone.",
  positional: "DESTINATION",
  options: { yes: { help: "Needed: nobody deletes by a slip." }, ...API_OPTIONS },
  notes: NAMED_NOTES,
  run: async (given, terminal) => {
    if (!isGiven(given, "yes"))
      throw new UsageError("mesher destinations delete cannot be undone. Say --yes if you mean it.");
    const named = positionalOf(given, "DESTINATION");
    const api = await openApi(given, terminal);
    const { id, name } = await findDestination(api, named);
    const answer = await api.call("POST", `${organizationPath(api)}/destinations/${id}/delete`);
    return show(given, terminal, answer, () => `${name} is deleted.`);
  },
};

export const DESTINATIONS_COMMANDS: readonly Command[] = [
  list,
  create,
  test,
  switchCommand("enable", true, "Switches a destination on."),
  switchCommand("disable", false, "Mutes a destination: alerts pass it by."),
  remove,
];

function switchCommand(verb: "enable" | "disable", isEnabled: boolean, summary: string): Command {
  return {
    name: `destinations ${verb}`,
    summary,
    positional: "DESTINATION",
    options: API_OPTIONS,
    notes: NAMED_NOTES,
    run: async (given, terminal) => {
      const named = positionalOf(given, "DESTINATION");
      const api = await openApi(given, terminal);
      const { id, name } = await findDestination(api, named);
      const body = { is_enabled: isEnabled };
      const answer = await api.call("PATCH", `${organizationPath(api)}/destinations/${id}`, body);
      return show(given, terminal, answer, () => `${name} is ${isEnabled ? "on" : "off"}.`);
    },
  };
}

function kindOf(given: Arguments): DestinationKind {
  const text = optionOf(given, "kind");
  const kind = DESTINATION_KINDS.find((each) => each === text);
  if (kind !== undefined) return kind;
  const what = text === undefined ? "--kind is missing" : `--kind is "${text}"`;
  throw new UsageError(`${what}, but must be one of ${DESTINATION_KINDS.join(", ")}.`);
}

/** Values by field, in lists where the kind has one. */
async function configOf(kind: DestinationKind, given: Arguments, terminal: Terminal): Promise<object> {
  const config: Record<string, string | string[]> = {};
  if ((given.options.get("set") ?? []).filter((text) => /^[^=]+=-$/.test(text)).length > 1)
    throw new UsageError("Only one --set can be read from standard input.");
  for (const text of given.options.get("set") ?? []) {
    const equals = text.indexOf("=");
    if (equals < 1) throw new UsageError(`--set is "${text}", but must be FIELD=VALUE.`);
    const field = text.slice(0, equals);
    const entered = text.slice(equals + 1);
    const value = entered === "-" ? await readSecret(terminal, field) : entered;
    const isList = DESTINATION_FIELDS[kind].fields.some(({ name, type }) => name === field && type === "emails");
    const before = config[field];
    if (isList) config[field] = [...(Array.isArray(before) ? before : []), value];
    else if (before === undefined) config[field] = value;
    else throw new UsageError(`The field ${field} may be given only once.`);
  }
  return config;
}

function fieldsOfKinds(): string {
  const rows = DESTINATION_KINDS.map((kind) => [
    `  ${kind}`,
    DESTINATION_FIELDS[kind].fields.map(({ name, isRequired }) => (isRequired ? name : `[${name}]`)).join(", "),
  ]);
  return alignColumns(rows);
}

export const organizationPath = ({ organization }: Api) => `/api/v1/orgs/${organization.id}`;

const destinationsOf = (api: Api) =>
  api.call<{ readonly data: readonly ApiDestination[] }>("GET", `${organizationPath(api)}/destinations`);

/** By name or id. Throws a CommandError when there is none, or more than one. */
export async function findDestination(api: Api, given: string): Promise<ApiDestination> {
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

function formatDestinations(destinations: readonly ApiDestination[]): string {
  const rows = destinations.map((each) => [each.name, each.kind, stateOf(each), each.id]);
  return alignColumns([["NAME", "KIND", "STATE", "ID"], ...rows]);
}

function stateOf({ is_enabled, obstacle, paused_until }: ApiDestination): string {
  if (!is_enabled) return "off";
  if (obstacle !== null) return "cannot be reached";
  return paused_until === null ? "on" : `paused until ${paused_until}`;
}
