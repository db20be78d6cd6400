/**
 * A pooler of transactions (PgBouncer with `pool_mode = transaction`) between us and PostgreSQL, told by `?pgbouncer=true` in the
 * address, as other programs have it. No session is ours then: every transaction may run on another one. So nothing is set when a
 * connection begins, no statement is prepared for later, and nobody listens.
 */

export interface DatabaseAddress {
  /** For the driver. */
  readonly connectionString: string;
  readonly isBehindPooler: boolean;
}

const PARAMETER = /([?&])pgbouncer=(true|false)(&|$)/;

export function readAddress(url: string): DatabaseAddress {
  const isBehindPooler = PARAMETER.exec(url)?.[2] === "true";
  const connectionString = url.replace(PARAMETER, (_match, before: string, _value, after: string) =>
    after === "&" ? before : "",
  );
  return { connectionString, isBehindPooler };
}

export interface SessionLimits {
  readonly statementTimeoutMs: number;
  readonly idleInTransactionTimeoutMs: number;
}

/** Begins a transaction. The limits a session of ours would have are the transaction's own behind a pooler, in the same message. */
export function beginOf({ statementTimeoutMs, idleInTransactionTimeoutMs }: SessionLimits): string {
  return (
    `begin; set local statement_timeout = ${statementTimeoutMs}; ` +
    `set local idle_in_transaction_session_timeout = ${idleInTransactionTimeoutMs}`
  );
}
