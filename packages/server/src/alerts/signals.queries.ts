/**
 * Statements on `alert_signals`, which this folder owns: what happened that rules may wait for. Written in the transaction in
 * which it happened, removed in the one that fires the alerts: so none is lost, whatever dies in between.
 */
import { deleteChunk } from "../db/delete-chunk.ts";
import type { Transaction } from "../db/transaction.ts";

/** Of a project that is gone: up to `rowsMax` rows; how many. */
export function deleteSignalsOf(tx: Transaction, projectId: string, rowsMax: number): Promise<number> {
  return deleteChunk(tx, { table: "alert_signals", column: "project_id", value: projectId, rowsMax });
}
