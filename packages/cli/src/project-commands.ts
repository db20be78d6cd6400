import type { ApiProjectDetail, ApiProjectSettings } from "@mesher/protocol";
import { type Arguments, type Command, optionOf, UsageError } from "./command.ts";
import { API_OPTIONS, show } from "./people/api-call.ts";
import { printableJson } from "./printable.ts";
import { fetchAnswer, findServerAccess, listProjects, patchFor, postFor, SERVER_NOTES } from "./server-access.ts";
import { formatProjects } from "./status-command.ts";
import type { Terminal } from "./terminal.ts";

const PROJECT_NOTES = `PROJECT is a slug, a former one, a number or an id.\n${SERVER_NOTES}`;

export const projectCommands: readonly Command[] = [
  {
    name: "projects list",
    summary: "Shows the projects with their DSNs.",
    options: API_OPTIONS,
    notes: SERVER_NOTES,
    run: async (given, terminal) => {
      const projects = await listProjects(await findServerAccess(given, terminal));
      return show(given, terminal, projects, () => formatProjects(projects));
    },
  },
  {
    name: "projects create",
    summary: "Makes a project and shows its DSN.",
    positional: "NAME",
    options: {
      ...API_OPTIONS,
      slug: { value: "SLUG", help: "What stands for it in addresses. Default: made of the name." },
      platform: { value: "PLATFORM", help: "As SDKs name it, for example javascript-react." },
    },
    notes: SERVER_NOTES,
    run: async (given, terminal) => {
      const body = { name: demandPositional(given, "NAME"), ...optionsOf(given, "slug", "platform") };
      const access = await findServerAccess(given, terminal);
      const project = await postFor(access, "/api/v1/projects", body, isProject);
      return show(given, terminal, project, () => formatProjects([project]));
    },
  },
  {
    name: "projects rename",
    summary: "Gives a project another name or slug. Its old slug still leads to it.",
    positional: "PROJECT",
    options: {
      ...API_OPTIONS,
      name: { value: "NAME", help: "Its new name." },
      slug: { value: "SLUG", help: "Its new slug." },
    },
    notes: PROJECT_NOTES,
    run: async (given, terminal) => {
      const path = projectPath(given);
      const body = optionsOf(given, "name", "slug");
      if (Object.keys(body).length === 0) throw new UsageError("Give the project a --name NAME or a --slug SLUG.");
      const access = await findServerAccess(given, terminal);
      const project = await patchFor(access, path, body, isProject);
      return show(given, terminal, project, () => formatProjects([project]));
    },
  },
  {
    name: "projects delete",
    summary: "Ends a project for ever, with all its issues and events.",
    positional: "PROJECT",
    options: {
      ...API_OPTIONS,
      confirm: { value: "SLUG", help: "The project's slug once more, so that no slip ends it." },
    },
    notes: PROJECT_NOTES,
    run: async (given, terminal) => {
      const path = projectPath(given);
      const slug = optionOf(given, "confirm");
      if (slug === undefined) throw new UsageError("Nothing was deleted. Confirm it with --confirm SLUG.");
      const answer = await postFor(await findServerAccess(given, terminal), `${path}/delete`, { slug }, isDone);
      return show(given, terminal, answer, () => `The project ${slug} is gone; its data is being removed.`);
    },
  },
  {
    name: "projects settings",
    summary: "Shows a project's settings as JSON, or changes some of them.",
    positional: "PROJECT",
    options: {
      ...API_OPTIONS,
      set: {
        value: "NAME=JSON",
        help: "A change, for example retention_days=30 or 'filters={\"localhost\":true}'.",
        repeatable: true,
      },
    },
    notes: PROJECT_NOTES,
    run: showSettings,
  },
];

async function showSettings(given: Arguments, terminal: Terminal): Promise<number> {
  const path = `${projectPath(given)}/settings`;
  const changes = given.options.get("set") ?? [];
  const body = Object.fromEntries(changes.map(parseChange));
  const access = await findServerAccess(given, terminal);
  const settings =
    changes.length === 0 ? await fetchAnswer(access, path, isSettings) : await patchFor(access, path, body, isSettings);
  terminal.print(`${printableJson(settings, 2)}\n`);
  return 0;
}

function parseChange(change: string): [name: string, value: unknown] {
  const equals = change.indexOf("=");
  try {
    if (equals < 1) throw new SyntaxError("no name");
    return [change.slice(0, equals), JSON.parse(change.slice(equals + 1))];
  } catch {
    throw new UsageError(`--set is "${change}", but must be NAME=JSON, for example sample_rate=0.5.`);
  }
}

export function projectPath(given: Arguments): string {
  return `/api/v1/projects/${encodeURIComponent(demandPositional(given, "PROJECT"))}`;
}

export function demandPositional({ positionals: [first] }: Arguments, name: string): string {
  if (first === undefined) throw new UsageError(`${name} is missing.`);
  return first;
}

function optionsOf(given: Arguments, ...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = optionOf(given, name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function isProject(value: unknown): value is ApiProjectDetail {
  return typeof (value as ApiProjectDetail | null)?.dsn === "string";
}

export function isDone(value: unknown): value is { readonly affected: number } {
  return typeof (value as { affected?: unknown } | null)?.affected === "number";
}

function isSettings(value: unknown): value is ApiProjectSettings {
  return typeof (value as ApiProjectSettings | null)?.retention_days === "number";
}
