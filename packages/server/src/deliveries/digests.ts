/** Mails of several alerts, for members who do not want each of them at once. */
import type { Transaction } from "../db/transaction.ts";
import { insertDeliveries } from "./deliveries.queries.ts";
import { listDueDigests, takeDigestEntries } from "./preferences.queries.ts";

/** Notices that one mail shows. */
const DIGEST_SHOWN_MAX = 50;

/** Members whose digests one run sends. */
const DIGESTS_AT_ONCE_MAX = 100;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** When digests of a day are sent, in UTC. */
const DAILY_HOUR = 8;

/** What was gathered before these moments is due: the full hour, and the last 8 o'clock. */
export function digestsDueBefore(nowMs: number): { readonly hourly: Date; readonly daily: Date } {
  const offsetMs = DAILY_HOUR * HOUR_MS;
  return {
    hourly: new Date(Math.floor(nowMs / HOUR_MS) * HOUR_MS),
    daily: new Date(Math.floor((nowMs - offsetMs) / DAY_MS) * DAY_MS + offsetMs),
  };
}

/**
 * Queues the digests that are due; how many. What somebody gathered who wants mails at once by now, is sent; who wants none,
 * gets none.
 */
export async function sendDueDigests(tx: Transaction, nowMs: number): Promise<number> {
  const due = await listDueDigests(tx, digestsDueBefore(nowMs), DIGESTS_AT_ONCE_MAX);
  let sent = 0;
  for (const { organizationId, userId, name, mode } of due) {
    const notices = await takeDigestEntries(tx, { organizationId, userId });
    if (mode === "mute" || notices.length === 0) continue;
    const period = mode === "daily" ? "daily" : "hourly";
    const shown = notices.slice(0, DIGEST_SHOWN_MAX);
    await insertDeliveries(tx, {
      organizationId,
      projectId: null,
      alertId: null,
      title: `${notices.length} alerts, ${period} digest`,
      message: { purpose: "digest", mode: period, notices: shown, more: notices.length - shown.length },
      receivers: [{ destinationId: null, userId, kind: "email", receiver: name }],
    });
    sent += 1;
  }
  return sent;
}
