import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "../database.ts";
import type { Binaries } from "./binaries.ts";
import { type ClusterPlace, postgresEnvironment } from "./cluster.ts";
import { commandAs, type Identity } from "./identity.ts";
import { boundLogFile, openLogFile } from "./log-file.ts";
import { isPostmasterOf, readPidFile, removeStalePidFile } from "./pid-file.ts";
import { serverSettings } from "./settings.ts";

/** PostgreSQL's main process, running or starting. */
export interface Postmaster {
  readonly pid: number;
  readonly socketDir: string;
  /** Resolves when the process has ended, with how it did. */
  readonly exited: Promise<string>;
}

export interface PostmasterOptions {
  readonly place: ClusterPlace;
  readonly binaries: Binaries;
  readonly identity: Identity;
  readonly socketDir: string;
  readonly fast: boolean;
}

const LOG_FILE = "postgres.log";
const EXIT_POLL_MS = 100;

/** The postmaster that already runs on these files: that of a Mesher that was killed. */
export function adoptPostmaster({ clusterDir }: ClusterPlace): Postmaster | undefined {
  const entry = readPidFile(clusterDir);
  if (entry === undefined) return undefined;
  if (isPostmasterOf(entry.pid, clusterDir)) return { ...entry, exited: pollExit(entry.pid, clusterDir) };
  removeStalePidFile(clusterDir, entry);
  return undefined;
}

/**
 * Starts a postmaster; it does not take connections yet. In a process group of its own, so that a Ctrl-C in
 * the terminal reaches only Mesher, which stops the database last.
 */
export async function spawnPostmaster(options: PostmasterOptions): Promise<Postmaster> {
  const { place, binaries, identity, socketDir, fast } = options;
  const args = ["-D", place.clusterDir, ...serverSettings({ socketDir, fast })];
  const { file, args: allArgs, ...as } = commandAs(identity, binaries.postgres, args);

  const logFile = openLogFile(join(place.homeDir, LOG_FILE));
  try {
    const child = spawn(file, allArgs, {
      ...as,
      cwd: place.homeDir,
      env: postgresEnvironment(),
      detached: true,
      stdio: ["ignore", logFile.descriptor, logFile.descriptor],
    });
    const exited = childExit(child);
    await childStart(child);
    child.unref();
    return { pid: child.pid ?? 0, socketDir, exited };
  } finally {
    logFile.close();
  }
}

const FAST_SHUTDOWN_TIMEOUT_MS = 30_000;
const IMMEDIATE_SHUTDOWN_TIMEOUT_MS = 10_000;

/** Ends connections and writes everything down; if that takes too long, leaves it to the recovery of the next start. */
export async function stopPostmaster({ pid, exited }: Postmaster, log: Log): Promise<void> {
  signal(pid, "SIGINT");
  if (await settlesWithin(exited, FAST_SHUTDOWN_TIMEOUT_MS)) return;
  log("Embedded database does not stop, ending it at once", { pid });
  signal(pid, "SIGQUIT");
  if (await settlesWithin(exited, IMMEDIATE_SHUTDOWN_TIMEOUT_MS)) return;
  signal(pid, "SIGKILL");
  await exited;
}

/** The end of PostgreSQL's log, for an error message. */
export function readLogTail({ homeDir }: ClusterPlace): string {
  return readFileSync(join(homeDir, LOG_FILE), "utf8").trimEnd().split("\n").slice(-LOG_TAIL_LINES).join("\n");
}

const LOG_TAIL_LINES = 5;

/** To be called now and then. */
export function boundPostmasterLog({ homeDir }: ClusterPlace): void {
  boundLogFile(join(homeDir, LOG_FILE));
}

async function childStart(child: ChildProcess): Promise<void> {
  await new Promise((resolve, reject) => child.once("spawn", resolve).once("error", reject));
}

function childExit(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("exit", (code, name) => resolve(name === null ? `exit code ${code}` : `signal ${name}`));
  });
}

/** Nobody tells us of the end of a process that is not our child. */
async function pollExit(pid: number, clusterDir: string): Promise<string> {
  while (isPostmasterOf(pid, clusterDir)) await sleep(EXIT_POLL_MS, undefined, { ref: false });
  return "unknown reason";
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

async function settlesWithin(promise: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  const timer = new AbortController();
  const timeout = sleep(timeoutMs, false, { signal: timer.signal }).catch(() => false);
  try {
    return await Promise.race([promise.then(() => true), timeout]);
  } finally {
    timer.abort();
  }
}
