import type { CopyBuffer } from "./copy-buffer.ts";
import type { Transaction } from "./transaction.ts";

/**
 * Inserts the rows of `buffer`; their number.
 *
 * `target` is a table with its columns, `events (id, project_id, …)`, in the order in which the fields were
 * written. In this format PostgreSQL converts nothing: a field written as another type than its column's is
 * refused, or read as nonsense where the lengths happen to agree.
 */
export function copyBinary(tx: Transaction, target: string, buffer: CopyBuffer): Promise<number> {
  return tx.copyFrom(`copy ${target} from stdin (format binary)`, buffer.finish());
}
