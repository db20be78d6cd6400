/**
 * Merges issues of one project into one of them, and takes fingerprints out of it again.
 *
 * Each is one transaction that holds its project alone (`project-lock.ts`), so no event is stored between the two states. The
 * counts are exact afterwards, whatever retention has removed: every fingerprint's share is kept. Events follow.
 */
import { deleteIssueShares, startIssueShares, sumIssueShares } from "../dashboards/issue-shares.ts";
import { sumFingerprintCounts } from "../dashboards/rollups.queries.ts";
import type { Database } from "../db/database.ts";
import { type Transaction, withTransaction } from "../db/transaction.ts";
import { insertEventMoves } from "../events/event-moves.ts";
import { insertActivity } from "./activity.queries.ts";
import { auditIssueChanges } from "./audit-issues.ts";
import { type LockedIssue, lockIssues } from "./change-issues.queries.ts";
import { findProjectsOfIssues } from "./delete-issues.queries.ts";
import { followEvents } from "./follow-events.ts";
import type { IssueActor, IssueChange } from "./issue-change.ts";
import { setUserCounts } from "./issues.queries.ts";
import {
  endSharesOfSingles,
  type IssueFingerprint,
  listFingerprints,
  mergeIssueRows,
  startShares,
  sumShares,
  unmergeFingerprintRows,
} from "./merge-issues.queries.ts";
import { lockProjectsForMoving } from "./project-lock.ts";

/** Fingerprints that one issue may have. */
export const FINGERPRINTS_MAX = 500;

export interface MergeRequest {
  readonly organizationId: string;
  /** The issue that stays. */
  readonly issueId: string;
  /** Those that go into it. */
  readonly sourceIds: readonly string[];
  readonly actor: IssueActor;
}

export interface UnmergeRequest {
  readonly organizationId: string;
  readonly issueId: string;
  /** 32 hex digits each. */
  readonly fingerprints: readonly string[];
  readonly actor: IssueActor;
}

/** Why nothing was merged or unmerged. */
export type MergeRefusal =
  | "not_found"
  | "other_project"
  | "discarded"
  | "too_many_fingerprints"
  /** The issue does not have the fingerprint. */
  | "unknown_fingerprint"
  /** The fingerprint is the issue's own. */
  | "not_merged";

export type MergeResult =
  /** The issues that went into it, or came out of it. */
  { readonly kind: "done"; readonly issueIds: readonly string[] } | { readonly kind: MergeRefusal };

interface Outcome {
  readonly result: MergeResult;
  readonly projectId?: string;
  readonly changes: readonly IssueChange[];
}

const refuse = (kind: MergeRefusal): Outcome => ({ result: { kind }, changes: [] });

/** `tell` hears of the issue that stays and of each that went into it, after the commit. */
export async function mergeIssues(
  database: Database,
  request: MergeRequest,
  tell: (change: IssueChange) => void,
): Promise<MergeResult> {
  return finish(database, await withTransaction(database, (tx) => merge(tx, request)), tell);
}

/** As `mergeIssues`. */
export async function unmergeFingerprints(
  database: Database,
  request: UnmergeRequest,
  tell: (change: IssueChange) => void,
): Promise<MergeResult> {
  return finish(database, await withTransaction(database, (tx) => unmerge(tx, request)), tell);
}

async function finish(
  database: Database,
  { result, projectId, changes }: Outcome,
  tell: (change: IssueChange) => void,
): Promise<MergeResult> {
  for (const change of changes) tell(change);
  if (projectId !== undefined) await followEvents(database, projectId);
  return result;
}

async function merge(tx: Transaction, { organizationId, issueId, sourceIds, actor }: MergeRequest): Promise<Outcome> {
  const sources = [...new Set(sourceIds)].filter((id) => id !== issueId);
  const ids = [issueId, ...sources];
  const issues = await lockAlone(tx, organizationId, ids);
  const [target] = issues;
  if (target === undefined || issues.length < ids.length) return refuse("not_found");
  const { projectId } = target;
  if (issues.some((issue) => issue.projectId !== projectId)) return refuse("other_project");
  if (issues.some(({ standing }) => standing.status === "discarded")) return refuse("discarded");
  if (sources.length === 0) return { result: { kind: "done", issueIds: [] }, changes: [] };
  const fingerprints = await listFingerprints(tx, projectId, ids);
  if (fingerprints.length > FINGERPRINTS_MAX) return refuse("too_many_fingerprints");

  await startAllShares(tx, projectId, ids);
  await mergeIssueRows(tx, projectId, sources, issueId);
  await sumAllShares(tx, projectId, ids);
  await insertEventMoves(
    tx,
    sources.map((fromIssueId) => ({ projectId, fromIssueId, toIssueId: issueId })),
  );
  const changes: IssueChange[] = [
    { projectId, issueId, action: "merged", actor, details: { from: sources } },
    ...sources.map(
      (id): IssueChange => ({ projectId, issueId: id, action: "merged", actor, details: { into: issueId } }),
    ),
  ];
  await insertActivity(tx, changes);
  // The issue that stays: its line names the others.
  await auditIssueChanges(tx, organizationId, changes.slice(0, 1));
  return { result: { kind: "done", issueIds: sources }, projectId, changes };
}

