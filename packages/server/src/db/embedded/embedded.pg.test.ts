import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createDataDir, waitUntil } from "@mesher/testkit";
import { describe, expect, test } from "vitest";
import { openDatabase, waitForDatabase } from "../database.ts";
import { DirectoryLockedError } from "../directory-lock.ts";
import { EmbeddedUnavailableError } from "./binaries.ts";
import { ClusterVersionError } from "./cluster.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "./embedded.ts";

const FIXTURE = fileURLToPath(new URL("../../../test-fixtures/hold-embedded-postgres.ts", import.meta.url));
const NOBODY = 65534;

const log = (): void => undefined;
const isRoot = process.getuid?.() === 0;
const start = (dataDir: string, logLine: (line: string) => void = log): Promise<EmbeddedPostgres> =>
  startEmbeddedPostgres({ dataDir, log: logLine, fast: true });

test("what was stored is there after a stop and a start", async () => {
  await using dataDir = await createDataDir();
  const lines: string[] = [];
  {
    await using postgres = await start(dataDir.path, (line) => lines.push(line));
    await store(postgres.url, "kept");
  }
  await using postgres = await start(dataDir.path, (line) => lines.push(line));
  expect(await stored(postgres.url)).toEqual(["kept"]);
  expect(lines).toEqual([
    `Creating the embedded database (PostgreSQL 18) in ${dataDir.path}/postgres`,
    "Embedded database started",
    "Embedded database started",
  ]);
});

test("only who may enter its folder can reach it", async () => {
  await using dataDir = await createDataDir();
  await using postgres = await start(dataDir.path);
  expect(await show(postgres.url, "listen_addresses")).toBe("");
  const { mode } = await stat(join(dataDir.path, "postgres/socket"));
  expect(mode & 0o777).toBe(0o700);
});

test("a postmaster that is killed is started again, with what was stored", async () => {
  await using dataDir = await createDataDir();
  const lines: string[] = [];
  await using postgres = await start(dataDir.path, (line) => lines.push(line));
  await store(postgres.url, "kept");
  const firstPid = postgres.pid ?? 0;

  process.kill(firstPid, "SIGKILL");

  await waitUntil(
    "another postmaster",
    async () => lines.filter((line) => line === "Embedded database started").length === 2,
  );
  expect(await stored(postgres.url)).toEqual(["kept"]);
  expect(postgres.pid).not.toBe(firstPid);
  expect(lines).toContain("Embedded database died, starting it again");
});

test("a stop between death and restart ends it all", async () => {
  await using dataDir = await createDataDir();
  const lines: string[] = [];
  const postgres = await start(dataDir.path, (line) => lines.push(line));
  process.kill(postgres.pid ?? 0, "SIGKILL");
  await waitUntil("the death to be noticed", async () => postgres.pid === undefined);
  await postgres.stop();
  await postgres.stop();
  expect(lines.at(-1)).toBe("Embedded database died, starting it again");
});

test("the postmaster of a Mesher that was killed is taken over", async () => {
  await using dataDir = await createDataDir();
  const holder = await hold(dataDir.path);
  await store(holder.url, "kept");
  holder.child.kill("SIGKILL");
  await once(holder.child, "exit");

  const postgres = await start(dataDir.path);
  expect(postgres.pid).toBe(holder.pid);
  expect(await stored(postgres.url)).toEqual(["kept"]);
  await postgres.stop();
  await expect(stat(join(dataDir.path, "postgres/cluster/postmaster.pid"))).rejects.toThrow("ENOENT");
});

test("a postmaster that was taken over and is killed is started again", async () => {
  await using dataDir = await createDataDir();
  const holder = await hold(dataDir.path);
  holder.child.kill("SIGKILL");
  await once(holder.child, "exit");
  await using postgres = await start(dataDir.path);
  process.kill(holder.pid, "SIGKILL");
  await waitUntil("another postmaster", async () => postgres.pid !== undefined && postgres.pid !== holder.pid);
  await expect(store(postgres.url, "after")).resolves.toBeUndefined();
});

