import { randomUUID } from "node:crypto";
import { testDatabase } from "@mesher/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Database } from "../../db/database.ts";
import { DAY_MS, daysAhead, ensurePartitions } from "../../events/partitions.ts";
import { BatchOverlapError, claimJournal, JournalFencedError } from "../journal/journal.queries.ts";
import type { DigestedEvent } from "./digested-event.ts";
import { type DigestedBatch, storeBatch } from "./store.ts";
import { eventOf, newFingerprint } from "./store-testing.ts";

let db: Awaited<ReturnType<typeof testDatabase>>;
let database: Database;
beforeAll(async () => {
  db = await testDatabase();
  database = db.database;
  await ensurePartitions(database, daysAhead(Date.now()));
  await claimJournal(database, journalId, "this node");
});
afterAll(() => db[Symbol.asyncDispose]());

const journalId = randomUUID();
let nextSequence = 1;

function batchOf(...events: DigestedEvent[]): DigestedBatch {
  const firstSequence = nextSequence;
  nextSequence += events.length;
  return { journalId, epoch: 1, firstSequence, lastSequence: nextSequence - 1, doneThrough: 0, events, outcomes: [] };
}

const one = async <T>(text: string, values: unknown[]) => (await database.query<T>({ text, values })).rows[0];
const countersOf = (projectId: string) =>
  one<{ issues: number; events: number }>(
    "select count(*)::int as issues, coalesce(sum(event_count), 0)::int as events from issue_counters where project_id = $1",
    [projectId],
  );
const outcomeOf = async (projectId: string, outcome: string) =>
  (
    await one<{ n: number }>(
      "select coalesce(sum(count), 0)::int as n from outcome_counts where project_id = $1 and outcome = $2",
      [projectId, outcome],
    )
  )?.n;

test("the first event of a fingerprint makes the issue, those after it repeat it", async () => {
  const projectId = randomUUID();
  const fingerprint = newFingerprint();
  const first = await storeBatch(database, batchOf(eventOf(projectId, fingerprint), eventOf(projectId, fingerprint)));
  const second = await storeBatch(database, batchOf(eventOf(projectId, fingerprint)));
  expect(first.stored.map(({ occasion }) => occasion)).toEqual(["new_issue", "repeat"]);
  expect(second.stored.map(({ occasion }) => occasion)).toEqual(["repeat"]);
  expect(await countersOf(projectId)).toEqual({ issues: 1, events: 3 });
});

test("a batch that is stored already is not stored again, nor is a piece of it", async () => {
  const projectId = randomUUID();
  const batch = batchOf(eventOf(projectId, newFingerprint()), eventOf(projectId, newFingerprint()));
  await storeBatch(database, batch);
  const again = await storeBatch(database, batch);
  const piece = await storeBatch(database, {
    ...batch,
    firstSequence: batch.lastSequence,
    events: batch.events.slice(1),
  });
  expect([again.stored, piece.stored]).toEqual([[], []]);
  expect(await countersOf(projectId)).toEqual({ issues: 2, events: 2 });
  expect(await outcomeOf(projectId, "duplicate")).toBe(0);
});

test("a batch of which a part is stored is refused, and one whose journal another node has claimed since is, too", async () => {
  const projectId = randomUUID();
  const batch = batchOf(eventOf(projectId, newFingerprint()), eventOf(projectId, newFingerprint()));
  await storeBatch(database, { ...batch, lastSequence: batch.firstSequence, events: batch.events.slice(0, 1) });
  await expect(storeBatch(database, batch)).rejects.toThrow(BatchOverlapError);
  const taken = randomUUID();
  const epoch = await claimJournal(database, taken, "its owner");
  expect(await claimJournal(database, taken, "another node")).toBeGreaterThan(epoch);
  await expect(storeBatch(database, { ...batch, journalId: taken, epoch })).rejects.toThrow(JournalFencedError);
  expect(await countersOf(projectId)).toEqual({ issues: 1, events: 1 });
});

test("the same event id later, in the same batch, or the day before is a duplicate and counts nothing", async () => {
  const projectId = randomUUID();
  const fingerprint = newFingerprint();
  await ensurePartitions(database, [Date.now() - DAY_MS]);
  const yesterday = eventOf(projectId, fingerprint, { receivedAtMs: Date.now() - DAY_MS });
  const today = eventOf(projectId, fingerprint);
  await storeBatch(database, batchOf(yesterday, today, { ...today, receivedAtMs: today.receivedAtMs + 5 }));
  const result = await storeBatch(
    database,
    batchOf({ ...today, receivedAtMs: today.receivedAtMs + 1_000 }, { ...yesterday, receivedAtMs: Date.now() }),
  );
  expect(result).toMatchObject({ stored: [], isReplay: false, signals: 0 });
  expect(new Set(result.outcomes.map(({ outcome }) => outcome))).toEqual(new Set(["duplicate"]));
  expect(result.outcomes.reduce((sum, { count }) => sum + count, 0)).toBe(2);
  expect(await countersOf(projectId)).toEqual({ issues: 1, events: 2 });
  expect(await outcomeOf(projectId, "duplicate")).toBe(3);
});

