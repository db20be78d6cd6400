import { randomUUID } from "node:crypto";
import { testDatabase } from "@mesher/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Database } from "../../db/database.ts";
import { withTransaction } from "../../db/transaction.ts";
import { ensurePartitions } from "../../events/partitions.ts";
import { storeBatch } from "../store/store.ts";
import { eventOf, newFingerprint } from "../store/store-testing.ts";
import {
  claimJournal,
  condenseJournal,
  findJournalNode,
  holdJournal,
  JournalFencedError,
  listForgottenJournals,
  listStoredRanges,
  markJournalsSeen,
} from "./journal.queries.ts";

const DAY_MS = 86_400_000;
const BEFORE = new Date(Date.now() - 90 * DAY_MS);

/** As a journal whose node was lost so many days ago. */
async function leave(database: Database, journalId: string, days: number): Promise<void> {
  await database.query({
    text: "update journals set seen_at = now() - make_interval(days => $2) where id = $1",
    values: [journalId, days],
  });
}

const condense = (database: Database, journalId: string) =>
  withTransaction(database, (tx) => condenseJournal(tx, journalId, BEFORE));

test("the owner of a journal that was not seen for long stores what nobody has stored, and nothing twice", async () => {
  await using db = await testDatabase();
  const { database } = db;
  await ensurePartitions(database, [Date.now()]);
  const [journalId, projectId, fingerprint] = [randomUUID(), randomUUID(), newFingerprint()];
  const entries = Array.from({ length: 30 }, () => eventOf(projectId, fingerprint));
  const store = (epoch: number, firstSequence: number, lastSequence: number) =>
    storeBatch(database, {
      journalId,
      epoch,
      firstSequence,
      lastSequence,
      doneThrough: 0,
      events: entries.slice(firstSequence - 1, lastSequence),
      outcomes: [],
    });
  const counted = async () =>
    (await database.query({ text: "select sum(event_count)::int as events from issue_counters" })).rows;

  // Stored by its owner and by the one that stood in for it; of the last part there was no copy.
  await store(await claimJournal(database, journalId, "owner"), 1, 10);
  const standIn = await claimJournal(database, journalId, "stand-in");
  await store(standIn, 11, 15);
  await store(standIn, 16, 20);
  await leave(database, journalId, 91);
  expect(await condense(database, journalId)).toBe(2);
  expect(await listStoredRanges(database, journalId)).toEqual([{ first: 1, last: 20 }]);

  // What is kept of events may be gone by then, so their ids prove nothing.
  await database.query({ text: "delete from events" });
  const epoch = await claimJournal(database, journalId, "owner");
  for (const [first, last] of [
    [1, 10],
    [11, 20],
    [3, 17],
  ] as const)
    expect((await store(epoch, first, last)).stored).toEqual([]);
  expect((await store(epoch, 21, 30)).stored).toHaveLength(10);
  expect(await counted()).toEqual([{ events: 30 }]);
});

test("a journal of which nothing is to be remembered goes, and whoever still believes in an earlier claim is fenced", async () => {
  await using db = await testDatabase();
  const { database } = db;
  const journalId = randomUUID();
  const before = await claimJournal(database, journalId, "frozen");
  await leave(database, journalId, 91);
  expect(await listForgottenJournals(database, BEFORE, 10)).toEqual([journalId]);
  expect(await condense(database, journalId)).toBe(1);
  expect(await findJournalNode(database, journalId)).toBeUndefined();

  const hold = (epoch: number) => withTransaction(database, (tx) => holdJournal(tx, journalId, epoch));
  await expect(hold(before)).rejects.toThrow(JournalFencedError);
  const after = await claimJournal(database, journalId, "owner");
  expect(after).toBeGreaterThan(before);
  await expect(hold(before)).rejects.toThrow(JournalFencedError);
  await expect(hold(after)).resolves.toBeUndefined();
});

test("a journal that is in use stays as it is: seen lately, or stored from at this moment", async () => {
  await using db = await testDatabase();
  const { database } = db;
  const [seen, held] = [randomUUID(), randomUUID()];
  for (const id of [seen, held]) {
    await claimJournal(database, id, "somebody");
    await leave(database, id, 91);
  }
  await markJournalsSeen(database, [seen]);
  expect(await listForgottenJournals(database, BEFORE, 10)).toEqual([held]);
  expect(await condense(database, seen)).toBe(0);
  await withTransaction(database, async (tx) => {
    await tx.query({ text: "select from journals where id = $1 for share", values: [held] });
    expect(await condense(database, held)).toBe(0);
  });
  expect(await findJournalNode(database, held)).toBe("somebody");
});

test("joined claims cover what the claims covered, and no sequence more", async () => {
  await using db = await testDatabase();
  const { database } = db;
  // A batch, and how many entries were left out before it.
  const batches = fc.array(fc.record({ gap: fc.integer({ min: 0, max: 2 }), length: fc.integer({ min: 1, max: 5 }) }), {
    maxLength: 30,
  });
  await fc.assert(
    fc.asyncProperty(batches, async (lengths) => {
      const journalId = randomUUID();
      await claimJournal(database, journalId, "owner");
      const ranges: { first: number; last: number }[] = [];
      let next = 1;
      for (const { gap, length } of lengths) {
        ranges.push({ first: next + gap, last: next + gap + length - 1 });
        next += gap + length;
      }
      await database.query({
        text: "insert into journal_batches select $1, * from unnest($2::bigint[], $3::bigint[])",
        values: [journalId, ranges.map(({ first }) => first), ranges.map(({ last }) => last)],
      });
      await leave(database, journalId, 91);
      await condense(database, journalId);
      const kept = await listStoredRanges(database, journalId);
      expect(sequencesOf(kept)).toEqual(sequencesOf(ranges));
      expect(kept).toHaveLength(lengths.filter(({ gap }, index) => index === 0 || gap > 0).length);
      expect(await listForgottenJournals(database, BEFORE, 10)).toEqual([]);
    }),
    { numRuns: 50 },
  );
});

function sequencesOf(ranges: readonly { readonly first: number; readonly last: number }[]): number[] {
  return ranges
    .flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, index) => first + index))
    .toSorted((a, b) => a - b);
}
