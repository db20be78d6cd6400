import { spawn } from "node:child_process";
import {
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { Binaries } from "./binaries.ts";
import { type Command, commandAs, type Identity } from "./identity.ts";

/** The files of the database do not fit the programs. Nothing was changed. */
export class ClusterVersionError extends Error {
  override readonly name = "ClusterVersionError";
}

export interface ClusterPlace {
  /** Holds everything of the embedded database. Exists. */
  readonly homeDir: string;
  /** PostgreSQL's data directory in it. */
  readonly clusterDir: string;
}

/** The superuser, and the database everything is in. */
export const DATABASE_NAME = "mesher";

/** The owner of the cluster's files, if there is a cluster. */
export function findClusterOwner({ clusterDir }: ClusterPlace): { uid: number; gid: number } | undefined {
  return statSync(clusterDir, { throwIfNoEntry: false });
}

/** Refuses files of another major version: PostgreSQL could not read them. */
export function checkClusterVersion({ clusterDir, homeDir }: ClusterPlace, { majorVersion }: Binaries): void {
  const versionFile = join(clusterDir, "PG_VERSION");
  const version = existsSync(versionFile) ? readFileSync(versionFile, "utf8").trim() : "unknown";
  if (version === majorVersion) return;
  throw new ClusterVersionError(
    `The database in ${homeDir} was made by PostgreSQL ${version}, and this Mesher brings PostgreSQL ${majorVersion}. ` +
      `To move it: start the Mesher version it was made with, dump it with PostgreSQL ${version}'s ` +
      `\`pg_dump -Fc\`, move ${homeDir} away, start this version once, and restore with \`pg_restore --clean\`.`,
  );
}

/** Makes the data directory. An interrupted attempt leaves nothing that looks like a cluster. */
export async function createCluster(
  { homeDir, clusterDir }: ClusterPlace,
  { initdb }: Binaries,
  identity: Identity,
  { fast }: { fast: boolean },
): Promise<void> {
  const unfinishedDir = `${clusterDir}.unfinished`;
  rmSync(unfinishedDir, { recursive: true, force: true });
  mkdirSync(unfinishedDir, { mode: 0o700 });
  if (identity.kind === "user") chownSync(unfinishedDir, identity.uid, identity.gid);
  const args = [
    `--pgdata=${unfinishedDir}`,
    `--username=${DATABASE_NAME}`,
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    // Trust, because only who may enter the socket's folder comes that far.
    "--auth=trust",
    ...(fast ? ["--no-sync"] : []),
  ];
  await run(commandAs(identity, initdb, args), homeDir);
  renameSync(unfinishedDir, clusterDir);
  syncDir(dirname(clusterDir));
}

/** What PostgreSQL's programs see of our environment, which may hold settings of another PostgreSQL. */
export function postgresEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env["PATH"], LANG: "C", LC_ALL: "C", TZ: "UTC" };
}

function run({ file, args, ...as }: Command, cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { ...as, cwd, env: postgresEnvironment(), stdio: ["ignore", "ignore", "pipe"] });
    let output = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-OUTPUT_LENGTH_MAX);
    });
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === 0) resolve();
      else
        reject(new Error(`The embedded database could not be created (initdb: ${signal ?? code}): ${output.trim()}`));
    });
  });
}

const OUTPUT_LENGTH_MAX = 4_000;

function syncDir(dir: string): void {
  const handle = openSync(dir, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
