/** PostgreSQL as a distribution has it, with the programs that dump and restore: the embedded one comes without them. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chown, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { waitUntil } from "../src/wait-until.ts";
import { freePort } from "./free-port.ts";

/** Debian's; a folder for each major version. */
const PLACE = "/usr/lib/postgresql";
const NOBODY = 65_534;

const run = promisify(execFile);

export interface DebianPostgres extends AsyncDisposable {
  /** For `DATABASE_URL`, of a database of this cluster. */
  readonly urlOf: (database: string) => string;
  /** Runs one of its programs to its end; what it printed. Throws when it fails. */
  readonly program: (name: "createdb" | "pg_dump" | "pg_restore" | "psql", ...args: string[]) => Promise<string>;
}

/** A new cluster. Throws an error that says what to install when there is none on this machine. */
export async function startDebianPostgres(): Promise<DebianPostgres> {
  const bin = await findPrograms();
  // PostgreSQL refuses root.
  const asNobody = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const dir = await mkdtemp(join(tmpdir(), "mesher-debian-postgres-"));
  if ("uid" in asNobody) await chown(dir, NOBODY, NOBODY);
  const cluster = join(dir, "cluster");
  const port = String(await freePort());
  await run(join(bin, "initdb"), ["-D", cluster, "-U", "mesher", "-A", "trust", "-E", "UTF8", "--no-sync"], {
    ...asNobody,
    cwd: dir,
  });
  const settings = { port, listen_addresses: "127.0.0.1", unix_socket_directories: "", fsync: "off" };
  const args = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const child = spawn(join(bin, "postgres"), ["-D", cluster, ...args], { ...asNobody, cwd: dir, stdio: "ignore" });
  const ended = once(child, "exit");
  const env = { ...process.env, PGHOST: "127.0.0.1", PGPORT: port, PGUSER: "mesher" };
  const program: DebianPostgres["program"] = async (name, ...given) =>
    (await run(join(bin, name), given, { env, maxBuffer: 64 * 1024 * 1024 })).stdout;
  const stop = async () => {
    child.kill("SIGQUIT");
    await ended;
    await rm(dir, { recursive: true, force: true });
  };
  try {
    await waitUntil("PostgreSQL to answer", async () => {
      if (child.exitCode !== null) throw new Error(`PostgreSQL ended with ${child.exitCode}`);
      return program("psql", "-d", "postgres", "-c", "select 1").then(
        () => true,
        () => undefined,
      );
    });
  } catch (error) {
    await stop();
    throw error;
  }
  const urlOf = (database: string) => `postgresql://mesher@127.0.0.1:${port}/${database}`;
  return { urlOf, program, [Symbol.asyncDispose]: stop };
}

async function findPrograms(): Promise<string> {
  const versions = (await readdir(PLACE).catch(() => [])).filter((name) => /^\d+$/.test(name));
  const newest = versions.toSorted((a, b) => Number(b) - Number(a))[0];
  if (newest === undefined) throw new Error(`there is no PostgreSQL in ${PLACE}: apt-get install postgresql`);
  return join(PLACE, newest, "bin");
}
