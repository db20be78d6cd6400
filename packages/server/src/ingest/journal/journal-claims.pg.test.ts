import { randomUUID } from "node:crypto";
import { testDatabase, waitUntil } from "@mesher/testkit";
import { expect, test } from "vitest";
import { withTransaction } from "../../db/transaction.ts";
import { claimJournal, holdJournal, JournalFencedError } from "./journal.queries.ts";

test("who claims a journal waits for those that store from it, and for none that come after", async () => {
  await using db = await testDatabase();
  const { database } = db;
  const journalId = randomUUID();
  const epoch = await claimJournal(database, journalId, "standing in");
  const waiting = async () =>
    (
      await database.query({
        text: "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      })
    ).rowCount;

  const stores = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const first = withTransaction(database, async (tx) => {
    await holdJournal(tx, journalId, epoch);
    held.resolve();
    await stores.promise;
  });
  await held.promise;
  const claim = claimJournal(database, journalId, "owner");
  await waitUntil("the claim to wait", async () => (await waiting()) === 1);
  const later = withTransaction(database, (tx) => holdJournal(tx, journalId, epoch)).catch((error: unknown) => error);
  await waitUntil("the next one to wait behind it", async () => (await waiting()) === 2);
  stores.resolve();
  await first;
  expect(await claim).toBe(epoch + 1);
  expect(await later).toBeInstanceOf(JournalFencedError);
});
