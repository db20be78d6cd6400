/** docs/scaling.md: a PostgreSQL that spreads tables over machines by project needs the project in every key of them. */
import { testDatabase } from "@mesher/testkit";
import { expect, test } from "vitest";
import { ensurePartitions } from "./events/partitions.ts";

/**
 * Small, and the same on every machine: they are looked up before the project is known, or hold no more rows than people
 * make by hand or are told of.
 */
const REFERENCE_TABLES = [
  "audit_log",
  "deliveries",
  "former_project_slugs",
  "project_keys",
  "quarantined_entries",
  "saved_searches",
];

test("every table that grows with events or issues has the project in each of its keys", async () => {
  await using db = await testDatabase();
  await ensurePartitions(db.database, [Date.now()]);
  const { rows } = await db.database.query<{ table: string; keys: number; spreadable: boolean }>({
    text: `
      select c.relname as table, count(i.indexrelid)::int as keys,
        bool_and(i.indexrelid is null or p.attnum = any (i.indkey::int2[])) as spreadable
      from pg_class c
      join pg_attribute p on p.attrelid = c.oid and p.attname = 'project_id' and not p.attisdropped
      left join pg_index i on i.indrelid = c.oid and i.indisunique
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
      group by c.relname`,
  });
  expect(rows.filter(({ table }) => table.startsWith("events_")).length).toBe(1);
  // Each of its days has one of its own.
  expect(rows.filter(({ keys }) => keys === 0).map(({ table }) => table)).toEqual(["events"]);
  const notSpreadable = rows.filter(({ spreadable }) => !spreadable).map(({ table }) => table);
  expect(notSpreadable.sort()).toEqual(REFERENCE_TABLES);
});

test("a table that grows refers by foreign keys to small tables, or to its own project's part of another", async () => {
  await using db = await testDatabase();
  const { rows } = await db.database.query<{ table: string; target: string; within_project: boolean }>({
    text: `
      select c.relname as table, t.relname as target,
        exists (
          select 1
          from unnest(f.conkey, f.confkey) k (own, other)
          join pg_attribute a on a.attrelid = f.conrelid and a.attnum = k.own and a.attname = 'project_id'
          join pg_attribute b on b.attrelid = f.confrelid and b.attnum = k.other and b.attname = 'project_id'
        ) as within_project
      from pg_constraint f
      join pg_class c on c.oid = f.conrelid
      join pg_class t on t.oid = f.confrelid
      where f.contype = 'f' and c.relnamespace = 'public'::regnamespace and exists (
        select 1 from pg_attribute p where p.attrelid = c.oid and p.attname = 'project_id' and not p.attisdropped
      )`,
  });
  const small = [...REFERENCE_TABLES, "organizations", "projects", "teams", "users"];
  const binding = rows.filter(
    ({ table, target, within_project }) => !within_project && !small.includes(table) && !small.includes(target),
  );
  expect(rows.length).toBeGreaterThan(0);
  expect(binding).toEqual([]);
});
