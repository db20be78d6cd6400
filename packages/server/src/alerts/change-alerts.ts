/** What people do to alerts. */
import type { Database } from "../db/database.ts";
import { withTransaction } from "../db/transaction.ts";
import type { Actor } from "../organizations/access.ts";
import { recordAudit } from "../organizations/audit.queries.ts";
import type { AlertActor } from "./alert.ts";
import { insertActivity, listOpenOfIssue } from "./alert-activity.queries.ts";
import { nextStatus } from "./alert-life.ts";
import { setAlertStatus } from "./alerts.queries.ts";
import { tellResolved } from "./end-alerts.ts";
import { lockAlert } from "./locked-alerts.queries.ts";
import { setIssueSilence } from "./silences.queries.ts";

export interface AlertDecision {
  readonly organizationId: string;
  readonly alertId: string;
  readonly cause: "acknowledge" | "resolve";
  readonly actor: AlertActor;
}

/** `illegal`: not in the status that the alert has, which somebody else may have given it a moment ago. */
export async function changeAlert(
  database: Database,
  { organizationId, alertId, cause, actor }: AlertDecision,
): Promise<"changed" | "illegal" | "not_found"> {
  return withTransaction(database, async (tx) => {
    const alert = await lockAlert(tx, organizationId, alertId);
    if (alert === undefined) return "not_found";
    const status = nextStatus(alert.status, cause);
    if (status === undefined) return "illegal";
    await setAlertStatus(tx, [{ ...alert, status }]);
    const kind = cause === "acknowledge" ? "acknowledged" : "resolved";
    await insertActivity(tx, [{ ...alert, kind, actor }]);
    if (cause === "resolve") await tellResolved(tx, [alert]);
    return "changed";
  });
}

/** Until when. Its open alerts tell of it. The issue is one of the actor's organization. */
export async function silenceIssue(
  database: Database,
  { actor, alertActor }: { readonly actor: Actor; readonly alertActor: AlertActor },
  issue: { readonly projectId: string; readonly issueId: string },
  minutes: number,
): Promise<Date | null> {
  return withTransaction(database, async (tx) => {
    const until = await setIssueSilence(tx, issue, minutes);
    await insertActivity(
      tx,
      (await listOpenOfIssue(tx, issue.projectId, issue.issueId)).map((alert) => ({
        ...alert,
        kind: until === null ? ("unsilenced" as const) : ("silenced" as const),
        actor: alertActor,
        details: { what: "issue", until },
      })),
    );
    await recordAudit(tx, {
      organizationId: actor.organizationId,
      actor,
      action: until === null ? "issue.alerts_unsilenced" : "issue.alerts_silenced",
      target: { kind: "issue", id: issue.issueId },
      projectId: issue.projectId,
      details: { project_id: issue.projectId, until },
    });
    return until;
  });
}
