/** Rules that tell people when something happens. Paths and shapes of the first version of the API, and more. */
import type { ApiAffected, ApiAlertPreview, ApiAlertRule, ApiAlertTest, ApiSilenced } from "@mesher/protocol";
import type { AlertRule, RuleSettings } from "../alerts/alert-rule.ts";
import { areMembers, findRule, listRules } from "../alerts/alert-rules.queries.ts";
import { changeRule, createRule, removeRule, silenceRule, TooManyRulesError } from "../alerts/alert-rules.ts";
import { SILENCE_MINUTES_MAX } from "../alerts/limits.ts";
import { type Preview, previewRule } from "../alerts/preview.ts";
import { testRule } from "../alerts/test-rule.ts";
import { findDestination } from "../deliveries/destinations.queries.ts";
import { DEFAULTS, PREVIEW_FIELDS, RULE_FIELDS, settingsOf } from "./alert-rule-fields.ts";
import { badRequest, notFound, RequestRefusedError } from "./api-error.ts";
import { checkFields, demandFields, onOrOff, wholeNumber } from "./check-fields.ts";
import type { ApiDependencies, App } from "./dependencies.ts";
import { demandUnchanged, tagOfShown } from "./entity-tags.ts";
import { actorOf } from "./issue-actor.ts";
import { isUuid } from "./pages-of-lists.ts";
import { findProject } from "./projects.ts";
import { searching } from "./search-request.ts";

const READ = { config: { access: { role: "member", scope: "event:read" } } } as const;
const WRITE = { config: { access: { role: "member", scope: "issue:write" } } } as const;
const ADMINISTER = { config: { access: { role: "admin", scope: "project:admin" } } } as const;

export const SILENCE_FIELDS = { minutes: wholeNumber(0, SILENCE_MINUTES_MAX) };

interface RuleParams {
  readonly rule: string;
}

export function registerAlertRuleRoutes(app: App, deps: ApiDependencies): void {
  app.get<{ Params: { project: string } }>(
    "/api/v1/projects/:project/alert-rules",
    READ,
    async (request): Promise<ApiAlertRule[]> => {
      const { organizationId } = await deps.authenticate(request);
      const project = await findProject(deps, organizationId, request.params.project);
      return (await listRules(deps.database, project.id)).map(showRule);
    },
  );

  app.post<{ Params: { project: string } }>(
    "/api/v1/projects/:project/alert-rules",
    ADMINISTER,
    async (request, reply): Promise<ApiAlertRule> => {
      const actor = await deps.authenticate(request);
      const project = await findProject(deps, actor.organizationId, request.params.project);
      const settings = settingsOf(checkFields(request.body, RULE_FIELDS), DEFAULTS);
      await demandReachable(deps, actor.organizationId, settings.action);
      const id = await refuseTooMany(createRule(deps.database, actor, project.id, settings));
      void reply.code(201);
      return showRule(await getRule(deps, actor.organizationId, id));
    },
  );

  app.post<{ Params: { project: string } }>(
    "/api/v1/projects/:project/alert-rules/preview",
    READ,
    async (request): Promise<ApiAlertPreview> => {
      const { organizationId } = await deps.authenticate(request);
      const { id: projectId, slug } = await findProject(deps, organizationId, request.params.project);
      const { condition, filters, cooldownMinutes, cooldownScope } = settingsOf(
        checkFields(request.body, PREVIEW_FIELDS),
        DEFAULTS,
      );
      const cooldown = { minutes: cooldownMinutes, scope: cooldownScope };
      const rule = { projectId, slug, condition, filters, cooldown };
      return showPreview(await searching(previewRule(deps.database, rule, deps.now())));
    },
  );

  app.get<{ Params: RuleParams }>("/api/v1/alert-rules/:rule", READ, async (request, reply): Promise<ApiAlertRule> => {
    const { organizationId } = await deps.authenticate(request);
    const rule = await getRule(deps, organizationId, request.params.rule);
    // Of what people set alone: a rule that fires meanwhile may be changed all the same.
    void reply.header("etag", tagOfShown(settingsOf({}, rule)));
    return showRule(rule);
  });

  app.patch<{ Params: RuleParams }>("/api/v1/alert-rules/:rule", ADMINISTER, async (request): Promise<ApiAlertRule> => {
    await edit(deps, request);
    return showRule(await getRule(deps, (await deps.authenticate(request)).organizationId, request.params.rule));
  });

  /** As PATCH, with the answer that changes had in the first version of the API. */
  app.post<{ Params: RuleParams }>("/api/v1/alert-rules/:rule", ADMINISTER, async (request): Promise<ApiAffected> => {
    await edit(deps, request);
    return { status: "ok", affected: 1 };
  });

  app.post<{ Params: RuleParams }>(
    "/api/v1/alert-rules/:rule/toggle",
    ADMINISTER,
    async (request): Promise<ApiAffected> => {
      const actor = await deps.authenticate(request);
      const rule = await getRule(deps, actor.organizationId, request.params.rule);
      const { enabled = true } = checkFields(request.body, { enabled: onOrOff });
      if (rule.enabled === enabled) return { status: "ok", affected: 0 };
      await found(changeRule(deps.database, actor, rule.ruleId, (current) => ({ ...current, enabled })));
      return { status: "ok", affected: 1 };
    },
  );

  app.post<{ Params: RuleParams }>(
    "/api/v1/alert-rules/:rule/delete",
    ADMINISTER,
    async (request): Promise<ApiAffected> => {
      const actor = await deps.authenticate(request);
      const { rule } = request.params;
      if (!isUuid(rule)) throw notFound("alert rule");
      await found(removeRule(deps.database, actor, rule));
      return { status: "ok", affected: 1 };
    },
  );

  app.post<{ Params: RuleParams }>(
    "/api/v1/alert-rules/:rule/test",
    ADMINISTER,
    async (request): Promise<ApiAlertTest> => {
      const actor = await deps.authenticate(request);
      const rule = await getRule(deps, actor.organizationId, request.params.rule);
      const telling = await testRule(deps.database, { actor, alertActor: actorOf(actor) }, rule, deps.now());
      if (telling === undefined) throw notFound("alert rule");
      deps.onAlertFired(telling);
      return { alert_id: telling.alert_id };
    },
  );

  app.post<{ Params: RuleParams }>(
    "/api/v1/alert-rules/:rule/silence",
    WRITE,
    async (request): Promise<ApiSilenced> => {
      const actor = await deps.authenticate(request);
      const { ruleId } = await getRule(deps, actor.organizationId, request.params.rule);
      const { minutes } = demandFields(request.body, SILENCE_FIELDS, "minutes");
      const until = await silenceRule(deps.database, { actor, alertActor: actorOf(actor) }, ruleId, minutes);
      if (until === undefined) throw notFound("alert rule");
      return { silenced_until: until?.toISOString() ?? null };
    },
  );
}

