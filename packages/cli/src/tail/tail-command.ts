import { LEVELS, parseSearch, SearchQueryError, type StreamMessage } from "@mesher/protocol";
import { type Arguments, type Command, CommandError, isGiven, optionOf, UsageError } from "../command.ts";
import { printable, printableJson } from "../printable.ts";
import { findServerAccess, listProjects, SERVER_NOTES, SERVER_OPTIONS, type ServerAccess } from "../server-access.ts";
import type { Terminal } from "../terminal.ts";
import { followStream } from "./follow-stream.ts";
import { formatMessage } from "./format-message.ts";
import { IssueNames } from "./issue-names.ts";

export const tailCommand: Command = {
  name: "tail",
  summary: "Shows what happens in a project, as it happens, until Ctrl-C.",
  options: {
    ...SERVER_OPTIONS,
    project: { value: "PROJECT", help: "Its id, slug or number. Default: the project default, or the first." },
    level: { value: "LEVEL", help: `Only events of this level: ${LEVELS.join(", ")}.`, repeatable: true },
    environment: { value: "NAME", help: "Only events of this environment.", repeatable: true },
    release: { value: "NAME", help: "Only events of this release.", repeatable: true },
    query: {
      value: "SEARCH",
      help: "Only events that match the search: 'browser:Chrome* !release:1.0 \"timed out\"'.",
    },
    json: { help: "Prints each message of the stream as a line of JSON, with the ids of issues." },
  },
  notes: `${SERVER_NOTES}\nA connection that breaks is made again, and what was missed is shown if the server still has it.`,
  run: tail,
};

const FILTERS = ["level", "environment", "release", "query"] as const;

async function tail(given: Arguments, terminal: Terminal): Promise<number> {
  const query = filtersOf(given);
  const access = await findServerAccess(given, terminal);
  const project = optionOf(given, "project") ?? (await findDefaultProject(access));
  const path = `/api/v1/projects/${encodeURIComponent(project)}/stream?${query.toString()}`;

  const signal = terminal.catchInterrupt();
  const names = new IssueNames({ ...access, signal });
  const nameOf = (issueId: string) => names.nameOf(issueId);
  const onBreak = (reason: string) =>
    terminal.printError(`The connection broke: ${printable(reason)}. Connecting again…\n`);
  for await (const message of followStream({ access, path, signal, onBreak })) {
    tellWhatIsMissing(message, terminal);
    const shown = isGiven(given, "json")
      ? printableJson(message)
      : await formatMessage(message, { now: new Date(), nameOf });
    if (shown !== undefined) terminal.print(`${shown}\n`);
  }
  return 0;
}

function filtersOf(given: Arguments): URLSearchParams {
  const strange = given.options.get("level")?.find((level) => !LEVELS.some((known) => known === level));
  if (strange !== undefined) throw new UsageError(`--level is "${strange}", but must be one of ${LEVELS.join(", ")}.`);
  try {
    parseSearch(optionOf(given, "query") ?? "", "event");
  } catch (error) {
    if (!(error instanceof SearchQueryError)) throw error;
    throw new UsageError(`--query cannot be understood: ${error.message}.`);
  }
  return new URLSearchParams(
    FILTERS.flatMap((name) => (given.options.get(name) ?? []).map((value): [string, string] => [name, value])),
  );
}

async function findDefaultProject(access: ServerAccess): Promise<string> {
  const projects = await listProjects(access);
  const project = projects.find(({ slug }) => slug === "default") ?? projects[0];
  if (project === undefined) throw new CommandError(`The server at ${access.url} has no project yet.`);
  return project.id;
}

function tellWhatIsMissing(message: StreamMessage, terminal: Terminal): void {
  if (message.type === "subscribed" && message.start === "gap")
    terminal.printError("What happened in between is no longer known to the stream; the pages have it.\n");
  if (message.type === "gap")
    terminal.printError(
      "A node was lost, or is back: what happened meanwhile may be missing here; the pages have it.\n",
    );
  if (message.type === "dropped")
    terminal.printError(`${message.count} messages came faster than they could be shown.\n`);
}
