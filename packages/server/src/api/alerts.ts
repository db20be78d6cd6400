/** Alerts that rules fired: the history of a project, and what people do with one. */
import {
  ALERT_STATUSES,
  type ApiAffected,
  type ApiAlert,
  type ApiAlertActivity,
  type ApiAlertDetail,
  type ApiPage,
  type ApiSilenced,
} from "@mesher/protocol";
import { type Static, Type } from "typebox";
import { type Alert, type AlertActivity, SYSTEM } from "../alerts/alert.ts";
import { listActivity } from "../alerts/alert-activity.queries.ts";
import type { AlertCause } from "../alerts/alert-life.ts";
import { type FoundAlert, findAlert, listAlerts } from "../alerts/alerts.queries.ts";
import { changeAlert, silenceIssue } from "../alerts/change-alerts.ts";
import { findIssueSilence } from "../alerts/silences.queries.ts";
import type { Delivery } from "../deliveries/delivery.ts";
import { listDeliveries } from "../deliveries/delivery-list.queries.ts";
import { SILENCE_FIELDS } from "./alert-rules.ts";
import { badRequest, notFound, RequestRefusedError } from "./api-error.ts";
import { demandFields } from "./check-fields.ts";
import type { ApiDependencies, App } from "./dependencies.ts";
import { actorOf } from "./issue-actor.ts";
import { getIssue } from "./issues.ts";
import { isUuid, oneOf, PageQuery, pageOf, parseCursor, parseLimit } from "./pages-of-lists.ts";
import { findProject } from "./projects.ts";

/** Of the list that the first version of the API had. */
const NEWEST_ALERTS = 50;

/** Of one alert, in its timeline. */
const DELIVERIES_SHOWN = 100;

const READ = { config: { access: { role: "member", scope: "event:read" } } } as const;
const WRITE = { config: { access: { role: "member", scope: "issue:write" } } } as const;

const Filters = { status: Type.Optional(Type.String({ description: ALERT_STATUSES.join(", ") })) };
const NewestQuery = Type.Object(Filters);
const HistoryQuery = Type.Object({
  ...PageQuery,
  ...Filters,
  rule: Type.Optional(Type.String({ description: "Only alerts of this rule" })),
  issue: Type.Optional(Type.String({ description: "Only alerts about this issue" })),
});

interface AlertParams {
  readonly alert: string;
}