async function unmerge(
  tx: Transaction,
  { organizationId, issueId, fingerprints, actor }: UnmergeRequest,
): Promise<Outcome> {
  const [issue] = await lockAlone(tx, organizationId, [issueId]);
  if (issue === undefined) return refuse("not_found");
  const { projectId } = issue;
  const all = new Map((await listFingerprints(tx, projectId, [issueId])).map((each) => [each.fingerprint, each]));
  const chosen: IssueFingerprint[] = [];
  for (const fingerprint of new Set(fingerprints)) {
    const found = all.get(fingerprint);
    if (found === undefined) return refuse("unknown_fingerprint");
    if (found.mergedFrom === null) return refuse("not_merged");
    chosen.push(found);
  }
  const restoredIds = [...new Set(chosen.flatMap(({ mergedFrom }) => (mergedFrom === null ? [] : [mergedFrom])))];
  const concerned = [issueId, ...restoredIds];

  // One that was taken out before may have gone on alone, and gets its second fingerprint now.
  await startAllShares(tx, projectId, restoredIds);
  await unmergeFingerprintRows(tx, { projectId, issueId }, chosen);
  await sumAllShares(tx, projectId, concerned);
  await deleteIssueShares(tx, projectId, await endSharesOfSingles(tx, projectId, concerned));
  await insertEventMoves(
    tx,
    chosen.map(({ fingerprint, mergedFrom }) => ({
      projectId,
      fromIssueId: issueId,
      toIssueId: mergedFrom,
      fingerprint,
    })),
  );
  const changes: IssueChange[] = [
    { projectId, issueId, action: "unmerged", actor, details: { fingerprints, to: restoredIds } },
    ...restoredIds.map(
      (id): IssueChange => ({ projectId, issueId: id, action: "unmerged", actor, details: { from: issueId } }),
    ),
  ];
  await insertActivity(tx, changes);
  // The issue that stays: its line names the others.
  await auditIssueChanges(tx, organizationId, changes.slice(0, 1));
  return { result: { kind: "done", issueIds: restoredIds }, projectId, changes };
}

async function startAllShares(tx: Transaction, projectId: string, issueIds: readonly string[]): Promise<void> {
  const fingerprints = await listFingerprints(tx, projectId, issueIds);
  await startIssueShares(
    tx,
    projectId,
    fingerprints.filter(({ isCounted }) => !isCounted),
  );
  await startShares(tx, projectId, issueIds);
}

/** For the issues that are left, and those that went into another one: they have no fingerprint and so nothing. */
async function sumAllShares(tx: Transaction, projectId: string, issueIds: readonly string[]): Promise<void> {
  await sumShares(tx, projectId, issueIds);
  await sumFingerprintCounts(tx, projectId, issueIds);
  const shares = new Map<string, string[]>(issueIds.map((id) => [id, []]));
  for (const { issueId, shareId } of await listFingerprints(tx, projectId, issueIds))
    shares.get(issueId)?.push(shareId);
  await setUserCounts(tx, await sumIssueShares(tx, projectId, shares), { mayFall: true });
}

/** Locks the issues and holds their projects alone; those that exist, in the order of `ids`. */
async function lockAlone(tx: Transaction, organizationId: string, ids: readonly string[]): Promise<LockedIssue[]> {
  await lockProjectsForMoving(tx, await findProjectsOfIssues(tx, { organizationId, ids }));
  const locked = new Map((await lockIssues(tx, { organizationId, ids })).map((issue) => [issue.issueId, issue]));
  return ids.flatMap((id) => locked.get(id) ?? []);
}