test("a second Mesher on the same folder is refused, and hears of the first", async () => {
  await using dataDir = await createDataDir();
  await using postgres = await start(dataDir.path);
  await expect(hold(dataDir.path)).rejects.toThrow(`Another Mesher (process ${process.pid}) is using`);
  await expect(start(dataDir.path)).rejects.toBeInstanceOf(DirectoryLockedError);
  await expect(store(postgres.url, "still there")).resolves.toBeUndefined();
});

test("files of another major version are refused, with the way out", async () => {
  await using dataDir = await createDataDir();
  await (await start(dataDir.path)).stop();
  await writeFile(join(dataDir.path, "postgres/cluster/PG_VERSION"), "17\n");
  const starting = start(dataDir.path);
  await expect(starting).rejects.toBeInstanceOf(ClusterVersionError);
  await expect(starting).rejects.toThrow(/made by PostgreSQL 17, .* brings PostgreSQL 18\. .*pg_dump.*pg_restore/);
});

test("a pid file whose number another process has by now does not hinder", async () => {
  await using dataDir = await createDataDir();
  await (await start(dataDir.path)).stop();
  const clusterDir = join(dataDir.path, "postgres/cluster");
  await writeFile(join(clusterDir, "postmaster.pid"), `${process.pid}\n${clusterDir}\n1\n5432\n/tmp\n\n\n`);
  await using postgres = await start(dataDir.path);
  await expect(store(postgres.url, "fine")).resolves.toBeUndefined();
});

test("a pid file that a power cut has left empty does not hinder", async () => {
  await using dataDir = await createDataDir();
  await (await start(dataDir.path)).stop();
  await writeFile(join(dataDir.path, "postgres/cluster/postmaster.pid"), "");
  await using postgres = await start(dataDir.path);
  await expect(store(postgres.url, "fine")).resolves.toBeUndefined();
});

test("an interrupted creation is begun anew", async () => {
  await using dataDir = await createDataDir();
  await mkdir(join(dataDir.path, "postgres/cluster.unfinished/base"), { recursive: true });
  await writeFile(join(dataDir.path, "postgres/cluster.unfinished/PG_VERSION"), "18\n");
  await using postgres = await start(dataDir.path);
  await expect(store(postgres.url, "fine")).resolves.toBeUndefined();
});

test("a postgres that cannot start says why, and leaves the folder free", async () => {
  await using dataDir = await createDataDir();
  await (await start(dataDir.path)).stop();
  const controlFile = join(dataDir.path, "postgres/cluster/global/pg_control");
  const content = await readFile(controlFile);
  await writeFile(controlFile, content.subarray(0, 10));
  await expect(start(dataDir.path)).rejects.toThrow(/ended while starting.*pg_control/s);
  await writeFile(controlFile, content);
  await (await start(dataDir.path)).stop();
});

test.for([
  ["is too long for a socket", "long".repeat(25)],
  ["PostgreSQL takes for two", "mine, yours"],
] as const)("a folder whose name %s works too, and leaves nothing behind", async ([, name]) => {
  await using dataDir = await createDataDir();
  const postgres = await start(join(dataDir.path, name));
  const socketDir = new URL(postgres.url).searchParams.get("host") ?? "";
  expect(socketDir.startsWith(dataDir.path)).toBe(false);
  await store(postgres.url, "fine");
  await postgres.stop();
  await expect(stat(socketDir)).rejects.toThrow("ENOENT");
});

