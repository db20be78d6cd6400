/** `mesher alerts …`: what rules have fired. */
import { ALERT_STATUSES, type ApiAffected, type ApiAlert } from "@mesher/protocol";
import { alignColumns } from "../align-columns.ts";
import { type Arguments, type Command, isGiven, optionOf, UsageError } from "../command.ts";
import { JSON_OPTION } from "../issues/issue-access.ts";
import { defaultProject, PROJECT_OPTION } from "../issues/list-issues.ts";
import { show } from "../people/api-call.ts";
import { printableJson } from "../printable.ts";
import { fetchAnswer, findServerAccess, postFor, SERVER_NOTES, SERVER_OPTIONS } from "../server-access.ts";
import type { Terminal } from "../terminal.ts";
import { RULE_COMMANDS } from "./rule-commands.ts";

/** Alerts of one command line. */
const ALERTS_MAX = 100;
const MESSAGE_LENGTH_MAX = 80;

const OPTIONS = { json: JSON_OPTION, ...SERVER_OPTIONS } as const;

const listCommand: Command = {
  name: "alerts list",
  summary: "Lists the newest alerts of a project.",
  options: {
    ...PROJECT_OPTION,
    status: { value: "STATUS", help: `${ALERT_STATUSES.join(", ")} or all. Default: all.` },
    ...OPTIONS,
  },
  notes: SERVER_NOTES,
  run: listAlerts,
};

async function listAlerts(given: Arguments, terminal: Terminal): Promise<number> {
  const status = optionOf(given, "status") ?? "all";
  const access = await findServerAccess(given, terminal);
  const project = optionOf(given, "project") ?? (await defaultProject(access));
  const query = status === "all" ? "" : `?status=${encodeURIComponent(status)}`;
  const path = `/api/v1/projects/${encodeURIComponent(project)}/alerts${query}`;
  const alerts = await fetchAnswer(access, path, isListOf<ApiAlert>("triggered_at"));
  if (isGiven(given, "json")) terminal.print(`${printableJson(alerts, 2)}\n`);
  else if (alerts.length === 0) terminal.print("No alerts.\n");
  else terminal.print(`${formatAlerts(alerts)}\n`);
  return 0;
}

function formatAlerts(alerts: readonly ApiAlert[]): string {
  const rows = alerts.map(({ id, status, silenced, triggered_at, issue, rule_name, message }) => [
    id,
    silenced ? `${status}, silent` : status,
    triggered_at,
    rule_name,
    issue?.short_id ?? "-",
    message.length > MESSAGE_LENGTH_MAX ? `${message.slice(0, MESSAGE_LENGTH_MAX - 1)}…` : message,
  ]);
  return alignColumns([["ALERT", "STATUS", "FIRED", "RULE", "ISSUE", "MESSAGE"], ...rows]);
}

function changeCommand(name: "ack" | "resolve", summary: string, done: string): Command {
  const action = name === "ack" ? "acknowledge" : "resolve";
  return {
    name: `alerts ${name}`,
    summary,
    positional: "ALERT...",
    positionalsMax: ALERTS_MAX,
    options: { ...SERVER_OPTIONS, json: { help: "Prints the server's answer to each, one a line, for programs." } },
    notes: SERVER_NOTES,
    run: async (given, terminal) => {
      if (given.positionals.length === 0) throw new UsageError(`mesher alerts ${name} needs the id of an alert.`);
      const access = await findServerAccess(given, terminal);
      for (const id of given.positionals) {
        // Each is told of by itself: the server may refuse the next one.
        const answer = await postFor(access, `/api/v1/alerts/${encodeURIComponent(id)}/${action}`, {}, isAffected);
        show(given, terminal, { id, ...answer }, () => `${id} is ${done}.`);
      }
      return 0;
    },
  };
}

/** A list of objects that have this field. */
function isListOf<Row>(field: keyof Row & string) {
  return (value: unknown): value is readonly Row[] =>
    Array.isArray(value) && value.every((each) => typeof each === "object" && each !== null && field in each);
}

function isAffected(value: unknown): value is ApiAffected {
  return typeof (value as ApiAffected | null)?.affected === "number";
}

export const alertCommands = [
  listCommand,
  changeCommand("ack", "Acknowledges alerts: somebody looks after them.", "acknowledged"),
  changeCommand("resolve", "Resolves alerts.", "resolved"),
  ...RULE_COMMANDS,
];
