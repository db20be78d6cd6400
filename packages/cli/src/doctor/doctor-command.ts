import type { ApiStorage } from "@mesher/protocol";
import { isCluster } from "../cluster-status-command.ts";
import { type Arguments, type Command, CommandError, isGiven } from "../command.ts";
import { isJobs } from "../jobs-command.ts";
import { printableJson, printableLines } from "../printable.ts";
import {
  fetchAnswer,
  fetchFrom,
  findServerAccess,
  listProjects,
  SERVER_NOTES,
  SERVER_OPTIONS,
  type ServerAccess,
} from "../server-access.ts";
import { toReadiness } from "../status-command.ts";
import type { Terminal } from "../terminal.ts";
import {
  exitCodeOf,
  type Finding,
  judgeClock,
  judgeCluster,
  judgeDisk,
  judgeJobs,
  judgeProjects,
  judgeReadiness,
} from "./findings.ts";

export const doctorCommand: Command = {
  name: "doctor",
  summary: "Looks at all that can be wrong with a server, and says what to do about it.",
  options: { ...SERVER_OPTIONS, json: { help: "For programs: a list of findings." } },
  notes: `${SERVER_NOTES}\nThe exit code is 1 when something is bad, or the server cannot be reached.`,
  run: examine,
};

async function examine(given: Arguments, terminal: Terminal): Promise<number> {
  const access = await findServerAccess(given, terminal);
  const findings = await findAll(access);
  if (isGiven(given, "json")) terminal.print(`${printableJson(findings, 2)}\n`);
  else terminal.print(`${access.url}\n\n${printableLines(findings.map(formatFinding).join("\n"))}\n`);
  return exitCodeOf(findings);
}

async function findAll(access: ServerAccess): Promise<readonly Finding[]> {
  const sentMs = Date.now();
  const response = await fetchFrom(access, "/readyz");
  const answeredMs = Date.now();
  const readiness = toReadiness(await response.json().catch(() => undefined));
  if (readiness === undefined) {
    throw new CommandError(`${access.url} answered ${response.status}, but not as a Mesher server does.`);
  }
  const serverMs = Date.parse(response.headers.get("date") ?? "");
  const others = await Promise.all([
    look("DSN", async () => [judgeProjects(await listProjects(access))]),
    look("jobs", async () => [judgeJobs((await fetchAnswer(access, "/api/v1/jobs", isJobs)).data, serverMs)]),
    look("disk", async () => [judgeDisk(await fetchAnswer(access, "/api/v1/storage", isStorage))]),
    look("cluster", async () => judgeCluster(await fetchAnswer(access, "/api/v1/cluster", isCluster))),
  ]);
  return [...judgeReadiness(readiness), judgeClock(serverMs, sentMs, answeredMs), ...others.flat()];
}

/** What one look finds. That it may not look, or gets no answer, is a finding too and hides no other. */
async function look(subject: string, examineIt: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await examineIt();
  } catch (error) {
    if (error instanceof CommandError) return [{ verdict: "unknown", subject, says: error.message }];
    throw error;
  }
}

const MARKS = { good: "ok     ", warning: "warning", bad: "BAD    ", unknown: "unknown" } as const;

function formatFinding({ verdict, subject, says, remedy }: Finding): string {
  const line = `${MARKS[verdict]}  ${subject.padEnd(10)}${says}`;
  return remedy === undefined ? line : `${line}\n${" ".repeat(MARKS.good.length + 2 + 10)}${remedy}`;
}

function isStorage(value: unknown): value is ApiStorage {
  const { disk } = (value ?? {}) as { disk?: { free_bytes?: unknown; total_bytes?: unknown } | null };
  return typeof disk?.free_bytes === "number" && typeof disk.total_bytes === "number";
}
