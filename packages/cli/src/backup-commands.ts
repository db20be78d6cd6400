import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Arguments, type Command, optionOf, UsageError } from "./command.ts";
import type { Terminal } from "./terminal.ts";

/** A program of the server: it knows the files, and the database in them. */
const PROGRAM = fileURLToPath(new URL("../../server/src/backup-main.ts", import.meta.url));

const OPTIONS = {
  "data-dir": { value: "DIR", help: "The data directory. Default: MESHER_DATA_DIR, or ./data." },
} as const;

const backupCommand: Command = {
  name: "backup",
  summary: "Copies the data directory with its embedded database, while the server runs.",
  positional: "BACKUP_DIR",
  options: OPTIONS,
  notes: `BACKUP_DIR is made, on this machine, and holds everything that was accepted before the backup began.
A PostgreSQL of your own is backed up with pg_dump, beside a copy of each node's journal: "Backup" in docs/operating.md has the commands.`,
  run: (given, terminal) =>
    runProgram(["backup", dataDirOf(given, terminal), backupDirOf(given, terminal, "backup")], terminal),
};

const restoreCommand: Command = {
  name: "restore",
  summary: "Puts a backup into an empty data directory, on which the server can then be started.",
  positional: "BACKUP_DIR",
  options: OPTIONS,
  notes: `BACKUP_DIR is one that "mesher backup" has made, with the embedded database of the same PostgreSQL version.
A dump of a PostgreSQL of your own is restored with pg_restore: "Backup" in docs/operating.md has the commands.`,
  run: (given, terminal) =>
    runProgram(["restore", backupDirOf(given, terminal, "restore"), dataDirOf(given, terminal)], terminal),
};

export const backupCommands: readonly Command[] = [backupCommand, restoreCommand];

function dataDirOf(given: Arguments, { env, cwd }: Terminal): string {
  return resolve(cwd, optionOf(given, "data-dir") ?? (env.MESHER_DATA_DIR || "data"));
}

function backupDirOf({ positionals: [dir] }: Arguments, { cwd }: Terminal, name: string): string {
  // An empty one would be the folder one stands in.
  if (dir === undefined || dir === "")
    throw new UsageError(`The directory of the backup is missing. See: mesher ${name} --help`);
  return resolve(cwd, dir);
}

async function runProgram(args: readonly string[], terminal: Terminal): Promise<number> {
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  // It ends in order; so do we, after it.
  terminal.catchInterrupt().addEventListener("abort", () => child.kill("SIGINT"));
  child.stdout.setEncoding("utf8").on("data", terminal.print);
  child.stderr.setEncoding("utf8").on("data", terminal.printError);
  const [code] = (await once(child, "close")) as [number | null];
  return code ?? 1;
}
