import { testDatabase } from "@mesher/testkit";
import { expect, test } from "vitest";
import { openDatabase } from "./database.ts";
import { addJobs, migrateQueue, QUEUE_SCHEMA, runQueue } from "./job-queue.ts";
import { withTransaction } from "./transaction.ts";

const log = (): void => undefined;

test("nodes that start at once make the queue's tables once", async () => {
  await using db = await testDatabase({ empty: true });
  const nodes = [1, 2, 3, 4, 5].map(() => openDatabase({ url: db.url, poolSize: 1, applicationName: "test", log }));
  await Promise.all(nodes.map((node) => migrateQueue(node)));
  await Promise.all(nodes.map((node) => node.close()));
  await migrateQueue(db.database);

  const { rows } = await db.database.query<{ times: number }>({
    text: `select count(*) as times from ${QUEUE_SCHEMA}.migrations group by id having count(*) <> 1`,
  });
  expect(rows).toEqual([]);
});

test("a job runs when its transaction is committed, and never when it is rolled back", async () => {
  await using db = await testDatabase();
  const ran: unknown[] = [];
  const done = Promise.withResolvers<void>();
  const queue = await runQueue({
    url: db.url,
    tasks: {
      try: (payload) => {
        ran.push(payload);
        done.resolve();
      },
    },
    concurrency: 1,
    pollMs: 1_000,
    stopMs: 1_000,
    log,
  });
  const job = (key: string) => ({ task: "try", key, payload: { key } });
  const rolledBack = withTransaction(db.database, async (tx) => {
    await addJobs(tx, [job("rolled back")]);
    throw new Error("no");
  });
  await expect(rolledBack).rejects.toThrow("no");
  await withTransaction(db.database, (tx) => addJobs(tx, [job("committed")]));
  await done.promise;
  await queue.stop();
  expect(ran).toEqual([{ key: "committed" }]);
});
