import { randomUUID } from "node:crypto";
import { testDatabase } from "@mesher/testkit";
import { expect, test } from "vitest";
import type { Database } from "../db/database.ts";
import { withTransaction } from "../db/transaction.ts";
import type { InTransaction } from "./job.ts";
import { clearRemovedProjects, PROJECT_TABLES } from "./removed-projects.ts";

const writeTo =
  (database: Database): InTransaction =>
  (work) =>
    withTransaction(database, work);

const COUNT = "select count(*) as count from event_counts where project_id = $1";

async function addRemoved(database: Database, rows: number): Promise<string> {
  const projectId = randomUUID();
  await database.query({
    text: "insert into removed_projects (project_id, organization_id, slug) values ($1, $1, 'gone')",
    values: [projectId],
  });
  await addCounts(database, projectId, rows);
  return projectId;
}

async function addCounts(database: Database, projectId: string, rows: number): Promise<void> {
  await database.query({
    text: `insert into event_counts (project_id, hour, level, count)
      select $1, timestamptz '2026-01-01' + make_interval(hours => n), 'error', 1 from generate_series(1, $2::int) n`,
    values: [projectId, rows],
  });
}

const countOf = async (database: Database, text: string, ...values: unknown[]) =>
  (await database.query<{ count: number }>({ text, values })).rows[0]?.count;

test("every table with a project's rows is cleared, or loses them with the project", async () => {
  await using db = await testDatabase();
  const { rows } = await db.database.query<{ name: string }>({
    text: `
      select c.relname as name
      from pg_class c
      join pg_attribute a on a.attrelid = c.oid and a.attname = 'project_id'
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
        -- The log of changes is the organization's, and says what its projects were after they are gone.
        and c.relname not in ('removed_projects', 'audit_log')
        and not exists (
          select from pg_constraint k
          where k.conrelid = c.oid and k.confrelid = 'projects'::regclass and k.confdeltype = 'c')
      order by 1`,
  });
  expect(Object.keys(PROJECT_TABLES).sort()).toEqual(rows.map(({ name }) => name));
});

test("a removed project is cleared in chunks, and others keep their rows", async () => {
  await using db = await testDatabase();
  const { database } = db;
  const kept = randomUUID();
  await addCounts(database, kept, 5);
  const [first, second] = [await addRemoved(database, 25), await addRemoved(database, 5)];
  await clearRemovedProjects(writeTo(database), { rowsPerChunk: 10, chunks: 2, settleSeconds: 0 });
  expect(await countOf(database, COUNT, first)).toBe(5);
  await clearRemovedProjects(writeTo(database), { rowsPerChunk: 10, chunks: 10, settleSeconds: 0 });
  expect([await countOf(database, COUNT, first), await countOf(database, COUNT, second)]).toEqual([0, 0]);
  expect(await countOf(database, COUNT, kept)).toBe(5);
  expect(await countOf(database, "select count(*) as count from removed_projects where cleared_at is null")).toBe(0);
});

test("what is still stored after the removal is cleared too, until the project counts as cleared", async () => {
  await using db = await testDatabase();
  const { database } = db;
  const projectId = await addRemoved(database, 1);
  await clearRemovedProjects(writeTo(database));
  await addCounts(database, projectId, 3);
  await clearRemovedProjects(writeTo(database));
  expect(await countOf(database, COUNT, projectId)).toBe(0);
  expect(await countOf(database, "select count(*) as count from removed_projects where cleared_at is null")).toBe(1);
});

test("a removed project whose rows take too long to delete at once is cleared all the same, and those after it", async () => {
  await using db = await testDatabase();
  const { database } = db;
  const [slow, next] = [await addRemoved(database, 25), await addRemoved(database, 2)];
  await database.query({
    text: `create function run_out_of_time() returns trigger language plpgsql as $$ begin
      if (select count(*) from gone) > 7 then raise 'statement timeout' using errcode = 'query_canceled'; end if;
      return null; end $$`,
  });
  await database.query({
    text: `create trigger run_out_of_time after delete on event_counts referencing old table as gone
      for each statement execute function run_out_of_time()`,
  });
  expect(await clearRemovedProjects(writeTo(database))).toBe(27);
  expect([await countOf(database, COUNT, slow), await countOf(database, COUNT, next)]).toEqual([0, 0]);
});

test("several nodes clear at once and none waits for another", async () => {
  await using db = await testDatabase();
  const { database } = db;
  const removed: string[] = [];
  for (let n = 0; n < 6; n += 1) removed.push(await addRemoved(database, 20));
  await Promise.all(
    Array.from({ length: 4 }, () =>
      clearRemovedProjects(writeTo(database), { rowsPerChunk: 7, chunks: 50, settleSeconds: 0 }),
    ),
  );
  await clearRemovedProjects(writeTo(database), { chunks: 50, settleSeconds: 0 });
  for (const projectId of removed) expect(await countOf(database, COUNT, projectId)).toBe(0);
  expect(await countOf(database, "select count(*) as count from removed_projects where cleared_at is null")).toBe(0);
});
