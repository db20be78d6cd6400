/**
 * How long a holder that is frozen or dead can keep a job from the other nodes: one statement and the idle wait after it
 * (a transaction), or the lease, and then the poll of another node. Together they stay below ten seconds.
 */

/** A statement of a job. What takes longer is cut into pieces. */
export const STATEMENT_MS = 4_000;

/** After it PostgreSQL ends a transaction in which nothing happens, and its locks with it. */
export const IDLE_IN_TRANSACTION_MS = 4_000;

/** A transaction of a job, its commit included. */
export const TRANSACTION_MS = 20_000;

export const LEASE_MS = 6_000;
export const LEASE_RENEWAL_MS = 2_000;

/** Between two looks of a node at what is due. */
export const POLL_MS = 1_000;

/**
 * Jobs that one node runs at a time, so that connections remain for those who wait for an answer. What may take hours must
 * not keep back what is short or urgent: alerts and deliveries are among it.
 */
export const JOBS_AT_ONCE_MAX = { long: 2, prompt: 3 } as const;
