import type { Transaction } from "./transaction.ts";

/**
 * Deletes up to `rowsMax` rows, so that a large deletion is many short transactions; how many it were. Not for partitioned
 * tables, whose rows are told apart by more than their place. `table` and `column` are ours, never a client's.
 */
export async function deleteChunk(
  tx: Transaction,
  rows: { readonly table: string; readonly column: string; readonly value: string; readonly rowsMax: number },
): Promise<number> {
  const { table, column, value, rowsMax } = rows;
  const { rowCount } = await tx.query({
    name: `${table}.delete_chunk_by_${column}`,
    text: `delete from ${table} where ctid = any(array(select ctid from ${table} where ${column} = $1 limit $2))`,
    values: [value, rowsMax],
  });
  return rowCount;
}

/** As `deleteChunk`, of rows whose `column` lies before a moment. */
export async function deleteChunkBefore(
  tx: Transaction,
  rows: { readonly table: string; readonly column: string; readonly before: Date; readonly rowsMax: number },
): Promise<number> {
  const { table, column, before, rowsMax } = rows;
  const { rowCount } = await tx.query({
    name: `${table}.delete_chunk_before_${column}`,
    text: `delete from ${table} where ctid = any(array(select ctid from ${table} where ${column} < $1 limit $2))`,
    values: [before, rowsMax],
  });
  return rowCount;
}
