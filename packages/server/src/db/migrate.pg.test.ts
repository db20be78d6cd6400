import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createDataDir, testDatabase } from "@mesher/testkit";
import { expect, test } from "vitest";
import { type Database, openDatabase } from "./database.ts";
import { MigrationError, migrate } from "./migrate.ts";

const log = (): void => undefined;

const FILES = {
  "0001_first.sql": "create table first (id integer); insert into first values (1);",
  "0002_second.sql": "create table second (id integer); insert into first values (2);",
};

test("nodes that start at once apply each migration once", async () => {
  await using db = await testDatabase({ empty: true });
  await using dir = await migrationsDir(FILES);
  const nodes = [1, 2, 3].map(() => openDatabase({ url: db.url, poolSize: 1, applicationName: "test", log }));
  const counts: number[] = [];

  const note = (_line: string, details?: object) => counts.push((details as { count: number }).count);
  await Promise.all(nodes.map((node) => migrate(node, note, dir.path)));
  await Promise.all(nodes.map((node) => node.close()));

  expect(counts.reduce((sum, count) => sum + count)).toBe(2);
  expect(await firstIds(db.database)).toEqual([1, 2]);
});

test("what was applied is told in one line, from where to where, also when the next one fails", async () => {
  await using db = await testDatabase({ empty: true });
  await using dir = await migrationsDir(FILES);
  const told: [line: string, details?: object][] = [];
  const note = (...line: [string, object?]) => told.push(line);

  await migrate(db.database, note, dir.path);
  expect(told).toEqual([["Migrated database", { from: "nothing", to: "0002_second", count: 2 }]]);
  await migrate(db.database, note, dir.path);
  expect(told).toHaveLength(1);
  await writeFile(join(dir.path, "0003_third.sql"), "create table third (id integer)");
  await writeFile(join(dir.path, "0004_fourth.sql"), "select nonsense");
  await expect(migrate(db.database, note, dir.path)).rejects.toBeInstanceOf(MigrationError);
  expect(told[1]).toEqual(["Migrated database", { from: "0002_second", to: "0003_third", count: 1 }]);
});

test("a migration that fails leaves nothing, and names its file", async () => {
  await using db = await testDatabase({ empty: true });
  await using dir = await migrationsDir({
    ...FILES,
    "0002_second.sql": "insert into first values (3); select nonsense;",
  });
  const migrating = migrate(db.database, log, dir.path);
  await expect(migrating).rejects.toThrow(/0002_second\.sql failed: column "nonsense" does not exist/);
  expect(await firstIds(db.database)).toEqual([1]);
});

test("an applied migration that has changed is refused", async () => {
  await using db = await testDatabase({ empty: true });
  await using dir = await migrationsDir(FILES);
  await migrate(db.database, log, dir.path);
  await writeFile(join(dir.path, "0001_first.sql"), "create table other (id integer)");
  const migrating = migrate(db.database, log, dir.path);
  await expect(migrating).rejects.toBeInstanceOf(MigrationError);
  await expect(migrating).rejects.toThrow(/0001_first\.sql differs/);
});

test("a database that a newer version has migrated is refused", async () => {
  await using db = await testDatabase({ empty: true });
  await using dir = await migrationsDir(FILES);
  await migrate(db.database, log, dir.path);
  await rm(join(dir.path, "0002_second.sql"));
  await expect(migrate(db.database, log, dir.path)).rejects.toThrow(/0002_second, which this version .* does not know/);
});

test.each([
  ["a gap", { "0001_first.sql": "", "0003_third.sql": "" }, /0003_third should have number 2/],
  ["a wrong name", { "1_first.sql": "" }, /1_first\.sql is not named/],
])("migrations with %s are refused", async (_, files, message) => {
  await using db = await testDatabase({ empty: true });
  await using dir = await migrationsDir(files);
  await expect(migrate(db.database, log, dir.path)).rejects.toThrow(message);
});

test("the program's own migrations make a database from nothing", async () => {
  await using db = await testDatabase({ empty: true });
  await migrate(db.database, log);
  await expect(migrate(db.database, log)).resolves.toBeUndefined();
});

async function migrationsDir(files: Record<string, string>) {
  const dir = await createDataDir();
  await Promise.all(Object.entries(files).map(([name, sql]) => writeFile(join(dir.path, name), sql)));
  return dir;
}

async function firstIds(database: Database): Promise<number[]> {
  const { rows } = await database.query<{ id: number }>({ text: "select id from first order by id" });
  return rows.map(({ id }) => id);
}
