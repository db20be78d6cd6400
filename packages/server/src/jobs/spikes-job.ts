import { insertSignals } from "../alerts/signals.queries.ts";
import { escalateIssues } from "../issues/escalate-issues.ts";
import type { IssueChange } from "../issues/issue-change.ts";
import type { TransactionJob } from "./job.ts";

const EVERY_MS = 5 * 60_000;
const RETRY_MS = 60_000;

/** `tell` hears of every issue that escalated, on the node that found it. */
export function spikesJob(tell: (changes: readonly IssueChange[]) => void): TransactionJob {
  return {
    kind: "transaction",
    name: "spikes",
    title: "Spikes",
    about: "Brings back archived issues that suddenly happen far more often.",
    everyMs: EVERY_MS,
    retryMs: RETRY_MS,
    run: async (tx, { nowMs }) => {
      const changes = await escalateIssues(tx, nowMs);
      await insertSignals(
        tx,
        changes.map(({ projectId, issueId }) => ({ projectId, issueId, kind: "escalation" })),
      );
      return { result: { escalated: changes.length }, tell: () => tell(changes) };
    },
  };
}