describe.skipIf(!isRoot)("as root (skipped: this is not root)", () => {
  test("the files belong to an ordinary user where one can reach them", async () => {
    await using dataDir = await createDataDir();
    await using postgres = await start(dataDir.path);
    expect((await stat(`/proc/${postgres.pid}`)).uid).toBe(NOBODY);
    expect((await stat(join(dataDir.path, "postgres/cluster"))).uid).toBe(NOBODY);
  });

  test("in a folder that only root can enter, it works and the files stay root's", async () => {
    await using dataDir = await createPrivateDir();
    {
      await using postgres = await start(dataDir.path);
      await store(postgres.url, "kept");
    }
    await using postgres = await start(dataDir.path);
    expect(await stored(postgres.url)).toEqual(["kept"]);
    expect((await stat(join(dataDir.path, "postgres/cluster"))).uid).toBe(0);
  });

  test("files of an ordinary user in a folder that was closed are refused, with the way out", async () => {
    await using dataDir = await createDataDir();
    await (await start(dataDir.path)).stop();
    await chmod(dataDir.path, 0o700);
    const starting = start(dataDir.path);
    await expect(starting).rejects.toBeInstanceOf(EmbeddedUnavailableError);
    await expect(starting).rejects.toThrow(`chmod o+x ${dataDir.path}`);
  });

  test("a lock file that its user may only read is refused, for it would keep nobody out", async () => {
    await using dataDir = await createDataDir();
    const homeDir = join(dataDir.path, "postgres");
    await mkdir(homeDir);
    await writeFile(join(homeDir, "mesher.lock"), "", { mode: 0o644 });
    await chown(homeDir, NOBODY, NOBODY);
    await expect(hold(dataDir.path, NOBODY)).rejects.toThrow(/mesher\.lock cannot be locked: .*EACCES/);
  });

  test("an ordinary user runs it as himself, and not on the files of another", async () => {
    await using dataDir = await createDataDir();
    await chown(dataDir.path, NOBODY, NOBODY);
    const holder = await hold(dataDir.path, NOBODY);
    await store(holder.url, "kept");
    expect((await stat(`/proc/${holder.pid}`)).uid).toBe(NOBODY);
    holder.child.kill("SIGKILL");
    await once(holder.child, "exit");
    process.kill(holder.pid, "SIGTERM");
    await waitUntil("the end of the postmaster", async () =>
      stat(`/proc/${holder.pid}`).then(
        () => false,
        () => true,
      ),
    );

    const cluster = join(dataDir.path, "postgres/cluster");
    await chown(cluster, 1, 1);
    await expect(hold(dataDir.path, NOBODY)).rejects.toThrow(/belongs to user 1, and this is user 65534/);
  });
});

interface Holder {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly url: string;
}

/** Another process that has the embedded database of that folder. */
async function hold(dataDir: string, uid?: number): Promise<Holder> {
  const as = uid === undefined ? {} : { uid, gid: uid };
  const child = spawn(process.execPath, [FIXTURE, dataDir], { ...as, stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface(child.stdout)) {
    const { error, ...started } = JSON.parse(line) as { error?: string; pid: number; url: string };
    if (error !== undefined) throw new Error(error);
    return { child, ...started };
  }
  throw new Error("The holder ended without a word");
}

/** Below a home directory of mode 700, as a clone in `/root` is. */
async function createPrivateDir() {
  const path = await mkdtemp(join(homedir(), "mesher-test-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

async function store(url: string, note: string): Promise<void> {
  await using database = openDatabase({ url, poolSize: 1, applicationName: "test", log });
  await waitForDatabase(database, { timeoutMs: 20_000, log });
  await database.query({ text: "create table if not exists notes (note text)" });
  await database.query({ text: "insert into notes values ($1)", values: [note] });
}

async function stored(url: string): Promise<string[]> {
  await using database = openDatabase({ url, poolSize: 1, applicationName: "test", log });
  const { rows } = await database.query<{ note: string }>({ text: "select note from notes" });
  return rows.map(({ note }) => note);
}

async function show(url: string, setting: string): Promise<string | undefined> {
  await using database = openDatabase({ url, poolSize: 1, applicationName: "test", log });
  const { rows } = await database.query<{ value: string }>({
    text: "select current_setting($1) as value",
    values: [setting],
  });
  return rows[0]?.value;
}
