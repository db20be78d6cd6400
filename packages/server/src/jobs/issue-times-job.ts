import type { Database } from "../db/database.ts";
import { endArchives } from "../issues/end-archives.ts";
import { followAllEvents } from "../issues/follow-events.ts";
import type { IssueChange } from "../issues/issue-change.ts";
import type { LeaseJob } from "./job.ts";

/** How late an archive may end that ends by time, and how soon events follow that a request left over. */
const EVERY_MS = 30_000;

/** Each step of it holds its own locks and bears to be done twice, so no write needs the lease. */
export function issueTimesJob(database: Database, tell: (change: IssueChange) => void): LeaseJob {
  return {
    kind: "lease",
    name: "issue-times",
    title: "Archives and merges",
    about: "Brings back issues whose time in the archive is over, and moves the events of merged ones.",
    everyMs: EVERY_MS,
    retryMs: EVERY_MS,
    run: async (_write, { nowMs, signal }) => {
      let archivesEnded = 0;
      await endArchives(database, new Date(nowMs), (change) => {
        archivesEnded += 1;
        tell(change);
      });
      await followAllEvents(database, signal);
      return { archives_ended: archivesEnded };
    },
  };
}
