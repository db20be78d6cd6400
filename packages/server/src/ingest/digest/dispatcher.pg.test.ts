import { randomBytes, randomUUID } from "node:crypto";
import { setEnvironmentData } from "node:worker_threads";
import { createDataDir, testDatabase, waitUntil } from "@mesher/testkit";
import { expect, test } from "vitest";
import type { Database } from "../../db/database.ts";
import { createLog } from "../../runtime/log.ts";
import type { JournalEntry } from "../journal/entry.ts";
import { claimJournal, listStoredRanges } from "../journal/journal.queries.ts";
import { Journal } from "../journal/journal.ts";
import { quarantineEntry, retryQuarantined } from "../journal/quarantine.ts";
import { encodeRecord } from "../journal/record.ts";
import { DigestPool, type DigestPoolOptions } from "./digest-pool.ts";
import { Dispatcher } from "./dispatcher.ts";
import type { Telling } from "./tell.ts";

const projectId = randomUUID();
const DEADLY_WORKER = new URL("./fixtures/deadly-worker.ts", import.meta.url);
const MUTE_WORKER = new URL("./fixtures/mute-worker.ts", import.meta.url);
const HASTY_CLOCK_WORKER = new URL("./fixtures/hasty-clock-worker.ts", import.meta.url);
const UNTELLING_WORKER = new URL("./fixtures/untelling-worker.ts", import.meta.url);

function entryOf(message: string, event: Record<string, unknown> = {}): JournalEntry {
  const body = Buffer.from(JSON.stringify({ message, ...event }));
  const eventId = randomBytes(16).toString("hex");
  return {
    projectId,
    receivedAtMs: Date.now(),
    source: "sentry",
    encoding: "identity",
    events: [{ eventId, offset: 0, length: body.length }],
    body,
  };
}

/** One entry of several events. */
function bulkOf(entry: number, count: number): JournalEntry {
  const list = Array.from({ length: count }, (_, n) => Buffer.from(JSON.stringify({ message: `event ${entry}/${n}` })));
  let offset = 0;
  const events = list.map(({ length }) => {
    const eventId = randomBytes(16).toString("hex");
    offset += length;
    return { eventId, offset: offset - length, length };
  });
  return { ...entryOf(""), source: "native", events, body: Buffer.concat(list) };
}

/** What a journal is, if not this node's own of the usual size. */
interface Copied {
  readonly isCopy?: boolean;
  readonly segmentBytes?: number;
}

