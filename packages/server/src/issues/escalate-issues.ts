/** Makes archived issues unresolved that get many more events than they used to. */
import type { Transaction } from "../db/transaction.ts";
import { insertActivity } from "./activity.queries.ts";
import { type IssueChange, SYSTEM } from "./issue-change.ts";
import { lockSpikes } from "./spikes.queries.ts";
import { setAwake } from "./wake-issues.queries.ts";

const HOUR_MS = 3_600_000;

/** A spike has more events within an hour. */
const EVENTS_MIN = 10;

/** And more than so many times the hourly average of the days before. */
const FACTOR = 10;
const AVERAGE_HOURS = 7 * 24;

/** Of one call; the next one finds the rest. */
const ISSUES_MAX = 1_000;

/** For all projects. The changes are to be told after the commit. */
export async function escalateIssues(tx: Transaction, nowMs: number): Promise<IssueChange[]> {
  const spikes = await lockSpikes(tx, {
    eventsMin: EVENTS_MIN,
    factor: FACTOR,
    since: new Date(Math.floor(nowMs / HOUR_MS - AVERAGE_HOURS) * HOUR_MS),
    from: new Date(nowMs - HOUR_MS),
    until: new Date(nowMs),
    limit: ISSUES_MAX,
  });
  await setAwake(
    tx,
    spikes.map((key) => ({ ...key, regressedAt: undefined })),
  );
  const changes = spikes.map(
    ({ projectId, issueId, events, hourlyAverage }): IssueChange => ({
      projectId,
      issueId,
      action: "escalated",
      actor: SYSTEM,
      details: { events, hourly_average: Math.round(hourlyAverage * 10) / 10 },
    }),
  );
  await insertActivity(tx, changes);
  return changes;
}
