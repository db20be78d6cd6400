/** Bounds of everything that waits, repeats or takes time on the way to a receiver. */

/** Attempts before a delivery is dead. With the waits between them, about four hours. */
export const TRIES_MAX = 12;

/** Wait after a failed attempt: doubled each time, between these. */
export const RETRY_FIRST_MS = 10_000;
export const RETRY_MAX_MS = 3_600_000;

/** The longest that a receiver can ask to be left alone (`Retry-After`). */
export const PAUSE_MAX_MS = 3_600_000;

/** Deliveries that wait for one receiver. What comes beyond is dead at once, and says why. */
export const WAITING_MAX = 1_000;

/** Messages to one destination: so many in a row, and then one each interval. */
export const BURST_MAX = 10;
export const SLOT_MS = 2_000;

/** Attempts at one destination at a time, in the whole cluster: a slow one holds up nobody else. */
export const AT_ONCE_PER_DESTINATION_MAX = 2;
/** Until a destination is looked at again at which enough is going on. */
export const BUSY_WAIT_MS = 1_000;

/** One attempt, from looking up the name to the last byte of the answer. */
export const ATTEMPT_MS = 15_000;

/** A delivery that is being sent is a node's for so long; the node renews it meanwhile. */
export const LEASE_MS = 8_000;
export const LEASE_RENEWAL_MS = 2_000;

/** How often expired leases are looked for. With the lease: how long a killed node can hold up a delivery. */
export const RECOVERY_EVERY_MS = 2_000;
/** A delivery that is due for so long, and not begun, has perhaps lost its job: it is given one. */
export const OVERDUE_MS = 15_000;
/** Deliveries that one look takes up. */
export const RECOVERED_AT_ONCE_MAX = 200;

/** What one node sends at a time. */
export const SENDS_AT_ONCE_MAX = 6;
export const QUEUE_POLL_MS = 2_000;
/** Attempts under way at a stop have this long to end; then they are given up, and others make them again. */
export const STOP_MS = 10_000;

/** Deliveries are kept for so long after they ended. */
export const KEPT_DAYS = 30;
export const REMOVED_AT_ONCE_MAX = 5_000;

export const DESTINATIONS_MAX = 100;

/** Of an error that is kept with an attempt. */
export const ERROR_LENGTH_MAX = 500;

/** Notices that wait for one person's digest. */
export const DIGEST_ENTRIES_MAX = 1_000;
