/** Removes what alerts need not keep. Each statement removes up to `rowsMax` rows, of all projects, and says how many. */
import { deleteChunkBefore } from "../db/delete-chunk.ts";
import type { Transaction } from "../db/transaction.ts";
import { deleteEventMinutesBefore, MINUTE_MS } from "./event-minutes.queries.ts";
import { COOLDOWN_MINUTES_MAX, WINDOW_MINUTES_MAX } from "./limits.ts";

const DAY_MS = 24 * 60 * MINUTE_MS;

/** Alerts are kept so long after they were fired, resolved or not, with their timelines. */
export const ALERTS_DAYS = 90;

/** A preview looks back a day, and from its beginning over two windows. */
const MINUTES_KEPT_MS = DAY_MS + 2 * WINDOW_MINUTES_MAX * MINUTE_MS + DAY_MS / 24;

type Removal = (tx: Transaction, nowMs: number, rowsMax: number) => Promise<number>;

export const OLD_ALERTS: Readonly<Record<string, Removal>> = {
  alerts: (tx, nowMs, rowsMax) =>
    deleteChunkBefore(tx, {
      table: "alerts",
      column: "triggered_at",
      before: new Date(nowMs - ALERTS_DAYS * DAY_MS),
      rowsMax,
    }),
  event_minutes: (tx, nowMs, rowsMax) => deleteEventMinutesBefore(tx, new Date(nowMs - MINUTES_KEPT_MS), rowsMax),
  // Their cooldowns are over, however long.
  alert_issue_firings: (tx, nowMs, rowsMax) =>
    deleteChunkBefore(tx, {
      table: "alert_issue_firings",
      column: "fired_at",
      before: new Date(nowMs - COOLDOWN_MINUTES_MAX * MINUTE_MS),
      rowsMax,
    }),
  alert_issue_silences: (tx, nowMs, rowsMax) =>
    deleteChunkBefore(tx, {
      table: "alert_issue_silences",
      column: "silenced_until",
      before: new Date(nowMs),
      rowsMax,
    }),
};
