/** PgBouncer in front of a database, as Debian's package has it, with as little as a pool of transactions needs. */
import { spawn, spawnSync } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase } from "@mesher/server/testing";
import { waitUntil } from "./wait-until.ts";

export interface PgBouncer extends AsyncDisposable {
  /** For `DATABASE_URL`. */
  readonly url: string;
}

/** The version, or `undefined` when there is none on this machine. */
export function findPgBouncer(): string | undefined {
  const { status, stdout } = spawnSync("pgbouncer", ["--version"], { encoding: "utf8" });
  return status === 0 ? stdout.split("\n")[0] : undefined;
}

/** Fewer sessions of PostgreSQL than the server has connections, so that they are really shared. */
const SESSIONS = 4;

export async function startPgBouncer(databaseUrl: string): Promise<PgBouncer> {
  const to = new URL(databaseUrl);
  const port = await freePort();
  const dir = await mkdtemp(join(tmpdir(), "mesher-pgbouncer-"));
  const target = Object.entries({
    host: to.searchParams.get("host") ?? decodeURIComponent(to.hostname),
    port: to.searchParams.get("port") ?? to.port,
    user: decodeURIComponent(to.username),
    password: decodeURIComponent(to.password),
  })
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `${name}='${value}'`);
  const config = `
[databases]
* = ${target.join(" ")}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = ${SESSIONS}
max_client_conn = 200
`;
  await writeFile(join(dir, "pgbouncer.ini"), config);
  await chmod(dir, 0o755);
  // It refuses to run as root.
  const asUser = process.getuid?.() === 0 ? ["-u", "nobody"] : [];
  const child = spawn("pgbouncer", [...asUser, join(dir, "pgbouncer.ini")], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += String(chunk)));
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const url = `postgresql://mesher@127.0.0.1:${port}${to.pathname}?pgbouncer=true`;
  const stop = async () => {
    child.kill("SIGKILL");
    await ended;
    await rm(dir, { recursive: true, force: true });
  };
  try {
    await waitUntil("PgBouncer to answer", async () => {
      if (child.exitCode !== null) throw new Error(`PgBouncer ended: ${output}`);
      await using database = openDatabase({ url, poolSize: 1, applicationName: "mesher-test", log: () => undefined });
      return (await database.query({ text: "select 1" })).rows.length === 1;
    });
  } catch (error) {
    await stop();
    throw new Error(`PgBouncer does not serve: ${output}`, { cause: error });
  }
  return { url, [Symbol.asyncDispose]: stop };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === "object" ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}
