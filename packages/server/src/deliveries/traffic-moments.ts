/** When a destination is free again, in SQL; null where it is noted further ahead than it can be. */
import { isAhead } from "../db/is-ahead.ts";
import { BURST_MAX, PAUSE_MAX_MS, SLOT_MS, WAITING_MAX } from "./limits.ts";

const believed = (column: string, aheadMs: number) =>
  `case when not (${isAhead(column, "clock_timestamp()", `make_interval(secs => ${aheadMs / 1000})`)}) then ${column} end`;

export const PAUSED_UNTIL = believed("paused_until", PAUSE_MAX_MS);

/** All that may wait take a slot each. */
export const NEXT_SLOT_AT = `coalesce(${believed("next_slot_at", (WAITING_MAX + BURST_MAX) * SLOT_MS)}, clock_timestamp())`;
