import type { ApiIssue, ApiPage } from "@mesher/protocol";
import { alignColumns } from "../align-columns.ts";
import { parseNumberOption } from "../arguments.ts";
import { type Arguments, type Command, CommandError, isGiven, optionOf } from "../command.ts";
import { printableJson } from "../printable.ts";
import { fetchAnswer, findServerAccess, listProjects, SERVER_NOTES, type ServerAccess } from "../server-access.ts";
import type { Terminal } from "../terminal.ts";
import { ISSUE_OPTIONS } from "./issue-access.ts";

const LIMIT_DEFAULT = 25;
const LIMIT_MAX = 100;
const TITLE_LENGTH_MAX = 80;

export const PROJECT_OPTION = {
  project: { value: "PROJECT", help: "Slug, number or id. Default: the project default, or the first." },
} as const;

export const listCommand: Command = {
  name: "issues list",
  summary: "Lists a project's issues: those of a search, in an order.",
  options: {
    ...PROJECT_OPTION,
    query: {
      value: "SEARCH",
      help: "Only those it finds: 'is:unresolved assigned:me !browser:Chrome* \"timed out\"'.",
    },
    sort: { value: "ORDER", help: "last_seen, first_seen, events, users or priority. Default: last_seen." },
    status: {
      value: "STATUS",
      help: "unresolved, resolved, archived, discarded or all. Default: unresolved, and all of a search.",
    },
    level: { value: "LEVEL", help: "fatal, error, warning, info or debug. Default: any." },
    limit: { value: "N", help: `At most so many, up to ${LIMIT_MAX}. Default: ${LIMIT_DEFAULT}.` },
    ...ISSUE_OPTIONS,
  },
  notes: SERVER_NOTES,
  run: listIssues,
};

async function listIssues(given: Arguments, terminal: Terminal): Promise<number> {
  const limit = parseNumberOption(given, "limit", { fallback: LIMIT_DEFAULT, min: 1, max: LIMIT_MAX });
  const search = optionOf(given, "query");
  const status = optionOf(given, "status") ?? (search === undefined ? "unresolved" : "all");
  const access = await findServerAccess(given, terminal);
  const project = optionOf(given, "project") ?? (await defaultProject(access));
  const query = new URLSearchParams({ limit: String(Math.floor(limit)), ...(status === "all" ? {} : { status }) });
  for (const name of ["query", "sort", "level"]) {
    const value = optionOf(given, name);
    if (value !== undefined) query.set(name, value);
  }
  const path = `/api/v1/projects/${encodeURIComponent(project)}/issues?${query.toString()}`;
  const page = await fetchAnswer(access, path, isIssues);
  if (isGiven(given, "json")) {
    terminal.print(`${printableJson(page, 2)}\n`);
    return 0;
  }
  if (page.data.length === 0) terminal.print(status === "all" ? "No issues.\n" : `No ${status} issues.\n`);
  else terminal.print(`${formatIssues(page.data)}\n`);
  if (page.has_more) terminal.print("There are more: ask for them with --limit N, or narrow with --query.\n");
  return 0;
}

/** Throws a CommandError when there is none. */
export async function defaultProject(access: ServerAccess): Promise<string> {
  const projects = await listProjects(access);
  const project = projects.find(({ slug }) => slug === "default") ?? projects[0];
  if (project === undefined) throw new CommandError(`The server at ${access.url} has no project yet.`);
  return project.slug;
}

function formatIssues(issues: readonly ApiIssue[]): string {
  const rows = issues.map(({ short_id, status, priority, level, event_count, last_seen, title }) => {
    const line = title.replaceAll(/\s+/g, " ");
    const shown = line.length > TITLE_LENGTH_MAX ? `${line.slice(0, TITLE_LENGTH_MAX - 1)}…` : line;
    return [short_id, status, priority, level, String(event_count), last_seen, shown];
  });
  return alignColumns([["ISSUE", "STATUS", "PRIORITY", "LEVEL", "EVENTS", "LAST SEEN", "TITLE"], ...rows]);
}

function isIssues(value: unknown): value is ApiPage<ApiIssue> {
  const { data } = (value ?? {}) as { data?: unknown };
  return Array.isArray(data) && data.every((issue) => typeof (issue as ApiIssue | null)?.short_id === "string");
}
