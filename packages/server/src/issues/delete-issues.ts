/** Deletes issues: each chunk at once and whole, with their events following. A later event makes an issue anew. */
import type { ApiIssueResult } from "@mesher/protocol";
import { deleteIssueShares } from "../dashboards/issue-shares.ts";
import { deleteIssueCounts } from "../dashboards/rollups.queries.ts";
import type { Database } from "../db/database.ts";
import { type Transaction, withTransaction } from "../db/transaction.ts";
import { insertEventMoves } from "../events/event-moves.ts";
import { insertActivity } from "./activity.queries.ts";
import { auditIssueChanges } from "./audit-issues.ts";
import { lockIssues } from "./change-issues.queries.ts";
import { type ChunkOutcome, type IssueRequest, type IssueResults, inChunks } from "./change-issues.ts";
import { deleteIssueRows, findProjectsOfIssues } from "./delete-issues.queries.ts";
import type { IssueChange } from "./issue-change.ts";
import type { IssueKey } from "./issues.queries.ts";
import { listFingerprints } from "./merge-issues.queries.ts";
import { lockProjectsForMoving } from "./project-lock.ts";

/** As `changeIssues`. */
export async function deleteIssues(
  database: Database,
  request: IssueRequest<{ readonly do: "delete" }>,
  tell: (change: IssueChange) => void,
): Promise<IssueResults> {
  return inChunks(request, (chunk) => withTransaction(database, (tx) => deleteChunk(tx, chunk)), tell);
}

async function deleteChunk(tx: Transaction, request: IssueRequest<{ readonly do: "delete" }>): Promise<ChunkOutcome> {
  await lockProjectsForMoving(tx, await findProjectsOfIssues(tx, request));
  const issues = await lockIssues(tx, request);
  const { actor } = request;
  for (const [projectId, issueIds] of byProject(issues)) {
    const shares = await listFingerprints(tx, projectId, issueIds);
    await deleteIssueShares(tx, projectId, [...issueIds, ...shares.map(({ shareId }) => shareId)]);
  }
  if (issues.length === 0) return { results: new Map(), changes: [] };
  const deleted = await deleteIssueRows(tx, issues);
  await deleteIssueCounts(tx, issues);
  await insertEventMoves(
    tx,
    issues.map(({ projectId, issueId }) => ({ projectId, fromIssueId: issueId, toIssueId: null })),
  );
  const changes: IssueChange[] = deleted.map(({ projectId, issueId, number, title }) => ({
    projectId,
    issueId,
    action: "deleted",
    actor,
    details: { number, title },
  }));
  await insertActivity(tx, changes);
  // Whoever looks for it later finds no issue to ask.
  await auditIssueChanges(tx, request.organizationId, changes);
  return { results: new Map(issues.map(({ issueId }) => [issueId, "changed" satisfies ApiIssueResult])), changes };
}

function byProject(issues: readonly IssueKey[]): Map<string, string[]> {
  const ids = new Map<string, string[]>();
  for (const { projectId, issueId } of issues) {
    const others = ids.get(projectId);
    if (others === undefined) ids.set(projectId, [issueId]);
    else others.push(issueId);
  }
  return ids;
}
