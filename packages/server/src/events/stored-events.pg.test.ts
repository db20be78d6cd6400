import { randomUUID } from "node:crypto";
import { testDatabase } from "@mesher/testkit";
import { expect, test } from "vitest";
import { openDatabase } from "../db/database.ts";
import { withTransaction } from "../db/transaction.ts";
import { findStoredEvents } from "./events.queries.ts";
import { ensurePartitions } from "./partitions.ts";

const NOW_MS = Date.UTC(2031, 5, 4, 12);
const FIRST_EVENTS = 20;
const EVENTS = 20_000;
const KEYS = 300;
/** A probe of an index takes two or three; the whole day has some 500. */
const BLOCKS_PER_KEY_MAX = 10;

test("events are looked for by their keys, also where the day had but a few when the connection first asked", async () => {
  await using db = await testDatabase();
  await using stack = new AsyncDisposableStack();
  // A plan is remembered by its connection.
  const one = openDatabase({ url: db.url, poolSize: 1, applicationName: "test", log: () => {} });
  stack.defer(() => one.close());
  await ensurePartitions(one, [NOW_MS]);
  const projectId = randomUUID();
  const insert = (count: number) =>
    one.query({
      text: `
        insert into events (project_id, event_id, issue_id, received_at, occurred_at, level, title, tags, grouping,
          payload_source, payload_encoding, payload_offset, payload_length, payload, search)
        select $1, gen_random_uuid(), $1, $2, $2, 'error', 'title', '{}', '{}', 0, 4, 0, 0, '', ''
        from generate_series(1, ${count})`,
      values: [projectId, new Date(NOW_MS)],
    });
  const find = (count: number) => {
    const keys = Array.from({ length: count }, () => ({ projectId, eventId: randomUUID() }));
    return withTransaction(one, (tx) => findStoredEvents(tx, keys, NOW_MS));
  };
  const blocksRead = async () => {
    await one.query({ text: "select pg_stat_force_next_flush()" });
    const { rows } = await one.query<{ blocks: number }>({
      text: `
        select sum(heap_blks_hit + heap_blks_read + idx_blks_hit + idx_blks_read)::integer as blocks
        from pg_statio_user_tables where relname like 'events_%'`,
    });
    return rows[0]?.blocks ?? 0;
  };

  await insert(FIRST_EVENTS);
  await one.query({ text: "analyze events" });
  // After five times PostgreSQL may keep a plan for all that come.
  for (let times = 0; times < 10; times += 1) expect(await find(1)).toEqual([]);
  await insert(EVENTS);
  const before = await blocksRead();
  expect(await find(KEYS)).toEqual([]);
  expect((await blocksRead()) - before).toBeLessThan(KEYS * BLOCKS_PER_KEY_MAX);
});
