import type { ApiAlertRule } from "@mesher/protocol";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { alertRulesQuery } from "../api/alert-queries.ts";
import { hasRole, sessionQuery } from "../api/session.ts";
import { buttonClass } from "../ui/button.tsx";
import { Failure } from "../ui/failure.tsx";
import { isAhead } from "../ui/is-ahead.ts";
import { Notice } from "../ui/notice.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { StaleNotice } from "../ui/stale-notice.tsx";
import { Switch } from "../ui/switch.tsx";
import { useRuleToggle } from "./alert-commands.ts";
import { AlertsFrame } from "./alerts-frame.tsx";
import { conditionSentence, filterSentence, perMinutes } from "./rule-sentence.ts";
import { SilenceMenu } from "./silence-menu.tsx";

export function RulesPage({ projectSlug }: { projectSlug: string }) {
  const mayChange = hasRole(useQuery(sessionQuery()).data, "admin");
  return (
    <AlertsFrame
      projectSlug={projectSlug}
      title="Alert rules"
      aside={mayChange && <NewRule projectSlug={projectSlug} />}
    >
      <Rules projectSlug={projectSlug} mayChange={mayChange} />
    </AlertsFrame>
  );
}

function NewRule({ projectSlug }: { projectSlug: string }) {
  return (
    <Link
      to="/projects/$slug/alert-rules/$ruleId"
      params={{ slug: projectSlug, ruleId: "new" }}
      className={buttonClass}
    >
      New rule
    </Link>
  );
}

function Rules({ projectSlug, mayChange }: { projectSlug: string; mayChange: boolean }) {
  const rules = useQuery(alertRulesQuery(projectSlug));
  if (rules.isPending) return <Skeleton rows={5} label="Loading rules" />;
  if (rules.data === undefined) {
    return <Failure title="The rules could not be loaded." error={rules.error} onRetry={() => void rules.refetch()} />;
  }
  if (rules.data.length === 0) {
    return (
      <Notice title="There is no rule yet.">
        <p className="mb-4">
          A rule says when you want to be told: many events at once, a new issue, one that comes back.
        </p>
        {mayChange ? <NewRule projectSlug={projectSlug} /> : "Owners and admins of the organization create them."}
      </Notice>
    );
  }
  return (
    <>
      <StaleNotice error={rules.error} readAtMs={rules.dataUpdatedAt} />
      <ul aria-label="Alert rules">
        {rules.data.map((rule) => (
          <RuleRow key={rule.id} projectSlug={projectSlug} rule={rule} mayChange={mayChange} />
        ))}
      </ul>
    </>
  );
}

function RuleRow({ projectSlug, rule, mayChange }: { projectSlug: string; rule: ApiAlertRule; mayChange: boolean }) {
  const toggle = useRuleToggle(projectSlug);
  const filters = filterSentence(rule.filters);
  return (
    <li className="grid grid-cols-[2.25rem_minmax(0,1fr)] items-center gap-x-4 gap-y-1.5 border-b px-4 py-2.5 hover:bg-hover sm:px-6 md:grid-cols-[2.25rem_minmax(0,1fr)_10rem_auto]">
      <div className="flex items-center">
        <Switch
          label={`${rule.name} is on`}
          isOn={rule.enabled}
          disabled={!mayChange || toggle.isPending}
          onChange={(enabled) => toggle.mutate({ rule, enabled })}
        />
      </div>
      <div className={`min-w-0 ${rule.enabled ? "" : "text-dim"}`}>
        <Link
          to="/projects/$slug/alert-rules/$ruleId"
          params={{ slug: projectSlug, ruleId: rule.id }}
          className="font-medium wrap-anywhere hover:underline"
        >
          {rule.name}
        </Link>
        {isAhead(rule.silenced_until) && <span className="ml-2 rounded border px-1 text-xs text-dim">Silent</span>}
        <p className="text-xs wrap-anywhere text-dim">
          When {conditionSentence(rule.condition)}
          {filters !== "" && <>, only {filters}</>}; at most once {perMinutes(rule.cooldown_minutes)}
          {rule.cooldown_scope === "issue" && " for each issue"}.
        </p>
      </div>
      <p className="col-start-2 text-xs text-dim md:col-start-auto">
        {rule.last_fired_at === null ? (
          "never fired"
        ) : (
          <>
            fired <RelativeTime at={rule.last_fired_at} />
          </>
        )}
        {rule.open_alerts > 0 && (
          <Link
            to="/projects/$slug/alerts"
            params={{ slug: projectSlug }}
            search={{ rule: rule.id }}
            className="ml-2 text-red underline md:ml-0 md:block"
          >
            {rule.open_alerts} open
          </Link>
        )}
      </p>
      <div className="col-start-2 md:col-start-auto md:justify-self-end">
        <SilenceMenu of={{ kind: "rule", id: rule.id, name: rule.name }} until={rule.silenced_until} />
      </div>
    </li>
  );
}