async function edit(
  deps: ApiDependencies,
  request: Parameters<ApiDependencies["authenticate"]>[0] & { readonly params: RuleParams; readonly body: unknown },
): Promise<void> {
  const actor = await deps.authenticate(request);
  const rule = await getRule(deps, actor.organizationId, request.params.rule);
  const given = checkFields(request.body, RULE_FIELDS);
  if (given.action !== undefined) await demandReachable(deps, actor.organizationId, given.action, rule.action);
  const change = (current: AlertRule) => {
    demandUnchanged(request, settingsOf({}, current));
    return settingsOf(given, current);
  };
  await found(changeRule(deps.database, actor, rule.ruleId, change));
}

export async function getRule(deps: ApiDependencies, organizationId: string, id: string): Promise<AlertRule> {
  const rule = isUuid(id) ? await findRule(deps.database, organizationId, id) : undefined;
  if (rule === undefined) throw notFound("alert rule");
  return rule;
}

async function found(change: Promise<boolean>): Promise<void> {
  if (!(await change)) throw notFound("alert rule");
}

async function refuseTooMany<T>(creation: Promise<T>): Promise<T> {
  try {
    return await creation;
  } catch (error) {
    if (error instanceof TooManyRulesError) throw new RequestRefusedError(409, "too_many", error.message);
    throw error;
  }
}

/**
 * Whom a rule names is of its organization, or was when it was named: somebody who has left since, or a deleted destination,
 * hinders no change of the rest.
 */
async function demandReachable(
  { database }: ApiDependencies,
  organizationId: string,
  action: RuleSettings["action"],
  before: RuleSettings["action"] = [],
): Promise<void> {
  const [named, known] = [receiversOf(action), receiversOf(before)];
  const people = named.people.filter((id) => !known.people.includes(id));
  if (people.length > 0 && !(await areMembers(database, organizationId, people)))
    throw unreachable("names somebody who is no member of the organization");
  for (const id of named.destinations) {
    if (!known.destinations.includes(id) && !(await findDestination(database, organizationId, id)))
      throw unreachable("names a destination that the organization does not have");
  }
}

/** The ids of those whom an action names. */
function receiversOf(action: RuleSettings["action"]): { readonly people: string[]; readonly destinations: string[] } {
  const actions = "type" in action ? [action] : action;
  return {
    people: actions.flatMap((each) =>
      each.type === "people" && typeof each.who === "object" ? [each.who.user_id] : [],
    ),
    destinations: actions.flatMap((each) => (each.type === "destination" ? [each.destination_id] : [])),
  };
}

function unreachable(reason: string): RequestRefusedError {
  return badRequest(`action ${reason}`, [{ path: "action", reason }]);
}

function showRule(rule: AlertRule): ApiAlertRule {
  return {
    id: rule.ruleId,
    project_id: rule.projectId,
    name: rule.name,
    condition: rule.condition,
    filters: rule.filters,
    action: rule.action,
    enabled: rule.enabled,
    cooldown_minutes: rule.cooldownMinutes,
    cooldown_scope: rule.cooldownScope,
    last_fired_at: rule.lastFiredAt?.toISOString() ?? null,
    silenced_until: rule.silencedUntil?.toISOString() ?? null,
    open_alerts: rule.openAlerts,
    created_at: rule.createdAt.toISOString(),
    updated_at: rule.updatedAt.toISOString(),
  };
}

/** Of a preview; what there is beyond is only counted. */
const FIRINGS_SHOWN_MAX = 200;

function showPreview({ fromMs, toMs, firings, isComplete }: Preview): ApiAlertPreview {
  return {
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    fired: firings.length,
    firings: firings.slice(0, FIRINGS_SHOWN_MAX).map(({ atMs, value, issueId }) => ({
      at: new Date(atMs).toISOString(),
      value,
      issue_id: issueId,
    })),
    is_complete: isComplete,
  };
}
