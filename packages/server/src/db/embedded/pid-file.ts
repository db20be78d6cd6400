import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** What PostgreSQL's `postmaster.pid` says. */
export interface PidFileEntry {
  readonly pid: number;
  readonly socketDir: string;
}

const SOCKET_DIR_LINE = 4;

/** Undefined when no postmaster runs, or it has only just begun to start. */
export function readPidFile(clusterDir: string): PidFileEntry | undefined {
  let text: string;
  try {
    text = readFileSync(pidFile(clusterDir), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const lines = text.split("\n");
  const pid = Number(lines[0]);
  const socketDir = lines[SOCKET_DIR_LINE]?.trim();
  return Number.isInteger(pid) && pid > 0 && socketDir ? { pid, socketDir } : undefined;
}

/** Whether the living process `pid` is the postmaster of these files. A zombie is not, having no command line. */
export function isPostmasterOf(pid: number, clusterDir: string): boolean {
  const args = process.platform === "linux" ? readProcArgs(pid) : readPsArgs(pid);
  return args.includes("-D") && args.includes(clusterDir);
}

/**
 * Removes the file of a postmaster that is gone, while some other process has its number: PostgreSQL takes
 * that one for a postmaster and would refuse to start. Where the number is free, PostgreSQL sees for itself,
 * and looks for leftover processes too.
 */
export function removeStalePidFile(clusterDir: string, { pid }: PidFileEntry): void {
  if (isAlive(pid)) rmSync(pidFile(clusterDir), { force: true });
}

/** From making its file to writing into it a postmaster takes far less. */
const WRITTEN_MS = 1_000;

/** Removes a file that a power cut has left empty: PostgreSQL takes it for that of a server which starts, and would for ever. */
export async function removeEmptyPidFile(clusterDir: string): Promise<void> {
  const isEmpty = () => statSync(pidFile(clusterDir), { throwIfNoEntry: false })?.size === 0;
  if (!isEmpty()) return;
  await sleep(WRITTEN_MS);
  if (isEmpty()) rmSync(pidFile(clusterDir), { force: true });
}

function pidFile(clusterDir: string): string {
  return join(clusterDir, "postmaster.pid");
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function readProcArgs(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    // No such process.
    return [];
  }
}

/** Without quoting, so a folder with spaces is compared as text by whoever asks for it. */
function readPsArgs(pid: number): string {
  return spawnSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8" }).stdout;
}
