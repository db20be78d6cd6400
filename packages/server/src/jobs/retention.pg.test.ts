import { randomBytes, randomUUID } from "node:crypto";
import { testDatabase } from "@mesher/testkit";
import { expect, test } from "vitest";
import type { Database } from "../db/database.ts";
import { withTransaction } from "../db/transaction.ts";
import { DAY_MS, daysAhead, ensurePartitions, keptSinceMs, partitionName } from "../events/partitions.ts";
import { type InTransaction, JobIncompleteError, LeaseLostError } from "./job.ts";
import { partitionsJob } from "./partitions-job.ts";
import { COUNTS_DAYS, JOURNALS_DAYS, type RetentionDependencies, removeExpired } from "./retention.ts";

const NOW_MS = Date.UTC(2031, 4, 15, 12);
const HOUR_MS = 3_600_000;
const never = new AbortController().signal;

/** Small chunks, so that a test has several. */
const LIMITS = { rowsPerChunk: 3, pauseMs: 0, lockMs: 50, lockAttempts: 1 };

async function prepare() {
  const db = await testDatabase();
  const { database } = db;
  const write: InTransaction = (work) => withTransaction(database, work);
  const count = async (text: string, values: readonly unknown[] = []) =>
    (await database.query<{ n: number }>({ text: `select count(*)::int as n from ${text}`, values })).rows[0]?.n;
  return {
    database,
    run: (nowMs = NOW_MS, more: Partial<RetentionDependencies> = {}) =>
      removeExpired({ database, write, limits: LIMITS, ...more }, { nowMs, signal: never }),
    write,
    count,
    eventsOf: (projectId: string) => count("events where project_id = $1", [projectId]),
    [Symbol.asyncDispose]: () => db[Symbol.asyncDispose](),
  };
}

async function createProject(database: Database, retentionDays: number): Promise<string> {
  const slug = randomBytes(6).toString("hex");
  const { rows } = await database.query<{ id: string }>({
    text: `
      with made as (insert into organizations (slug, name) values ($1, $1) returning id)
      insert into projects (organization_id, slug, name, retention_days) select id, $1, $1, $2 from made returning id`,
    values: [slug, retentionDays],
  });
  return rows[0]?.id ?? "";
}

async function addEvents(database: Database, projectId: string, atMs: number, events = 1): Promise<void> {
  await ensurePartitions(database, [atMs]);
  await database.query({
    text: `insert into events (project_id, event_id, issue_id, received_at, occurred_at, level, title, tags, grouping,
        payload_source, payload_encoding, payload_offset, payload_length, payload, search)
      select $1, gen_random_uuid(), $2, $3, $3, 'error', 'x', '{}', '{}', 0, 0, 0, 2, '{}', ''
      from generate_series(1, $4)`,
    values: [projectId, randomUUID(), new Date(atMs), events],
  });
}

/** A disk on which no more rows of a table are deleted in the time of a statement. */
async function allowAtOnce(database: Database, table: string, rows: number): Promise<void> {
  await database.query({
    text: `create function run_out_of_time() returns trigger language plpgsql as $$ begin
      if (select count(*) from gone) > ${rows} then raise 'statement timeout' using errcode = 'query_canceled'; end if;
      return null; end $$`,
  });
  await database.query({
    text: `create trigger run_out_of_time after delete on ${table} referencing old table as gone
      for each statement execute function run_out_of_time()`,
  });
}

test("[RETAIN-01] [C-107] each project keeps its days, and a day that no project keeps is dropped with its disk space", async () => {
  await using db = await prepare();
  const week = await createProject(db.database, 7);
  const quarter = await createProject(db.database, 90);
  for (const daysAgo of [0, 6, 7, 8, 30, 89, 90, 91, 120]) {
    for (const projectId of [week, quarter]) await addEvents(db.database, projectId, NOW_MS - daysAgo * DAY_MS, 5);
  }
  const result = await db.run();
  expect([await db.eventsOf(week), await db.eventsOf(quarter)]).toEqual([3 * 5, 7 * 5]);
  expect(result).toMatchObject({
    partitions_dropped: [partitionName(NOW_MS - 120 * DAY_MS), partitionName(NOW_MS - 91 * DAY_MS)],
    events_deleted: 4 * 5,
    bytes_reusable: 4 * 5 * 2,
  });
  expect(result.bytes_freed).toBeGreaterThan(0);
  expect(await db.count("pg_class where relname = $1", [partitionName(NOW_MS - 91 * DAY_MS)])).toBe(0);
  expect(await db.run()).toMatchObject({ partitions_dropped: [], events_deleted: 0, bytes_freed: 0 });
});

test("an event is kept for its whole retention, and no more than a day longer", async () => {
  expect(keptSinceMs(30, NOW_MS)).toBe(Date.UTC(2031, 3, 15));
  expect(keptSinceMs(30, Date.UTC(2031, 4, 15))).toBe(Date.UTC(2031, 3, 15));
});

