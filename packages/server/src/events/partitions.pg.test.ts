import { testDatabase } from "@mesher/testkit";
import { expect, test } from "vitest";
import { DAY_MS, DAYS_AHEAD, daysAhead, ensurePartitions, partitionName } from "./partitions.ts";

const START_MS = Date.UTC(2031, 11, 28, 23, 59);

test("[F.4-11] over eight days of daily runs there is always a partition for today and the days ahead", async () => {
  await using db = await testDatabase();
  for (let day = 0; day < 8; day += 1) {
    const nowMs = START_MS + day * DAY_MS;
    await ensurePartitions(db.database, daysAhead(nowMs));
    const { rows } = await db.database.query<{ name: string }>({
      text: "select relname as name from pg_class where relispartition and relkind = 'r'",
    });
    const names = new Set(rows.map(({ name }) => name));
    for (let ahead = 0; ahead < DAYS_AHEAD; ahead += 1) expect(names).toContain(partitionName(nowMs + ahead * DAY_MS));
  }
});

test("nodes that make partitions at the same moment do not disturb each other", async () => {
  await using db = await testDatabase();
  const days = daysAhead(START_MS);
  await Promise.all([1, 2, 3, 4].map(() => ensurePartitions(db.database, days)));
  expect(await ensurePartitions(db.database, days)).toEqual([]);
});

test("a small event's row stays whole, and nothing of it is compressed", async () => {
  await using db = await testDatabase();
  await ensurePartitions(db.database, [START_MS]);
  await db.database.query({
    text: `
      insert into events (project_id, event_id, issue_id, received_at, occurred_at, level, title, tags, grouping,
        payload_source, payload_encoding, payload_offset, payload_length, payload, search)
      select gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), $1, $1, 'error', 'title', '{}',
        jsonb_build_object('parts', repeat('frame ', 200)), 0, 4, 0, 0,
        (select string_agg(uuid_send(gen_random_uuid()), '') from generate_series(1, 100)), ''`,
    values: [new Date(START_MS)],
  });
  const { rows } = await db.database.query({
    text: `
      select pg_column_compression(e.grouping) as compression, pg_relation_size(c.reltoastrelid) as bytes_beside
      from events e, pg_class c where c.relname = $1`,
    values: [partitionName(START_MS)],
  });
  expect(rows).toEqual([{ compression: null, bytes_beside: 0 }]);
});

test("it is said of every column how finely a day's statistics look at it", async () => {
  await using db = await testDatabase();
  await ensurePartitions(db.database, [START_MS]);
  const { rows } = await db.database.query({
    text: `
      select attname as "column", attstattarget as target from pg_attribute
      where attrelid = $1::regclass and attnum > 0 and not attisdropped and coalesce(attstattarget, 100) > 20`,
    values: [partitionName(START_MS)],
  });
  expect(rows).toEqual([]);
});
