import type { Database } from "../db/database.ts";
import { type Transaction, withTransaction } from "../db/transaction.ts";
import { IDLE_IN_TRANSACTION_MS, STATEMENT_MS, TRANSACTION_MS } from "./limits.ts";

/**
 * A transaction that PostgreSQL itself ends when its node freezes. The limits are set within it, so that they hold behind
 * a pooler of transactions too, which knows nothing of the sessions of its clients.
 */
export function inJobTransaction<T>(database: Database, work: (tx: Transaction) => Promise<T>): Promise<T> {
  return withTransaction(
    database,
    async (tx) => {
      await tx.query({
        name: "jobs.set_limits",
        text: "select set_config('idle_in_transaction_session_timeout', $1, true), set_config('statement_timeout', $2, true)",
        values: [String(IDLE_IN_TRANSACTION_MS), String(STATEMENT_MS)],
      });
      return work(tx);
    },
    { timeoutMs: TRANSACTION_MS },
  );
}
