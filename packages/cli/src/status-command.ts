import type { ApiProject } from "@mesher/protocol";
import { alignColumns } from "./align-columns.ts";
import { type Arguments, type Command, CommandError, isGiven } from "./command.ts";
import { formatBytes } from "./format-bytes.ts";
import { printableJson } from "./printable.ts";
import {
  fetchFrom,
  findServerAccess,
  listProjects,
  SERVER_NOTES,
  SERVER_OPTIONS,
  type ServerAccess,
} from "./server-access.ts";
import type { Terminal } from "./terminal.ts";

export const statusCommand: Command = {
  name: "status",
  summary: "Shows whether the server can accept events, and its projects with their DSNs.",
  options: { ...SERVER_OPTIONS, json: { help: "Print it as JSON, for programs." } },
  notes: `${SERVER_NOTES}\nThe exit code is 1 when the server is not ready or cannot be reached.`,
  run: showStatus,
};

async function showStatus(given: Arguments, terminal: Terminal): Promise<number> {
  const access = await findServerAccess(given, terminal);
  const response = await fetchFrom(access, "/readyz");
  const readiness = toReadiness(await response.json().catch(() => undefined));
  if (readiness === undefined) {
    throw new CommandError(`${access.url} answered ${response.status}, but not as a Mesher server does.`);
  }
  if (isGiven(given, "json")) await printForPrograms(access, readiness, terminal);
  else {
    terminal.print(`${formatReadiness(access.url, readiness)}\n\n`);
    terminal.print(`${formatProjects(await listProjects(access))}\n`);
  }
  return readiness.ready ? 0 : 1;
}

/** Without its database a server cannot list projects: what it does say is wanted then most of all. */
async function printForPrograms(access: ServerAccess, readiness: Readiness, terminal: Terminal): Promise<void> {
  let projects: readonly ApiProject[] | null = null;
  try {
    projects = await listProjects(access);
  } finally {
    terminal.print(`${printableJson({ url: access.url, ...readiness, projects }, 2)}\n`);
  }
}

/** What `/readyz` says. */
export interface Readiness {
  readonly ready: boolean;
  readonly database: string;
  readonly journal: { readonly waiting: number; readonly bytes: number; readonly bytes_max: number };
}

export function formatReadiness(url: string, { ready, database, journal }: Readiness): string {
  const share = journal.bytes_max === 0 ? 0 : (journal.bytes / journal.bytes_max) * 100;
  return alignColumns([
    ["Server", url],
    ["Ready", ready ? "yes" : "no: it does not accept events"],
    ["Database", database],
    [
      "Journal",
      `${journal.waiting} waiting, ${formatBytes(journal.bytes)} of ${formatBytes(journal.bytes_max)} (${share.toFixed(1)} %)`,
    ],
  ]);
}

export function formatProjects(projects: readonly ApiProject[]): string {
  const rows = projects.map(({ slug, name, platform, dsn }) => [slug, name, platform ?? "-", dsn]);
  return alignColumns([["PROJECT", "NAME", "PLATFORM", "DSN"], ...rows]);
}

export function toReadiness(value: unknown): Readiness | undefined {
  const { ready, database, journal } = (value ?? {}) as { [Key in keyof Readiness]?: unknown };
  if (typeof ready !== "boolean" || typeof journal !== "object" || journal === null) return undefined;
  const { waiting, bytes, bytes_max } = journal as Record<string, unknown>;
  if (typeof waiting !== "number" || typeof bytes !== "number" || typeof bytes_max !== "number") return undefined;
  const shown = typeof database === "string" ? database : JSON.stringify(database ?? null);
  return { ready, database: shown, journal: { waiting, bytes, bytes_max } };
}
