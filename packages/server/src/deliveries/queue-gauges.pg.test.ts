import { BlackholeProxy, testDatabase } from "@mesher/testkit";
import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { openDatabase } from "../db/database.ts";
import { createLog } from "../runtime/log.ts";
import { registerQueueGauges } from "./queue-gauges.ts";

const log = createLog({ level: "error", format: "json" });

test("the queue is shown by state with the age of its oldest, and dead letters beside it", async () => {
  await using db = await testDatabase();
  const { rows } = await db.database.query<{ id: string }>({
    text: "insert into organizations (slug, name) values ('acme', 'Acme') returning id",
  });
  const add = (status: string, dueSecondsAgo: number) =>
    db.database.query({
      text: `
        insert into deliveries (organization_id, kind, receiver, purpose, title, message, status, tries_left, due_at)
        values ($1, 'webhook', 'x', 'test', 'x', '{}', $2, 1, now() - make_interval(secs => $3))`,
      values: [rows[0]?.id, status, dueSecondsAgo],
    });
  for (const [status, dueSecondsAgo] of [
    ["waiting", 100],
    ["waiting", -3600],
    ["sending", 20],
    ["dead", 500],
    ["dead", 500],
    ["sent", 500],
  ] as const)
    await add(status, dueSecondsAgo);

  const registry = new Registry();
  let nowMs = 0;
  registerQueueGauges(registry, { database: db.database, log, now: () => nowMs });
  const text = await registry.metrics();
  expect(text).toContain('mesher_delivery_queue_depth{state="waiting"} 2');
  expect(text).toContain('mesher_delivery_queue_depth{state="sending"} 1');
  expect(text).toMatch(/mesher_delivery_queue_oldest_seconds\{state="waiting"\} 1\d\d\./);
  expect(text).toMatch(/mesher_delivery_queue_oldest_seconds\{state="sending"\} \d\d\./);
  expect(text).toContain("mesher_delivery_dead_letters 2");

  await add("dead", 0);
  expect(await registry.metrics()).toContain("mesher_delivery_dead_letters 2");
  nowMs += 5_000;
  expect(await registry.metrics()).toContain("mesher_delivery_dead_letters 3");
});

test("while the database is silent the other metrics are shown, and nothing is said of the queue", async () => {
  await using db = await testDatabase();
  await using proxy = await BlackholeProxy.inFrontOf(db.url);
  await using database = openDatabase({ url: proxy.url, poolSize: 1, applicationName: "silent", log: () => {} });
  const registry = new Registry();
  let nowMs = 0;
  registerQueueGauges(registry, { database, log, now: () => nowMs });
  expect(await registry.metrics()).toContain("mesher_delivery_dead_letters 0");
  proxy.goSilent();
  nowMs += 5_000;
  const text = await registry.metrics();
  expect(text).toContain("# HELP mesher_delivery_dead_letters");
  expect(text).not.toMatch(/^mesher_delivery_/m);
});
