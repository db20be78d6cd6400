import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "@mesher/server/testing";
import { createDataDir } from "./data-dir.ts";
import { createTemplate, dropTemplate, URL_VARIABLE } from "./database.ts";

/** Followed by the number of the process that made the folder. */
const DIR_PREFIX = "mesher-test-run-";

/**
 * Before all tests: one PostgreSQL for the whole run, with a migrated template database that
 * `testDatabase` copies. With `MESHER_TEST_DATABASE_URL` set, that PostgreSQL is used instead; its user
 * must be allowed to create databases.
 */
export async function setup(): Promise<() => Promise<void>> {
  const url = process.env[URL_VARIABLE];
  if (url !== undefined) {
    await createTemplate(url);
    return () => dropTemplate(url);
  }

  await removeLeftovers();
  await using cleanup = new AsyncDisposableStack();
  const dataDir = cleanup.use(await createDataDir(`${DIR_PREFIX}${process.pid}-`));
  const postgres = cleanup.use(await startTestPostgres(dataDir.path));
  await createTemplate(postgres.url);
  process.env[URL_VARIABLE] = postgres.url;
  const all = cleanup.move();
  return () => all.disposeAsync();
}

function startTestPostgres(dataDir: string): Promise<EmbeddedPostgres> {
  return startEmbeddedPostgres({ dataDir, log: () => undefined, fast: true });
}

/** Ends and removes what runs have left behind that were killed. */
async function removeLeftovers(): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(DIR_PREFIX));
  for (const name of names) {
    if (isAlive(Number.parseInt(name.slice(DIR_PREFIX.length), 10))) continue;
    const path = join(tmpdir(), name);
    try {
      if (existsSync(join(path, POSTMASTER_PID_FILE))) await (await startTestPostgres(path)).stop();
      await rm(path, { recursive: true, force: true });
    } catch (error) {
      process.stderr.write(`${path} of an earlier test run cannot be removed: ${String(error)}\n`);
    }
  }
}

/** Stands where a PostgreSQL runs, or was killed. */
const POSTMASTER_PID_FILE = "postgres/cluster/postmaster.pid";

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
