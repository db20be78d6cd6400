/**
 * What the audit log names of issues. Their own activity tells the rest; here stands what ends or joins issues, so that whoever
 * looks for one that is gone finds who did it, and that many were changed by one request.
 */
import type { IssueAction } from "@mesher/protocol";
import type { Transaction } from "../db/transaction.ts";
import { type AuditActor, recordAudit, SERVER_ACTOR } from "../organizations/audit.queries.ts";
import type { IssueActor, IssueChange } from "./issue-change.ts";

const AUDITED: ReadonlySet<IssueAction> = new Set(["deleted", "discarded", "undiscarded", "merged", "unmerged"]);

export async function auditIssueChanges(
  tx: Transaction,
  organizationId: string,
  changes: readonly IssueChange[],
): Promise<void> {
  for (const { projectId, issueId, action, actor, details } of changes) {
    if (!AUDITED.has(action)) continue;
    await recordAudit(tx, {
      organizationId,
      actor: auditActorOf(actor),
      action: `issue.${action}`,
      target: { kind: "issue", id: issueId },
      projectId,
      details: { projectId, ...details },
    });
  }
}

/** One line for many issues that were changed in this transaction. */
export async function auditBulk(
  tx: Transaction,
  organizationId: string,
  { command, changes }: { readonly command: string; readonly changes: readonly IssueChange[] },
): Promise<void> {
  const [first] = changes;
  if (first === undefined) return;
  const target = { kind: "project", id: first.projectId };
  const details = { do: command, issues: changes.map(({ issueId }) => issueId) };
  await recordAudit(tx, {
    organizationId,
    actor: auditActorOf(first.actor),
    action: "issues.changed",
    target,
    details,
  });
}

function auditActorOf({ kind, id, name }: IssueActor): AuditActor {
  if (kind === "system") return SERVER_ACTOR;
  const ids = id === null ? {} : kind === "user" ? { userId: id } : { tokenId: id };
  return { kind: kind === "user" ? "person" : "token", name, ...ids };
}
