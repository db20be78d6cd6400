import { ALERT_STATUSES, type AlertStatus, type ApiAlert } from "@mesher/protocol";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { alertRulesQuery, alertsQuery } from "../api/alert-queries.ts";
import { hasRole, sessionQuery } from "../api/session.ts";
import { Button, buttonClass } from "../ui/button.tsx";
import { Failure } from "../ui/failure.tsx";
import { lineInputClass } from "../ui/field.tsx";
import { MoreButton } from "../ui/more-button.tsx";
import { Notice } from "../ui/notice.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { settle } from "../ui/settle.ts";
import { Skeleton } from "../ui/skeleton.tsx";
import { StaleNotice } from "../ui/stale-notice.tsx";
import { uniqueById } from "../ui/unique-by-id.ts";
import { useAlertDecision } from "./alert-commands.ts";
import { AlertMark } from "./alert-mark.tsx";
import { AlertsFrame } from "./alerts-frame.tsx";

export interface AlertsSearch {
  readonly status?: AlertStatus | undefined;
  readonly rule?: string | undefined;
}

/** What the rules of a project have fired. */
export function AlertsPage({ projectSlug, search }: { projectSlug: string; search: AlertsSearch }) {
  return (
    <AlertsFrame projectSlug={projectSlug} title="Alerts">
      <AlertFilters projectSlug={projectSlug} search={search} />
      <Fired projectSlug={projectSlug} search={search} />
    </AlertsFrame>
  );
}

function AlertFilters({ projectSlug, search }: { projectSlug: string; search: AlertsSearch }) {
  const navigate = useNavigate({ from: "/projects/$slug/alerts" });
  const rules = useQuery(alertRulesQuery(projectSlug));
  const choose = (more: AlertsSearch) => void navigate({ search: { ...search, ...more } });
  return (
    <div className="flex flex-wrap gap-2 px-4 py-3 sm:px-6">
      <div role="group" aria-label="Status" className="flex gap-1">
        {[undefined, ...ALERT_STATUSES].map((status) => (
          <Button
            key={status ?? "all"}
            aria-pressed={search.status === status}
            onClick={() => choose({ status })}
            className="border-transparent text-dim capitalize aria-pressed:border-edge aria-pressed:text-ink"
          >
            {status ?? "all"}
          </Button>
        ))}
      </div>
      <select
        aria-label="Rule"
        value={search.rule ?? ""}
        onChange={({ target: { value } }) => choose({ rule: value || undefined })}
        className={`${lineInputClass} sm:max-w-52`}
      >
        <option value="">All rules</option>
        {rules.data?.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}

function Fired({ projectSlug, search }: { projectSlug: string; search: AlertsSearch }) {
  const alerts = useInfiniteQuery(alertsQuery(projectSlug, search));
  if (alerts.isPending) return <Skeleton rows={8} label="Loading alerts" />;
  if (alerts.data === undefined) {
    return (
      <Failure title="The alerts could not be loaded." error={alerts.error} onRetry={() => void alerts.refetch()} />
    );
  }
  const rows = uniqueById(alerts.data.pages.flatMap((page) => page.data));
  return (
    <>
      <StaleNotice error={alerts.error} readAtMs={alerts.dataUpdatedAt} />
      {rows.length === 0 ? (
        <NoAlerts projectSlug={projectSlug} isFiltered={search.status !== undefined || search.rule !== undefined} />
      ) : (
        <ul ref={settle} aria-label="Alerts" className="border-t">
          {rows.map((alert) => (
            <AlertRow key={alert.id} projectSlug={projectSlug} alert={alert} />
          ))}
        </ul>
      )}
      {alerts.hasNextPage && (
        <MoreButton isLoading={alerts.isFetchingNextPage} onClick={() => void alerts.fetchNextPage()}>
          Earlier alerts
        </MoreButton>
      )}
    </>
  );
}

function NoAlerts({ projectSlug, isFiltered }: { projectSlug: string; isFiltered: boolean }) {
  const rules = useQuery(alertRulesQuery(projectSlug));
  const mayMake = hasRole(useQuery(sessionQuery()).data, "admin");
  if (isFiltered) return <Notice title="No alert matches." />;
  if (rules.data?.length !== 0) return <Notice title="No alert yet.">When a rule fires, it is listed here.</Notice>;
  return (
    <Notice title="There is no rule yet that could fire.">
      <p>A rule says when you want to be told: many events at once, a new issue, one that comes back.</p>
      {mayMake && (
        <Link
          to="/projects/$slug/alert-rules/$ruleId"
          params={{ slug: projectSlug, ruleId: "new" }}
          className={`${buttonClass} mt-4`}
        >
          Create a rule
        </Link>
      )}
    </Notice>
  );
}

const KIND: Readonly<Record<ApiAlert["kind"], string | undefined>> = { fired: undefined, test: "Test", storm: "Storm" };

function AlertRow({ projectSlug, alert }: { projectSlug: string; alert: ApiAlert }) {
  const decide = useAlertDecision();
  return (
    <li className="arrives grid items-center gap-x-4 gap-y-1.5 border-b px-4 py-2.5 hover:bg-hover sm:px-6 md:grid-cols-[minmax(0,1fr)_9rem_12rem]">
      <div className="flex min-w-0 items-start gap-2.5">
        <span className="pt-1">
          <AlertMark status={alert.status} />
        </span>
        <div className="min-w-0">
          <Link
            to="/projects/$slug/alerts/$alertId"
            params={{ slug: projectSlug, alertId: alert.id }}
            className="font-medium wrap-anywhere hover:underline"
          >
            {alert.rule_name}
          </Link>
          {KIND[alert.kind] !== undefined && (
            <span className="ml-2 rounded border px-1 text-xs text-dim">{KIND[alert.kind]}</span>
          )}
          {alert.silenced && <span className="ml-2 rounded border px-1 text-xs text-dim">Silent</span>}
          <p className="text-xs wrap-anywhere text-dim">
            {alert.issue?.title ?? alert.message}
            {alert.suppressed > 0 && ` · stands for ${alert.suppressed} more`}
          </p>
        </div>
      </div>
      <p className="pl-5.5 text-xs text-dim md:pl-0">
        {alert.status} · <RelativeTime at={alert.triggered_at} />
      </p>
      <div className="flex gap-1.5 pl-5.5 md:justify-end md:pl-0">
        {alert.status === "active" && (
          <Button
            aria-label={`Acknowledge ${alert.rule_name}`}
            disabled={decide.isPending}
            onClick={() => decide.mutate({ alert, decision: "acknowledge" })}
          >
            Acknowledge
          </Button>
        )}
        {alert.status !== "resolved" && (
          <Button
            aria-label={`Resolve ${alert.rule_name}`}
            disabled={decide.isPending}
            onClick={() => decide.mutate({ alert, decision: "resolve" })}
          >
            Resolve
          </Button>
        )}
      </div>
    </li>
  );
}
