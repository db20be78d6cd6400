/** Ends archives whose days are over. */
import type { Database } from "../db/database.ts";
import { withTransaction } from "../db/transaction.ts";
import { insertActivity } from "./activity.queries.ts";
import { lockEndedArchives } from "./change-issues.queries.ts";
import { type IssueChange, SYSTEM } from "./issue-change.ts";
import { setAwake } from "./wake-issues.queries.ts";

const CHUNK_ISSUES = 100;

/** Safe on several nodes at once: each issue is ended, and told, by one of them. */
export async function endArchives(database: Database, now: Date, tell: (change: IssueChange) => void): Promise<void> {
  for (;;) {
    const changes = await withTransaction(database, async (tx) => {
      const issues = await lockEndedArchives(tx, now, CHUNK_ISSUES);
      await setAwake(
        tx,
        issues.map((key) => ({ ...key, regressedAt: undefined })),
      );
      const ended = issues.map(
        ({ projectId, issueId }): IssueChange => ({
          projectId,
          issueId,
          action: "archive_ended",
          actor: SYSTEM,
          details: {},
        }),
      );
      await insertActivity(tx, ended);
      return ended;
    });
    for (const change of changes) tell(change);
    if (changes.length < CHUNK_ISSUES) return;
  }
}
