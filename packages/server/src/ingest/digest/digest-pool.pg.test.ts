import { randomBytes, randomUUID } from "node:crypto";
import { testDatabase, waitUntil } from "@mesher/testkit";
import { expect, test } from "vitest";
import { createLog } from "../../runtime/log.ts";
import { claimJournal } from "../journal/journal.queries.ts";
import { encodeRecord } from "../journal/record.ts";
import { DigestPool } from "./digest-pool.ts";

const DEADLY_WORKER = new URL("./fixtures/deadly-worker.ts", import.meta.url);
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

function recordOf(message: string): Buffer<ArrayBuffer> {
  const body = Buffer.from(JSON.stringify({ message }));
  const event = { eventId: randomBytes(16).toString("hex"), offset: 0, length: body.length };
  const entry = { projectId: randomUUID(), receivedAtMs: Date.now(), source: "sentry", encoding: "identity" } as const;
  return Buffer.concat(encodeRecord({ ...entry, events: [event], body }));
}

test("each death in a row is waited after for longer, until a batch was stored", async () => {
  await using db = await testDatabase();
  const waitsMs: unknown[] = [];
  const log = createLog({ level: "error", format: "json" });
  const pool = new DigestPool({
    databaseUrl: db.url,
    workers: 1,
    workerUrl: DEADLY_WORKER,
    watchedProjects: () => [],
    onTold: () => expect.fail("nobody watches"),
    onWorkerDeath: () => {},
    log: { ...log, error: (_message, details) => waitsMs.push(Reflect.get(details ?? {}, "waitMs")) },
  });
  await pool.start();
  const journalId = randomUUID();
  const epoch = await claimJournal(db.database, journalId, "this node");
  let sequence = 0;
  const digest = async (message: string) => {
    await waitUntil("a worker", async () => pool.hasRoom);
    sequence += 1;
    const ends = { firstSequence: sequence, lastSequence: sequence, doneThrough: sequence - 1 };
    return (await pool.digest({ journalId, epoch, ...ends, bytes: Uint8Array.from(recordOf(message)) })).kind;
  };

  const ends: string[] = [];
  for (const message of [
    "deadly-for-workers",
    "deadly-for-workers",
    "deadly-for-workers",
    "fine",
    "deadly-for-workers",
  ])
    ends.push(await digest(message));
  expect(ends).toEqual(["died", "died", "died", "stored", "died"]);
  await pool.stop();

  const [first, second, third, afterStored] = waitsMs;
  expect(second).toBeGreaterThanOrEqual(100);
  expect(third).toBeGreaterThanOrEqual(200);
  expect(Math.max(Number(first), Number(afterStored))).toBeLessThanOrEqual(100);
});
