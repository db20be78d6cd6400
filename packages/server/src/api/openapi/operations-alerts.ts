import { Type } from "typebox";
import { AlertPreviewRequest, AlertRuleChange, NewAlertRule, Silence } from "./bodies-alerts.ts";
import { CHANGED_MEANWHILE, created, type Operations, ok, rows } from "./operation.ts";
import { pageOf } from "./shape.ts";
import { Alert, AlertDetail, AlertPreview, AlertRule, AlertTest, Silenced } from "./shapes-alerts.ts";
import { Affected } from "./shapes-issues.ts";

const ILLEGAL = { 409: "The alert is not in a status for that" };

export const ALERTS: Operations = {
  "GET /api/v1/projects/:project/alert-rules": { summary: "The alert rules of a project", answers: rows(AlertRule) },
  "POST /api/v1/projects/:project/alert-rules": {
    summary: "Make an alert rule",
    description: "Conditions, filters and limits: docs/alerts.md.",
    body: NewAlertRule,
    answers: created(AlertRule),
    refusals: { 409: "The project has 100 rules" },
  },
  "POST /api/v1/projects/:project/alert-rules/preview": {
    summary: "How often a rule would have fired in the last 24 hours",
    description: "Looks at the end of every minute; the rule itself is looked at every half minute.",
    body: AlertPreviewRequest,
    answers: ok(AlertPreview),
    refusals: { 503: "The search took too long" },
  },
  "GET /api/v1/alert-rules/:rule": { summary: "An alert rule", answers: ok(AlertRule) },
  "PATCH /api/v1/alert-rules/:rule": {
    summary: "Change an alert rule",
    description: "What is not given stays.",
    body: AlertRuleChange,
    answers: ok(AlertRule),
    refusals: CHANGED_MEANWHILE,
  },
  "POST /api/v1/alert-rules/:rule": {
    summary: "Change an alert rule",
    description: "As PATCH, with a shorter answer.",
    body: AlertRuleChange,
    answers: ok(Affected),
    refusals: CHANGED_MEANWHILE,
  },
  "POST /api/v1/alert-rules/:rule/toggle": {
    summary: "Switch an alert rule on or off",
    body: Type.Object({ enabled: Type.Optional(Type.Boolean({ default: true })) }),
    answers: ok(Affected),
  },
  "POST /api/v1/alert-rules/:rule/delete": {
    summary: "Delete an alert rule, with its alerts",
    answers: ok(Affected),
  },
  "POST /api/v1/alert-rules/:rule/test": {
    summary: "Fire a rule on purpose",
    description: "The alert is told as any other, and resolved from the start. The cooldown does not begin.",
    answers: ok(AlertTest),
  },
  "POST /api/v1/alert-rules/:rule/silence": {
    summary: "Let a rule fire without telling anybody, for some minutes",
    body: Silence,
    answers: ok(Silenced),
  },
  "GET /api/v1/projects/:project/alerts": { summary: "The newest 50 alerts of a project", answers: rows(Alert) },
  "GET /api/v1/projects/:project/alerts/history": {
    summary: "All alerts of a project, newest first",
    answers: ok(pageOf(Alert)),
  },
  "GET /api/v1/alerts/:alert": { summary: "An alert, with what happened to it", answers: ok(AlertDetail) },
  "POST /api/v1/alerts/:alert/acknowledge": {
    summary: "Take an active alert over",
    answers: ok(Affected),
    refusals: ILLEGAL,
  },
  "POST /api/v1/alerts/:alert/resolve": {
    summary: "Resolve an alert that is active or acknowledged",
    answers: ok(Affected),
    refusals: ILLEGAL,
  },
  "GET /api/v1/issues/:issue/silence-alerts": {
    summary: "Until when nobody is told of alerts about an issue",
    answers: ok(Silenced),
  },
  "POST /api/v1/issues/:issue/silence-alerts": {
    summary: "Tell nobody of alerts about an issue, for some minutes",
    body: Silence,
    answers: ok(Silenced),
  },
};
