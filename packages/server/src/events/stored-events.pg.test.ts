import { randomUUID } from "node:crypto";
import { testDatabase } from "@mesher/testkit";
import { expect, test } from "vitest";
import { type Database, openDatabase } from "../db/database.ts";
import { withTransaction } from "../db/transaction.ts";
import { type EventKey, findStoredEvents } from "./events.queries.ts";
import { DAY_MS, ensurePartitions } from "./partitions.ts";

const NOW_MS = Date.UTC(2031, 5, 4, 12);
const FIRST_EVENTS = 20;
const EVENTS = 20_000;
const KEYS = 300;
/** A probe of an index takes two or three; the whole day has some 500. */
const BLOCKS_PER_KEY_MAX = 10;

test("events are looked for by their keys, also where the day had but a few when the connection first asked", async () => {
  await using events = await createEvents();
  await events.insert(FIRST_EVENTS);
  await events.query("analyze events");
  // After five times PostgreSQL may keep a plan for all that come.
  for (let times = 0; times < 10; times += 1) expect(await events.find(events.unknownKeys(1))).toEqual([]);
  await events.insert(EVENTS);
  const before = await events.blocksRead();
  expect(await events.find(events.unknownKeys(KEYS))).toEqual([]);
  expect((await events.blocksRead()) - before).toBeLessThan(KEYS * BLOCKS_PER_KEY_MAX);
});

test("events are looked for by their keys where all of a day can be seen, and PostgreSQL knows no figures of it", async () => {
  await using events = await createEvents();
  await events.insert(EVENTS);
  await events.query("vacuum events");
  const before = await events.blocksRead();
  expect(await events.find(events.unknownKeys(KEYS))).toEqual([]);
  expect((await events.blocksRead()) - before).toBeLessThan(KEYS * BLOCKS_PER_KEY_MAX);
});

test("events of the day before and of the span are found, those of other days and of no day are not", async () => {
  await using events = await createEvents();
  const days = [-2, -1, 0, 1, 2].map((day) => NOW_MS + day * DAY_MS);
  await ensurePartitions(events.database, days);
  const [, yesterday, today, tomorrow] = await Promise.all(days.map((day) => events.insert(1, day)));
  const all = [...(await Promise.all(days.map((day) => events.keysOf(day)))).flat(), ...events.unknownKeys(1)];
  const found = await events.find(all, { oldestMs: NOW_MS, newestMs: NOW_MS + DAY_MS });
  expect(new Set(found.map(({ eventId }) => eventId))).toEqual(new Set([yesterday, today, tomorrow].flat()));
  const long = NOW_MS + 100 * DAY_MS;
  expect(await events.find(all, { oldestMs: long, newestMs: long })).toEqual([]);
});

/** A project's events of one day or more, and one connection to them: a plan is remembered by its connection. */
async function createEvents() {
  const stack = new AsyncDisposableStack();
  const db = stack.use(await testDatabase());
  const database: Database = openDatabase({ url: db.url, poolSize: 1, applicationName: "test", log: () => {} });
  stack.defer(() => database.close());
  await ensurePartitions(database, [NOW_MS]);
  const projectId = randomUUID();
  const query = (text: string) => database.query({ text });
  const idsOf = (rows: readonly { event_id: string }[]) => rows.map(({ event_id }) => event_id.replaceAll("-", ""));
  return {
    database,
    query,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
    /** A millisecond after the other. */
    insert: async (count: number, fromMs = NOW_MS): Promise<string[]> => {
      const { rows } = await database.query<{ event_id: string }>({
        text: `
          insert into events (project_id, event_id, issue_id, received_at, occurred_at, level, title, tags, grouping,
            payload_source, payload_encoding, payload_offset, payload_length, payload, search)
          select $1, gen_random_uuid(), $1, $2::timestamptz + n * interval '1 ms', $2, 'error', 'title', '{}', '{}', 0, 4, 0, 0,
            '', ''
          from generate_series(1, ${count}) n returning event_id`,
        values: [projectId, new Date(fromMs)],
      });
      return idsOf(rows);
    },
    keysOf: async (dayMs: number): Promise<EventKey[]> => {
      const { rows } = await database.query<{ event_id: string }>({
        text: "select event_id from events where received_at >= $1 and received_at < $2",
        values: [new Date(dayMs), new Date(dayMs + DAY_MS)],
      });
      return idsOf(rows).map((eventId) => ({ projectId, eventId }));
    },
    unknownKeys: (count: number): EventKey[] =>
      Array.from({ length: count }, () => ({ projectId, eventId: randomUUID().replaceAll("-", "") })),
    find: (keys: readonly EventKey[], span = { oldestMs: NOW_MS, newestMs: NOW_MS }) =>
      withTransaction(database, (tx) => findStoredEvents(tx, keys, span)),
    blocksRead: async (): Promise<number> => {
      await query("select pg_stat_force_next_flush()");
      const { rows } = await database.query<{ blocks: number }>({
        text: `
          select sum(heap_blks_hit + heap_blks_read + idx_blks_hit + idx_blks_read)::integer as blocks
          from pg_statio_user_tables where relname like 'events_%'`,
      });
      return rows[0]?.blocks ?? 0;
    },
  };
}
