import { testDatabase, waitUntil } from "@mesher/testkit";
import { expect, test } from "vitest";
import { createLog } from "../../runtime/log.ts";
import { DigestPool } from "./digest-pool.ts";

const WORKER = new URL("./worker.ts", import.meta.url);
/** Threads run files only. */
const NO_WORKER = new URL("https://example.test/worker.js");

test("a helping thread that cannot be started is tried again, and what runs goes on", async () => {
  await using db = await testDatabase();
  const deaths: string[] = [];
  let workerUrl = WORKER;
  const pool = new DigestPool({
    databaseUrl: db.url,
    workers: 2,
    get workerUrl() {
      return workerUrl;
    },
    watchedProjects: () => [],
    onTold: () => expect.fail("nobody watches"),
    onWorkerDeath: () => {
      deaths.push("died");
      if (deaths.length === 2) workerUrl = WORKER;
    },
    log: createLog({ level: "error", format: "json" }),
  });
  await pool.start();
  expect(pool.threads).toBe(1);
  workerUrl = NO_WORKER;
  pool.reinforce();
  await waitUntil("a second thread", async () => pool.threads === 2);
  expect(deaths).toEqual(["died", "died"]);
  expect(pool.hasRoom).toBe(true);
  await pool.stop();
});