test("[RETAIN-02] issues and their counts stay when all their events are gone; entries nobody could digest go with them", async () => {
  await using db = await prepare();
  const projectId = await createProject(db.database, 30);
  const issueId = randomUUID();
  const old = new Date(NOW_MS - 40 * DAY_MS);
  await addEvents(db.database, projectId, old.getTime(), 4);
  const insert = (text: string, more: readonly unknown[]) =>
    db.database.query({ text, values: [projectId, issueId, ...more] });
  await insert(
    "insert into issues (project_id, id, title, culprit, level, platform, grouping) values ($1, $2, 'x', '', 'error', 'node', '{}')",
    [],
  );
  await insert(
    "insert into issue_counters (project_id, issue_id, event_count, first_seen, last_seen) values ($1, $2, 4, $3, $3)",
    [old],
  );
  await insert("insert into issue_counts values ($1, $2, $3, 4)", [old]);
  await insert(
    "insert into quarantined_entries (project_id, journal_id, sequence, received_at, reason, record) values ($1, $2, 1, $3, 'x', '')",
    [old],
  );
  expect(await db.run()).toMatchObject({ quarantined_deleted: 1, counts_deleted: 0 });
  expect(await db.eventsOf(projectId)).toBe(0);
  for (const table of ["issues", "issue_counters where event_count = 4", "issue_counts where count = 4"])
    expect(await db.count(table)).toBe(1);
});

test("hourly counts go when they are older than any chart; what is counted for ever stays", async () => {
  await using db = await prepare();
  const projectId = await createProject(db.database, 30);
  const id = randomUUID();
  const add = (text: string, ...values: readonly unknown[]) =>
    db.database.query({ text, values: [projectId, ...values] });
  const boundMs = NOW_MS - COUNTS_DAYS * DAY_MS;
  for (const hour of [new Date(boundMs - HOUR_MS), new Date(boundMs)]) {
    // More than a chunk.
    for (const level of ["fatal", "error", "warning", "info"])
      await add("insert into event_counts values ($1, $2, $3, 1)", hour, level);
    await add("insert into issue_counts values ($1, $2, $3, 1)", id, hour);
    await add("insert into fingerprint_counts values ($1, $2, $3, 1)", id, hour);
    await add(
      "insert into outcome_counts (project_id, hour, outcome, category, count) values ($1, $2, 'stored', 'error', 1)",
      hour,
    );
    await add("insert into tag_counts values ($1, $2, 'a', 'b', 1)", hour);
    await add("insert into user_sketches values ($1, $2, $3, '')", id, hour);
  }
  await add("insert into user_sketches values ($1, $2, 'infinity', '')", id);
  expect(await db.run()).toMatchObject({ counts_deleted: 9 });
  for (const table of ["issue_counts", "fingerprint_counts", "outcome_counts", "tag_counts"])
    expect([table, await db.count(table)]).toEqual([table, 1]);
  expect(await db.count("event_counts")).toBe(4);
  expect(await db.count("user_sketches")).toBe(2);
});

test("[F.4-11] [C-87] over eight days of storing, cleaning up and making days, every event finds its day and none is kept too long", async () => {
  await using db = await prepare();
  const projectId = await createProject(db.database, 2);
  await ensurePartitions(db.database, daysAhead(NOW_MS));
  const make = partitionsJob(db.database);
  const insertWithoutMaking = (atMs: number) =>
    db.database.query({
      text: `insert into events (project_id, event_id, issue_id, received_at, occurred_at, level, title, tags, grouping,
          payload_source, payload_encoding, payload_offset, payload_length, payload, search)
        values ($1, gen_random_uuid(), $1, $2, $2, 'error', 'x', '{}', '{}', 0, 0, 0, 2, '{}', '')`,
      values: [projectId, new Date(atMs)],
    });
  for (let day = 0; day < 8; day += 1) {
    const nowMs = NOW_MS + day * DAY_MS;
    if (make.kind === "lease") await make.run(db.write, { nowMs, signal: never });
    await insertWithoutMaking(nowMs);
    // The last day that must be there although nobody makes one for six days.
    await insertWithoutMaking(nowMs + 6 * DAY_MS);
    await db.run(nowMs);
    expect(await db.count("events where received_at < $1", [new Date(keptSinceMs(2, nowMs))])).toBe(0);
    expect(await db.count("events where received_at = $1", [new Date(nowMs)])).toBeGreaterThan(0);
  }
  const { rows } = await db.database.query<{ name: string }>({
    text: "select inhrelid::regclass::text as name from pg_inherits where inhparent = 'events'::regclass order by 1",
  });
  // Two days that are kept, today, and six ahead.
  expect(rows.map(({ name }) => name)).toEqual(
    Array.from({ length: 9 }, (_, index) => partitionName(NOW_MS + (5 + index) * DAY_MS)),
  );
});