test("the same id in two projects is two events", async () => {
  const [a, b] = [randomUUID(), randomUUID()];
  const event = eventOf(a, newFingerprint());
  await storeBatch(database, batchOf(event, { ...event, projectId: b }));
  expect([await countersOf(a), await countersOf(b)]).toEqual([
    { issues: 1, events: 1 },
    { issues: 1, events: 1 },
  ]);
});

test("an event of a resolved issue makes it unresolved, and exactly one event is the regression", async () => {
  const projectId = randomUUID();
  const fingerprint = newFingerprint();
  await storeBatch(database, batchOf(eventOf(projectId, fingerprint)));
  await database.query({ text: "update issues set status = 'resolved' where project_id = $1", values: [projectId] });

  const results = await Promise.all(
    [1, 2, 3].map(() =>
      storeBatch(database, batchOf(eventOf(projectId, fingerprint), eventOf(projectId, fingerprint))),
    ),
  );
  const occasions = results.flatMap(({ stored }) => stored.map(({ occasion }) => occasion));
  expect(occasions.toSorted()).toEqual(["regression", "repeat", "repeat", "repeat", "repeat", "repeat"]);
  expect(
    await one("select status, regressed_at is not null as regressed from issues where project_id = $1", [projectId]),
  ).toEqual({
    status: "unresolved",
    regressed: true,
  });
});

test("events of a discarded issue are dropped, uncounted but accounted for", async () => {
  const projectId = randomUUID();
  const fingerprint = newFingerprint();
  await storeBatch(database, batchOf(eventOf(projectId, fingerprint)));
  await database.query({ text: "update issues set status = 'discarded' where project_id = $1", values: [projectId] });
  const result = await storeBatch(
    database,
    batchOf(eventOf(projectId, fingerprint), eventOf(projectId, newFingerprint())),
  );
  expect(result.outcomes.map(({ outcome, count }) => [outcome, count])).toEqual([
    ["stored", 1],
    ["discarded", 1],
  ]);
  expect(result.stored).toHaveLength(1);
  expect(await countersOf(projectId)).toEqual({ issues: 2, events: 2 });
  expect(await outcomeOf(projectId, "discarded")).toBe(1);
});

test("a newer grouping version finds the issue of the older one", async () => {
  const projectId = randomUUID();
  const [older, newer] = [newFingerprint(), newFingerprint()];
  await storeBatch(database, batchOf(eventOf(projectId, older)));
  const result = await storeBatch(database, batchOf(eventOf(projectId, newer, { fingerprints: [newer, older] })));
  expect(result.stored[0]?.occasion).toBe("repeat");
  expect(await countersOf(projectId)).toEqual({ issues: 1, events: 2 });
});

test("[GROUP-04] [GROUP-05] many batches at once on few fingerprints make each issue once and count exactly", async () => {
  const projectId = randomUUID();
  const fingerprints = Array.from({ length: 7 }, newFingerprint);
  const batches = Array.from({ length: 24 }, (_, b) =>
    batchOf(...Array.from({ length: 40 }, (__, e) => eventOf(projectId, fingerprints[(b * 3 + e * 5) % 7] ?? ""))),
  );
  const results = await Promise.all(batches.map((batch) => storeBatch(database, batch)));
  const news = results.flatMap(({ stored }) => stored).filter(({ occasion }) => occasion === "new_issue");
  expect(news).toHaveLength(7);
  expect(await countersOf(projectId)).toEqual({ issues: 7, events: 24 * 40 });
  const { rows } = await database.query<{ right: boolean }>({
    text: `select event_count = (select count(*) from events e where e.project_id = c.project_id and e.issue_id = c.issue_id) as right
      from issue_counters c where project_id = $1`,
    values: [projectId],
  });
  expect(rows.every(({ right }) => right)).toBe(true);
});

test("two nodes that store the same event ids at the same moment store each once", async () => {
  const projectId = randomUUID();
  const fingerprint = newFingerprint();
  const events = Array.from({ length: 60 }, () => eventOf(projectId, fingerprint));
  const results = await Promise.all([1, 2, 3].map(() => storeBatch(database, batchOf(...events))));
  expect(results.reduce((sum, { stored }) => sum + stored.length, 0)).toBe(60);
  const duplicates = results.flatMap(({ outcomes }) => outcomes).filter(({ outcome }) => outcome === "duplicate");
  expect(duplicates.reduce((sum, { count }) => sum + count, 0)).toBe(120);
  expect(await countersOf(projectId)).toEqual({ issues: 1, events: 60 });
});

test("claims are forgotten once the journal has forgotten the entries", async () => {
  const batch = batchOf(eventOf(randomUUID(), newFingerprint()));
  await storeBatch(database, batch);
  await storeBatch(database, { ...batchOf(eventOf(randomUUID(), newFingerprint())), doneThrough: batch.lastSequence });
  const left = await one("select 1 from journal_batches where journal_id = $1 and last_sequence <= $2", [
    journalId,
    batch.lastSequence,
  ]);
  expect(left).toBeUndefined();
});

test("outcomes of one kind are summed, however often a batch names them", async () => {
  const projectId = randomUUID();
  const invalid = { projectId, hourMs: 0, outcome: "invalid", category: "error", reason: "json", count: 1 } as const;
  await storeBatch(database, {
    ...batchOf(eventOf(projectId, newFingerprint())),
    outcomes: [invalid, invalid, { ...invalid, reason: "not_an_event" }],
  });
  expect(await outcomeOf(projectId, "invalid")).toBe(3);
});
