/**
 * Tags and users of the fingerprints of one issue, kept apart as long as it has several: each fingerprint's share is counted
 * under the fingerprint's id, as if that were an issue, and the issue's counts are the shares together.
 */
import type { Transaction } from "../db/transaction.ts";
import { copyIssueTags, deleteIssueTags, sumIssueTags } from "./tags.queries.ts";
import { copyIssueUsers, deleteIssueUsers, sumIssueUsers } from "./users.queries.ts";

/** Begins the shares of fingerprints that have been their issues' only ones. */
export async function startIssueShares(
  tx: Transaction,
  projectId: string,
  shares: readonly { readonly issueId: string; readonly shareId: string }[],
): Promise<void> {
  const copies = shares.map(({ issueId, shareId }) => ({ fromId: issueId, toId: shareId }));
  await copyIssueTags(tx, projectId, copies);
  await copyIssueUsers(tx, projectId, copies);
}

/** Makes the counts of issues the sums of their shares; how many users each has then. An issue without shares keeps nothing. */
export async function sumIssueShares(
  tx: Transaction,
  projectId: string,
  issues: ReadonlyMap<string, readonly string[]>,
): Promise<{ projectId: string; issueId: string; users: number }[]> {
  await deleteIssueShares(tx, projectId, [...issues.keys()]);
  const counts: { projectId: string; issueId: string; users: number }[] = [];
  for (const [issueId, shareIds] of issues) {
    await sumIssueTags(tx, projectId, issueId, shareIds);
    counts.push({ projectId, issueId, users: await sumIssueUsers(tx, projectId, issueId, shareIds) });
  }
  return counts;
}

/** Of issues and shares alike. */
export async function deleteIssueShares(tx: Transaction, projectId: string, ids: readonly string[]): Promise<void> {
  await deleteIssueTags(tx, projectId, ids);
  await deleteIssueUsers(tx, projectId, ids);
}