test("[C-107] one project's fault does not keep the others' old events", async () => {
  await using db = await prepare();
  const [broken, sound] = [await createProject(db.database, 7), await createProject(db.database, 8)];
  await createProject(db.database, 90);
  const atMs = NOW_MS - 20 * DAY_MS;
  await addEvents(db.database, broken, atMs, 4);
  await addEvents(db.database, sound, atMs, 4);
  await db.database.query({
    text: `create function refuse() returns trigger language plpgsql as $$ begin raise 'this row cannot be deleted'; end $$`,
  });
  await db.database.query({
    text: `create trigger refuse before delete on ${partitionName(atMs)} for each row when (old.project_id = '${broken}') execute function refuse()`,
  });
  const fault: unknown = await db.run().catch((error: unknown) => error);
  expect(fault).toBeInstanceOf(JobIncompleteError);
  expect(fault).toMatchObject({
    message: expect.stringMatching(/could not do 1 parts.*project [0-9a-f]{12}: error: this row cannot be deleted/),
    result: { events_deleted: 4 },
  });
  expect([await db.eventsOf(broken), await db.eventsOf(sound)]).toEqual([4, 0]);
});

test("what a statement has no time to delete at once is deleted a few at a time", async () => {
  await using db = await prepare();
  const projectId = await createProject(db.database, 7);
  await createProject(db.database, 90);
  const atMs = NOW_MS - 20 * DAY_MS;
  await addEvents(db.database, projectId, atMs, 10);
  await allowAtOnce(db.database, partitionName(atMs), 2);
  expect(await db.run(NOW_MS, { limits: { ...LIMITS, rowsPerChunk: 100 } })).toMatchObject({ events_deleted: 10 });
  expect(await db.eventsOf(projectId)).toBe(0);
});

test("what is known of journals goes when nobody has used them for long", async () => {
  await using db = await prepare();
  await db.database.query({
    text: `
      insert into journals (id, node, seen_at)
      select gen_random_uuid(), 'node', $1::timestamptz - make_interval(days => days) from unnest($2::int[]) as days`,
    values: [new Date(NOW_MS), [0, JOURNALS_DAYS - 1, JOURNALS_DAYS + 1]],
  });
  expect(await db.run()).toMatchObject({ journal_rows_deleted: 1 });
  expect(await db.count("journals")).toBe(2);
});

test("a day that somebody reads is left until the next run, and the rest is done", async () => {
  await using db = await prepare();
  const projectId = await createProject(db.database, 30);
  const [readMs, otherMs] = [NOW_MS - 60 * DAY_MS, NOW_MS - 50 * DAY_MS];
  await addEvents(db.database, projectId, readMs);
  await addEvents(db.database, projectId, otherMs);
  await withTransaction(db.database, async (reader) => {
    await reader.query({ text: `select from ${partitionName(readMs)}` });
    await expect(db.run()).rejects.toMatchObject({
      name: "JobIncompleteError",
      result: { partitions_dropped: [partitionName(otherMs)] },
    });
  });
  expect(await db.run()).toMatchObject({ partitions_dropped: [partitionName(readMs)] });
});

test("[SD-53] retention that runs on several nodes at once does no harm", async () => {
  await using db = await prepare();
  const [week, quarter] = [await createProject(db.database, 7), await createProject(db.database, 90)];
  for (const daysAgo of [1, 20, 30, 95, 100]) {
    for (const projectId of [week, quarter]) await addEvents(db.database, projectId, NOW_MS - daysAgo * DAY_MS, 20);
  }
  const results = await Promise.allSettled([db.run(), db.run(), db.run()]);
  // One that waited too long for the others' locks says so, and its next run finds nothing to do.
  for (const { status, ...rest } of results)
    if (status === "rejected") expect(rest).toMatchObject({ reason: { name: "JobIncompleteError" } });
  await db.run();
  expect([await db.eventsOf(week), await db.eventsOf(quarter)]).toEqual([20, 60]);
});

test("a run whose lease is lost ends at once", async () => {
  await using db = await prepare();
  const [first, second] = [await createProject(db.database, 7), await createProject(db.database, 8)];
  await createProject(db.database, 90);
  await addEvents(db.database, first, NOW_MS - 20 * DAY_MS, 4);
  await addEvents(db.database, second, NOW_MS - 20 * DAY_MS, 4);
  let writes = 0;
  const write: InTransaction = (work) => {
    writes += 1;
    if (writes === 2) throw new LeaseLostError("another node runs it");
    return db.write(work);
  };
  await expect(db.run(NOW_MS, { write })).rejects.toBeInstanceOf(LeaseLostError);
  expect(writes).toBe(2);
  expect(await db.eventsOf(second)).toBe(4);
});
