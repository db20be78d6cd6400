import type { Database } from "../db/database.ts";
import { PartedRun } from "../db/parted-run.ts";
import { sendDueDigests } from "../deliveries/digests.ts";
import { sendWeeklyReports } from "../deliveries/weekly-reports.ts";
import { type LeaseJob, resultOfParts, type TransactionJob } from "./job.ts";

const DIGESTS_EVERY_MS = 60_000;
const REPORTS_EVERY_MS = 10 * 60_000;
const RETRY_MS = 60_000;

/** Mails of several alerts, at the full hour and at 8 o'clock UTC. */
export const digestsJob: TransactionJob = {
  kind: "transaction",
  name: "digests",
  title: "Digests",
  about: "Sends the mails that gather several alerts, by the hour or by the day.",
  everyMs: DIGESTS_EVERY_MS,
  retryMs: RETRY_MS,
  run: async (tx, { nowMs }) => ({ result: { queued: await sendDueDigests(tx, nowMs) } }),
};

/** Reports of the week, on Mondays. */
export function weeklyReportsJob(database: Database): LeaseJob {
  return {
    kind: "lease",
    name: "weekly-reports",
    title: "Weekly reports",
    about: "Sends everyone who wants it the report of the week, on Mondays.",
    everyMs: REPORTS_EVERY_MS,
    retryMs: RETRY_MS,
    run: async (write, run) => {
      const parts = new PartedRun({ write, ...run });
      return resultOfParts(parts, { queued: await sendWeeklyReports(database, parts) });
    },
  };
}
