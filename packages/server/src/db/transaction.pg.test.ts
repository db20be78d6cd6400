import { BlackholeProxy, testDatabase } from "@mesher/testkit";
import { expect, test } from "vitest";
import { type Database, openDatabase } from "./database.ts";
import { CommitUnknownError, isTransient, PG, sqlState, TransactionTimeoutError } from "./errors.ts";
import { type Transaction, withTransaction } from "./transaction.ts";

const log = (): void => undefined;

test("all of the work is stored, or nothing", async () => {
  await using db = await notesDatabase();
  await withTransaction(db.database, (tx) => note(tx, "kept"));
  const refusal = new Error("no");
  const refused = withTransaction(db.database, async (tx) => {
    await note(tx, "lost");
    throw refusal;
  });
  await expect(refused).rejects.toBe(refusal);
  expect(await notes(db.database)).toEqual(["kept"]);
});

test("a failed statement that the work hid does not end in a silent rollback", async () => {
  await using db = await notesDatabase();
  const spoilt = withTransaction(db.database, async (tx) => {
    await note(tx, "same");
    await expect(note(tx, "same")).rejects.toSatisfy((error) => sqlState(error) === PG.uniqueViolation);
  });
  await expect(spoilt).rejects.toThrow(/rolled back/);
  expect(await notes(db.database)).toEqual([]);
});

test("a connection that ends within the work is not used again", async () => {
  await using db = await notesDatabase(1);
  const killed = withTransaction(db.database, (tx) =>
    tx.query({ text: "select pg_terminate_backend(pg_backend_pid())" }),
  );
  await expect(killed).rejects.toSatisfy(isTransient);
  await withTransaction(db.database, (tx) => note(tx, "after"));
  expect(await notes(db.database)).toEqual(["after"]);
});

test("a transaction that takes too long is ended and rolled back", async () => {
  await using db = await notesDatabase(1);
  const slow = withTransaction(
    db.database,
    async (tx) => {
      await note(tx, "slow");
      await tx.query({ text: "select pg_sleep(20)" });
    },
    { timeoutMs: 100 },
  );
  await expect(slow).rejects.toBeInstanceOf(TransactionTimeoutError);
  await withTransaction(db.database, (tx) => note(tx, "after"));
  expect(await notes(db.database)).toEqual(["after"]);
});

test("a database that goes silent within the work ends the transaction in time", async () => {
  await using db = await notesDatabase();
  await using proxy = await BlackholeProxy.inFrontOf(db.url);
  await using database = openDatabase({ url: proxy.url, applicationName: "test", log });
  const work = async (tx: Transaction): Promise<void> => {
    proxy.goSilent();
    await note(tx, "silent");
  };
  await expect(withTransaction(database, work, { timeoutMs: 200 })).rejects.toBeInstanceOf(TransactionTimeoutError);
  proxy.heal();
  await withTransaction(database, (tx) => note(tx, "after"));
  expect(await notes(db.database)).toEqual(["after"]);
});

test("a commit whose answer is lost says that nobody knows", async () => {
  await using db = await notesDatabase();
  await using proxy = await BlackholeProxy.inFrontOf(db.url);
  await using database = openDatabase({ url: proxy.url, applicationName: "test", log });
  const work = async (tx: Transaction): Promise<void> => {
    await note(tx, "perhaps");
    proxy.goSilent();
  };
  const commit = withTransaction(database, work, { timeoutMs: 2_000 });
  await expect(commit).rejects.toBeInstanceOf(CommitUnknownError);
  await expect(commit).rejects.toSatisfy(isTransient);
});

async function notesDatabase(poolSize = 3) {
  const db = await testDatabase({ poolSize });
  await db.database.query({ text: "create table notes (text text primary key)" });
  return db;
}

function note(tx: Transaction, text: string): Promise<unknown> {
  return tx.query({ name: "test.note", text: "insert into notes values ($1)", values: [text] });
}

async function notes(database: Database): Promise<string[]> {
  const { rows } = await database.query<{ text: string }>({ text: "select text from notes order by text" });
  return rows.map(({ text }) => text);
}
