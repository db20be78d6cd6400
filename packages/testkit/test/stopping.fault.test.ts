/** Whatever ends Mesher in a terminal leaves no database running, which nobody would see there. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { createDataDir } from "../src/data-dir.ts";
import { ServerProcess } from "../src/server-process.ts";
import { waitUntil } from "../src/wait-until.ts";

const CLI = fileURLToPath(new URL("../../cli/src/main.ts", import.meta.url));

/** The number of the database's main process, if it runs; it removes the file when it ends. */
async function readDatabasePid(dataDir: string): Promise<number | undefined> {
  const text = await readFile(join(dataDir, "postgres/cluster/postmaster.pid"), "utf8").catch(() => "");
  return Number.parseInt(text, 10) || undefined;
}

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test("a terminal that is closed stops the server in order", async () => {
  await using server = await ServerProcess.start();
  const pid = (await readDatabasePid(server.dataDir)) ?? 0;
  expect(isAlive(pid)).toBe(true);
  const exited = once(server.process, "exit");
  server.process.kill("SIGHUP");
  expect(await exited).toEqual([0, null]);
  expect(isAlive(pid)).toBe(false);
});

test("Ctrl-C stops a backup together with the database that was started for it", async () => {
  await using place = await createDataDir();
  const dataDir = join(place.path, "data");
  {
    await using server = await ServerProcess.start({ dataDir });
    await server.stop();
  }
  const args = [CLI, "backup", join(place.path, "backup"), "--data-dir", dataDir];
  // In a process group of its own, as in a terminal.
  const backup = spawn(process.execPath, args, { stdio: "ignore", detached: true });
  const ended = once(backup, "exit");
  const pid = await waitUntil("the database of the backup", () => readDatabasePid(dataDir));
  process.kill(-(backup.pid ?? 0), "SIGINT");
  await ended;
  expect(isAlive(pid)).toBe(false);
});
