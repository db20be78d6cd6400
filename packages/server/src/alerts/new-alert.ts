/** An alert that is being fired, and how deliveries and streams are told of it. Pure. */
import type { AlertFired, AlertKind } from "@mesher/protocol";
import type { AlertNotice } from "../deliveries/queue-deliveries.ts";
import { messageOf } from "./conditions.ts";
import type { FiringRule } from "./firing-rules.queries.ts";
import type { AlertedIssue } from "./issues-of-alerts.queries.ts";

export interface NewAlert {
  readonly alertId: string;
  readonly rule: FiringRule;
  readonly kind: AlertKind;
  readonly issueId: string | null;
  /** Undefined: it is about none, or the issue is gone. */
  readonly issue: AlertedIssue | undefined;
  readonly message: string;
  readonly snapshot: Readonly<Record<string, unknown>>;
  readonly suppressed: number;
  readonly triggeredAtMs: number;
}

export type AlertTelling = Omit<AlertFired, "type">;

export function tellingOf({ alertId, rule, message }: NewAlert): AlertTelling {
  return {
    project_id: rule.projectId,
    alert_id: alertId,
    rule_id: rule.ruleId,
    rule_name: rule.name,
    condition: rule.condition.condition_type,
    message,
  };
}

export function noticeOf(alert: NewAlert, kind: AlertNotice["kind"] = alert.kind): AlertNotice {
  const { rule, issue, suppressed } = alert;
  return {
    alertId: alert.alertId,
    organizationId: rule.organizationId,
    projectId: rule.projectId,
    projectName: rule.projectName,
    ruleId: rule.ruleId,
    ruleName: rule.name,
    kind,
    condition: messageOf(rule.condition, issue?.shortId ?? alert.issueId),
    message: alert.message,
    triggeredAtMs: alert.triggeredAtMs,
    ...(issue === undefined ? {} : { issue }),
    ...(suppressed === 0 ? {} : { suppressed }),
  };
}
