import type { Queryable } from "./database.ts";

export interface TableSize {
  readonly name: string;
  /** With its indexes, what is stored beside its rows, and its partitions. */
  readonly bytes: number;
  readonly rowsEstimate: number;
}

/** All tables, the largest first. PostgreSQL keeps these figures; nothing is read to the end for them. */
export async function listTableSizes(database: Queryable): Promise<TableSize[]> {
  const { rows } = await database.query<{ name: string; bytes: number; rows_estimate: number }>({
    name: "db.list_table_sizes",
    text: `
      select t.relname as name, sum(pg_total_relation_size(leaf.relid)) as bytes,
        sum(greatest(0, c.reltuples))::bigint as rows_estimate
      from pg_class t
      cross join lateral (
        select t.oid::regclass as relid where t.relkind = 'r'
        union all select relid from pg_partition_tree(t.oid) where t.relkind = 'p' and isleaf
      ) leaf
      join pg_class c on c.oid = leaf.relid
      where t.relnamespace = current_schema()::regnamespace and t.relkind in ('r', 'p') and not t.relispartition
      group by t.relname order by 2 desc, 1`,
  });
  return rows.map((row) => ({ name: row.name, bytes: row.bytes, rowsEstimate: row.rows_estimate }));
}

/** With everything that is in it. */
export async function findDatabaseBytes(database: Queryable): Promise<number> {
  const { rows } = await database.query<{ bytes: number }>({
    name: "db.find_database_bytes",
    text: "select pg_database_size(current_database()) as bytes",
  });
  return rows[0]?.bytes ?? 0;
}