export function registerAlertRoutes(app: App, deps: ApiDependencies): void {
  app.get<{ Params: { project: string }; Querystring: Static<typeof NewestQuery> }>(
    "/api/v1/projects/:project/alerts",
    { schema: { querystring: NewestQuery }, ...READ },
    async (request): Promise<ApiAlert[]> => {
      const { organizationId } = await deps.authenticate(request);
      const project = await findProject(deps, organizationId, request.params.project);
      const status = oneOf("status", ALERT_STATUSES, request.query.status);
      const alerts = await listAlerts(deps.database, { projectId: project.id, status, limit: NEWEST_ALERTS });
      return alerts.map(showAlert);
    },
  );

  app.get<{ Params: { project: string }; Querystring: Static<typeof HistoryQuery> }>(
    "/api/v1/projects/:project/alerts/history",
    { schema: { querystring: HistoryQuery }, ...READ },
    async (request): Promise<ApiPage<ApiAlert>> => {
      const { organizationId } = await deps.authenticate(request);
      const project = await findProject(deps, organizationId, request.params.project);
      const limit = parseLimit(request.query.limit);
      const alerts = await listAlerts(deps.database, {
        projectId: project.id,
        status: oneOf("status", ALERT_STATUSES, request.query.status),
        ruleId: readId("rule", request.query.rule),
        issueId: readId("issue", request.query.issue),
        after: parseCursor(request.query, isUuid),
        limit: limit + 1,
      });
      return pageOf(alerts, limit, showAlert, ({ triggeredAt, alertId }) => ({ at: triggeredAt, id: alertId }));
    },
  );

  app.get<{ Params: AlertParams }>("/api/v1/alerts/:alert", READ, async (request): Promise<ApiAlertDetail> => {
    const { organizationId } = await deps.authenticate(request);
    const alert = await getAlert(deps, organizationId, request.params.alert);
    const activity = await listActivity(deps.database, alert);
    const deliveries = await listDeliveries(deps.database, {
      organizationId,
      alertId: alert.alertId,
      limit: DELIVERIES_SHOWN,
    });
    return showDetail(alert, timelineOf(activity, deliveries));
  });

  const registerDecision = (cause: Exclude<AlertCause, "condition_ended">) =>
    app.post<{ Params: AlertParams }>(
      `/api/v1/alerts/:alert/${cause}`,
      WRITE,
      async (request): Promise<ApiAffected> => {
        const actor = await deps.authenticate(request);
        const { organizationId } = actor;
        const alert = await getAlert(deps, organizationId, request.params.alert);
        const { alertId } = alert;
        const outcome = await changeAlert(deps.database, { organizationId, alertId, cause, actor: actorOf(actor) });
        if (outcome === "not_found") throw notFound("alert");
        if (outcome === "illegal")
          throw new RequestRefusedError(409, "illegal_transition", `the alert is not in a status to ${cause} it`);
        return { status: "ok", affected: 1 };
      },
    );
  registerDecision("acknowledge");
  registerDecision("resolve");

  app.get<{ Params: { issue: string } }>(
    "/api/v1/issues/:issue/silence-alerts",
    READ,
    async (request): Promise<ApiSilenced> => {
      const { organizationId } = await deps.authenticate(request);
      const { projectId, id } = await getIssue(deps, organizationId, request.params.issue);
      return showSilence(await findIssueSilence(deps.database, { projectId, issueId: id }));
    },
  );

  app.post<{ Params: { issue: string } }>(
    "/api/v1/issues/:issue/silence-alerts",
    WRITE,
    async (request): Promise<ApiSilenced> => {
      const actor = await deps.authenticate(request);
      const { projectId, id } = await getIssue(deps, actor.organizationId, request.params.issue);
      const { minutes } = demandFields(request.body, SILENCE_FIELDS, "minutes");
      return showSilence(
        await silenceIssue(deps.database, { actor, alertActor: actorOf(actor) }, { projectId, issueId: id }, minutes),
      );
    },
  );
}

const showSilence = (until: Date | null): ApiSilenced => ({ silenced_until: until?.toISOString() ?? null });

function readId(name: string, given: string | undefined): string | undefined {
  if (given === undefined || given === "") return undefined;
  if (!isUuid(given)) throw badRequest(`${name} must be an id`);
  return given;
}

async function getAlert(deps: ApiDependencies, organizationId: string, id: string): Promise<FoundAlert> {
  const alert = isUuid(id) ? await findAlert(deps.database, organizationId, id) : undefined;
  if (alert === undefined) throw notFound("alert");
  return alert;
}

function showAlert(alert: Alert): ApiAlert {
  return {
    id: alert.alertId,
    project_id: alert.projectId,
    rule_id: alert.ruleId,
    rule_name: alert.ruleName,
    kind: alert.kind,
    status: alert.status,
    message: alert.message,
    condition_snapshot: alert.conditionSnapshot,
    issue: alert.issue && { id: alert.issue.id, short_id: alert.issue.shortId, title: alert.issue.title },
    silenced: alert.silenced,
    suppressed: alert.suppressed,
    triggered_at: alert.triggeredAt.toISOString(),
    acknowledged_at: alert.acknowledgedAt?.toISOString() ?? null,
    resolved_at: alert.resolvedAt?.toISOString() ?? null,
  };
}

function showDetail(alert: FoundAlert, timeline: readonly ApiAlertActivity[]): ApiAlertDetail {
  return {
    ...showAlert(alert),
    rule_silenced_until: alert.ruleSilencedUntil?.toISOString() ?? null,
    issue_silenced_until: alert.issueSilencedUntil?.toISOString() ?? null,
    timeline,
  };
}

/** What happened to it, and whom it reached or is on its way to. */
function timelineOf(activity: readonly AlertActivity[], deliveries: readonly Delivery[]): ApiAlertActivity[] {
  const notified = deliveries.map(({ finishedAt, createdAt, receiver, kind, status, error }): AlertActivity => {
    return { kind: "notified", at: finishedAt ?? createdAt, actor: SYSTEM, details: { receiver, kind, status, error } };
  });
  return [...activity, ...notified]
    .sort((a, b) => a.at.getTime() - b.at.getTime())
    .map(({ kind, at, actor, details }) => ({ kind, at: at.toISOString(), actor, details }));
}