async function setUp({ isCopy = false, segmentBytes, ...more }: Partial<DigestPoolOptions> & Copied = {}) {
  await using stack = new AsyncDisposableStack();
  const db = stack.use(await testDatabase());
  const dataDir = stack.use(await createDataDir());
  const size = segmentBytes === undefined ? {} : { segmentBytes };
  const journal = await Journal.open({ directory: dataDir.path, bytesMax: 1e9, ...size, log: () => {} });
  stack.defer(() => journal.close());
  const deaths = { count: 0 };
  const log = createLog({ level: "error", format: "json" });
  const onWorkerDeath = () => {
    deaths.count += 1;
  };
  const pool = new DigestPool({
    databaseUrl: db.url,
    workers: 2,
    watchedProjects: () => [],
    onTold: () => expect.fail("nobody watches"),
    onWorkerDeath,
    log,
    ...more,
  });
  await pool.start();
  stack.defer(() => pool.stop());
  const claim = () => claimJournal(db.database, journal.id, "this node");
  const startDispatcher = async () => {
    const dispatcher: Dispatcher = new Dispatcher({
      journal,
      epoch: await claim(),
      isCopy,
      pool,
      quarantine: async (entry) => {
        await quarantineEntry(db.database, { id: journal.id, epoch: dispatcher.epoch }, entry);
      },
      onStored: () => {},
      onFenced: claim,
      log,
    });
    await dispatcher.start();
    return Object.assign(dispatcher, { [Symbol.asyncDispose]: () => dispatcher.stop() });
  };
  const dispatcher = stack.use(await startDispatcher());
  const all = stack.move();
  return {
    database: db.database,
    journal,
    dispatcher,
    /** One more in place of the first, which was abandoned. */
    dispatchAgain: startDispatcher,
    pool,
    deaths,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** Nothing is stored until it is disposed of, so that whatever comes waits. */
async function lockEvents(database: Database): Promise<AsyncDisposable> {
  const { client, release } = await database.acquire();
  await client.query("begin");
  await client.query("set local idle_in_transaction_session_timeout = 0");
  await client.query("lock table events in exclusive mode");
  return {
    [Symbol.asyncDispose]: async () => {
      await client.query("rollback");
      release();
    },
  };
}

/** The database refuses events of the title. `code`: as PostgreSQL says it. */
async function refuse(database: Database, title: string, { said, code }: { said: string; code: string }) {
  await database.query({
    text: `
      create function refuse_title() returns trigger language plpgsql as $$
      begin
        if new.title = '${title}' then raise exception '${said}' using errcode = '${code}'; end if;
        return new;
      end $$`,
  });
  await database.query({
    text: "create trigger refuse_title before insert on events for each row execute function refuse_title()",
  });
}

const storedMessages = async (database: Database) =>
  (await database.query<{ title: string }>({ text: "select title from events order by title" })).rows.map(
    ({ title }) => title,
  );

test("what is appended is stored, and leaves the journal", async () => {
  await using line = await setUp();
  await Promise.all(["a", "b", "c"].map((message) => line.journal.append(entryOf(message))));
  await waitUntil("the journal to be empty", async () => line.journal.depth === 0);
  expect(await storedMessages(line.database)).toEqual(["a", "b", "c"]);
});

test("what could not be read from the journal's disk is read again, though nothing else comes", async () => {
  await using line = await setUp();
  const lease = line.journal.lease.bind(line.journal);
  line.journal.lease = () => {
    line.journal.lease = lease;
    return Promise.reject(new Error("EIO: i/o error, read"));
  };
  await line.journal.append(entryOf("read at the second attempt"));
  await waitUntil("the journal to be empty", async () => line.journal.depth === 0);
  expect(await storedMessages(line.database)).toEqual(["read at the second attempt"]);
});

test("while many megabytes wait a second thread helps; with nothing to do it ends", async () => {
  await using line = await setUp({ idleMsMax: 10 });
  expect(line.pool.threads).toBe(1);
  const text = "x".repeat(50_000);
  // Starting takes longer than it may be idle, and is not idle.
  {
    await using _ = await lockEvents(line.database);
    await Promise.all(Array.from({ length: 1_000 }, () => line.journal.append(entryOf("large", { extra: { text } }))));
    await waitUntil("a second thread", async () => line.pool.threads === 2);
  }
  await waitUntil("the journal to be empty", async () => line.journal.depth === 0);
  expect(await storedMessages(line.database)).toHaveLength(1_000);
  await waitUntil("the end of the second thread", async () => line.pool.threads === 1);
  await line.journal.append(entryOf("small"));
  await waitUntil("the journal to be empty", async () => line.journal.depth === 0);
  expect(line.deaths.count).toBe(0);
});

test("an entry that kills its worker twice is quarantined alone; all others are stored, once", async () => {
  await using line = await setUp({ workerUrl: DEADLY_WORKER });
  const names = Array.from({ length: 40 }, (_, n) => `event ${String(n).padStart(2, "0")}`);
  await Promise.all([...names, "deadly-for-workers"].map((message) => line.journal.append(entryOf(message))));
  await waitUntil("the journal to be empty", async () => line.journal.depth === 0);

  expect(await storedMessages(line.database)).toEqual(names);
  const { rows } = await line.database.query<{ project_id: string; reason: string }>({
    text: "select project_id, reason from quarantined_entries",
  });
  expect(rows).toEqual([{ project_id: projectId, reason: expect.stringContaining("killed 2 workers") }]);
  const outcomes = await line.database.query<{ outcome: string; n: number }>({
    text: "select outcome, sum(count)::int as n from outcome_counts group by 1 order by 1",
  });
  expect(outcomes.rows).toEqual([
    { outcome: "quarantined", n: 1 },
    { outcome: "stored", n: 40 },
  ]);
  expect(line.deaths.count).toBeGreaterThanOrEqual(2);
});

test("[STREAM-01] a worker that dies between the commit and what it tells of it: what was stored stays stored once, and its projects are told a gap", async () => {
  const told: Telling[] = [];
  const watched = [projectId, randomUUID()].map((each) => ({ projectId: each, searches: [] }));
  await using line = await setUp({
    workerUrl: UNTELLING_WORKER,
    watchedProjects: () => watched,
    onTold: (tellings) => told.push(...tellings),
  });
  await Promise.all(["a", "b", "c"].map((message) => line.journal.append(entryOf(message))));
  await waitUntil("the journal to be empty", async () => line.journal.depth === 0);
  expect(await storedMessages(line.database)).toEqual(["a", "b", "c"]);
  expect(line.deaths.count).toBeGreaterThan(0);
  expect(told).toHaveLength(line.deaths.count);
  for (const telling of told) expect(telling).toEqual({ projectId, changes: [], isGap: true });
});

test("a worker that never answers for a batch is ended, and another one is given the batch: all is stored once", async () => {
  const lost = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  setEnvironmentData("lost answers", lost);
  await using line = await setUp({ workerUrl: MUTE_WORKER, answerMsMax: 6_000 });
  const names = ["a", "b", "c"];
  await Promise.all(names.map((message) => line.journal.append(entryOf(message))));
  await waitUntil("the journal to be empty", async () => line.journal.depth === 0);
  expect(new Int32Array(lost)[0]).toBe(1);
  expect(line.deaths.count).toBeGreaterThan(0);
  expect(await storedMessages(line.database)).toEqual(names);
});

test("a batch that cannot be handed to a worker comes back, though nothing else comes", async () => {
  let isBroken = true;
  await using line = await setUp({
    watchedProjects: () => {
      if (!isBroken) return [];
      isBroken = false;
      throw new Error("what is watched is not known");
    },
  });
  await line.journal.append(entryOf("handed over at the second attempt"));
  await waitUntil("the journal to be empty", async () => line.journal.depth === 0);
  expect(await storedMessages(line.database)).toEqual(["handed over at the second attempt"]);
});

test("a batch that takes too long to digest is stored in smaller ones; nobody dies, and one entry takes as long as it takes", async () => {
  await using line = await setUp({ workerUrl: HASTY_CLOCK_WORKER });
  await line.dispatcher.abandon();
  // Of those few of which each step is taken together there are several, so that there is time to look at the clock.
  const names = Array.from({ length: 150 }, (_, n) => `event ${String(n).padStart(3, "0")}`);
  await Promise.all(names.map((message) => line.journal.append(entryOf(message))));
  await using again = await line.dispatchAgain();
  await waitUntil("the journal to be empty", async () => line.journal.depth === 0);
  expect(again.isDatabaseAway).toBe(false);
  expect(await storedMessages(line.database)).toEqual(names);
  expect((await listStoredRanges(line.database, line.journal.id)).length).toBeGreaterThan(3);
  expect(line.deaths.count).toBe(0);
});

test("a batch that takes the database too long is stored in halves, and nothing of it is quarantined", async () => {
  await using line = await setUp();
  await line.dispatcher.abandon();
  await line.database.query({
    text: `
      create function refuse_many() returns trigger language plpgsql as $$
      begin
        if (select count(*) from added) > 3 then raise exception 'too long' using errcode = '57014'; end if;
        return null;
      end $$`,
  });
  await line.database.query({
    text: `
      create trigger refuse_many after insert on events referencing new table as added
      for each statement execute function refuse_many()`,
  });
  const names = Array.from({ length: 10 }, (_, n) => `event ${n}`);
  await Promise.all(names.map((message) => line.journal.append(entryOf(message))));
  await using again = await line.dispatchAgain();
  await waitUntil("the journal to be empty", async () => line.journal.depth === 0);
  expect(again.isDatabaseAway).toBe(false);
  expect(await storedMessages(line.database)).toEqual(names);
  expect((await line.database.query({ text: "select 1 from quarantined_entries" })).rowCount).toBe(0);
});

test("an entry the database refuses is found by halving and quarantined; all others are stored", async () => {
  await using line = await setUp();
  await refuse(line.database, "cursed", { said: "cursed", code: "22000" });
  const names = Array.from({ length: 30 }, (_, n) => `event ${String(n).padStart(2, "0")}`);
  await Promise.all([...names, "cursed"].map((message) => line.journal.append(entryOf(message))));
  await waitUntil("the journal to be empty", async () => line.journal.depth === 0);
  expect(await storedMessages(line.database)).toEqual(names);
  expect((await line.database.query({ text: "select 1 from quarantined_entries" })).rowCount).toBe(1);

  // Somebody mends the cause, and tries again.
  await line.database.query({ text: "drop trigger refuse_title on events" });
  expect(await retryQuarantined(line.database, line.journal, { projectId, limit: 10 })).toBe(1);
  await waitUntil("the journal to be empty", async () => line.journal.depth === 0);
  expect(await storedMessages(line.database)).toEqual(["cursed", ...names]);
  expect((await line.database.query({ text: "select 1 from quarantined_entries" })).rowCount).toBe(0);
  const { rows } = await line.database.query({
    text: "select outcome, sum(count)::int as n from outcome_counts group by 1 having sum(count) <> 0",
  });
  expect(rows).toEqual([{ outcome: "stored", n: 31 }]);
});

test("two people who send a quarantine on its way at once send each entry once", async () => {
  await using line = await setUp();
  await line.dispatcher.abandon();
  const names = ["a", "b", "c", "d", "e"];
  const epoch = await claimJournal(line.database, line.journal.id, "this node");
  for (const [n, name] of names.entries()) {
    const record = Buffer.concat(encodeRecord(entryOf(name)));
    // Sequences that the journal does not come to here.
    const entry = { firstSequence: 1_000 + n, record, reason: "broken" };
    expect(await quarantineEntry(line.database, { id: line.journal.id, epoch }, entry)).toBe(1);
    expect(await quarantineEntry(line.database, { id: line.journal.id, epoch }, entry)).toBe(0);
  }
  const retry = () => retryQuarantined(line.database, line.journal, { projectId, limit: 10 });
  const [first, second] = await Promise.all([retry(), retry()]);
  expect(first + second).toBe(5);

  await using again = await line.dispatchAgain();
  await waitUntil("the journal to be empty", async () => line.journal.depth === 0);
  expect(again.isDatabaseAway).toBe(false);
  expect(await storedMessages(line.database)).toEqual(names);
  const { rows } = await line.database.query({
    text: "select outcome, sum(count)::int as n from outcome_counts group by 1 having sum(count) <> 0",
  });
  expect(rows).toEqual([{ outcome: "stored", n: 5 }]);
});

test("a batch of many events is stored in smaller ones, however few entries they came in", async () => {
  await using line = await setUp();
  await line.dispatcher.abandon();
  await Promise.all(Array.from({ length: 60 }, (_, n) => line.journal.append(bulkOf(n, 100))));
  await using again = await line.dispatchAgain();
  await waitUntil("the journal to be empty", async () => line.journal.depth === 0);
  expect(again.isDatabaseAway).toBe(false);
  expect(await storedMessages(line.database)).toHaveLength(6_000);
  const ranges = await listStoredRanges(line.database, line.journal.id);
  expect(Math.max(...ranges.map(({ first, last }) => last - first + 1))).toBeLessThanOrEqual(20);
});

test("an entry that the database has no memory for keeps no other back, and is quarantined when others are stored again and again", async () => {
  await using line = await setUp();
  await refuse(line.database, "heavy", { said: "out of memory", code: "53200" });
  const stored: string[] = [];
  const store = async (message: string) => {
    await line.journal.append(entryOf(message));
    stored.push(message);
    await waitUntil(
      `${message} to be stored`,
      async () => (await storedMessages(line.database)).length === stored.length,
    );
  };
  await Promise.all(["event 00", "heavy", "event 01"].map((message) => line.journal.append(entryOf(message))));
  stored.push("event 00", "event 01");
  await waitUntil("the others to be stored", async () => line.journal.depth === 1);
  for (let n = 2; line.journal.depth > 0; n += 1) await store(`event ${String(n).padStart(2, "0")}`);
  expect(await storedMessages(line.database)).toEqual(stored);
  // Too often at once would be a database that is short of memory for everybody.
  expect(stored.length).toBeGreaterThan(5);
  const { rows } = await line.database.query({ text: "select reason from quarantined_entries" });
  expect(rows).toEqual([{ reason: "too much for the database: error: out of memory" }]);
});

test("what is wrong with the database, and not with an entry, quarantines nothing", async () => {
  await using line = await setUp();
  await line.database.query({ text: "alter table issue_counters rename to issue_counters_away" });
  await line.journal.append(entryOf("patient"));
  await waitUntil("a failed try", async () => line.dispatcher.isDatabaseAway);
  await line.database.query({ text: "alter table issue_counters_away rename to issue_counters" });
  await waitUntil("the journal to be empty", async () => line.journal.depth === 0);
  expect(await storedMessages(line.database)).toEqual(["patient"]);
  expect((await line.database.query({ text: "select 1 from quarantined_entries" })).rowCount).toBe(0);
});

test("a journal that another node has claimed is not stored from here until it is claimed back, and then nothing twice", async () => {
  await using line = await setUp();
  const names = Array.from({ length: 40 }, (_, n) => `event ${String(n).padStart(2, "0")}`);
  await Promise.all(names.slice(0, 20).map((message) => line.journal.append(entryOf(message))));
  await waitUntil("the journal to be empty", async () => line.journal.depth === 0);
  const other = await claimJournal(line.database, line.journal.id, "another node");
  await Promise.all(names.slice(20).map((message) => line.journal.append(entryOf(message))));
  await waitUntil("the journal to be empty", async () => line.journal.depth === 0);
  expect(await storedMessages(line.database)).toEqual(names);
  expect(line.dispatcher.epoch).toBeGreaterThan(other);
});

test("what another node stored of a batch is not stored again, and the rest is", async () => {
  await using line = await setUp();
  await line.dispatcher.abandon();
  const names = Array.from({ length: 30 }, (_, n) => `event ${String(n).padStart(2, "0")}`);
  await Promise.all(names.map((message) => line.journal.append(entryOf(message))));
  const first = await line.journal.lease(1, 1);
  if (first === undefined) throw new Error("nothing leased");
  line.journal.returned(first);
  const from = first.firstSequence + 7;
  await line.database.query({
    text: "insert into journal_batches (journal_id, first_sequence, last_sequence) values ($1, $2, $3)",
    values: [line.journal.id, from, from + 4],
  });
  await using again = await line.dispatchAgain();
  await waitUntil("the journal to be empty", async () => line.journal.depth === 0);
  expect(again.isDatabaseAway).toBe(false);
  expect(await storedMessages(line.database)).toEqual([...names.slice(0, 7), ...names.slice(12)]);
  expect((await listStoredRanges(line.database, line.journal.id)).length).toBeGreaterThan(2);
});

test.each([false, true])(
  "the database forgets what a journal has erased, but not what a copy of it has: %s",
  async (isCopy) => {
    await using line = await setUp({ isCopy, segmentBytes: 64 * 1024 });
    // A segment is erased when it is done and another is written.
    const messages = Array.from({ length: 24 }, (_, n) => `event ${n} ${"x".repeat(8_000)}`);
    for (const message of messages) {
      await line.journal.append(entryOf(message));
      await waitUntil("the journal to be empty", async () => line.journal.depth === 0);
    }
    const ranges = await listStoredRanges(line.database, line.journal.id);
    const remembered = ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
    if (isCopy) expect(remembered).toBe(messages.length);
    else expect(remembered).toBeLessThan(messages.length);
  },
);

test("JSON that cannot be read and JSON that is no event are the outcome `invalid`", async () => {
  await using line = await setUp();
  const broken = { ...entryOf("x"), body: Buffer.from('{"message":') };
  const list = { ...entryOf("x"), body: Buffer.from("[1]") };
  // Several of a kind in one batch.
  const entries = [broken, list, broken, list, broken].map(({ body, events, ...rest }) => ({
    ...rest,
    body,
    events: events.map((event) => ({ ...event, length: body.length })),
  }));
  await Promise.all(entries.map((entry) => line.journal.append(entry)));
  await waitUntil("the journal to be empty", async () => line.journal.depth === 0);
  const { rows } = await line.database.query({
    text: "select outcome, reason, count from outcome_counts order by reason",
  });
  expect(rows).toEqual([
    { outcome: "invalid", reason: "json", count: 3 },
    { outcome: "invalid", reason: "not_an_event", count: 2 },
  ]);
});
