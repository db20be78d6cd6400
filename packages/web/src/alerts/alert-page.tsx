import { type ApiAlertActivity, type ApiAlertDetail, DESTINATION_FIELDS, DESTINATION_KINDS } from "@mesher/protocol";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { alertQuery } from "../api/alert-queries.ts";
import { Button } from "../ui/button.tsx";
import { Failure } from "../ui/failure.tsx";
import { PageSkeleton } from "../ui/page-skeleton.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { Section } from "../ui/section.tsx";
import { StaleNotice } from "../ui/stale-notice.tsx";
import { useAlertDecision } from "./alert-commands.ts";
import { AlertMark } from "./alert-mark.tsx";
import { AlertsFrame } from "./alerts-frame.tsx";
import { SilenceMenu } from "./silence-menu.tsx";

/** One alert: what fired, about what, and what happened to it since. */
export function AlertPage({ projectSlug, alertId }: { projectSlug: string; alertId: string }) {
  const alert = useQuery(alertQuery(alertId));
  return (
    <AlertsFrame projectSlug={projectSlug} title="Alert">
      {alert.data !== undefined ? (
        <>
          <StaleNotice error={alert.error} readAtMs={alert.dataUpdatedAt} />
          <FilledAlert projectSlug={projectSlug} alert={alert.data} />
        </>
      ) : alert.isError ? (
        <Failure title="The alert could not be loaded." error={alert.error} onRetry={() => void alert.refetch()} />
      ) : (
        <PageSkeleton label="Loading the alert" />
      )}
    </AlertsFrame>
  );
}

function FilledAlert({ projectSlug, alert }: { projectSlug: string; alert: ApiAlertDetail }) {
  const decide = useAlertDecision();
  const { issue } = alert;
  return (
    <article className="max-w-3xl space-y-8 px-4 pt-5 sm:px-6">
      <div>
        <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
          <AlertMark status={alert.status} />
          <h2 className="min-w-0 text-sm font-semibold wrap-anywhere">{alert.rule_name}</h2>
          <span className="text-dim">
            {alert.status}, fired <RelativeTime at={alert.triggered_at} />
          </span>
        </div>
        {issue === null && <p className="mt-2 text-dim wrap-anywhere">{alert.message}</p>}
        {alert.suppressed > 0 && (
          <p className="mt-1 text-dim">
            It stands for {alert.suppressed} more that were held back since the one before.
          </p>
        )}
        {alert.silenced && <p className="mt-1 text-amber">It fired in silence: nobody was told.</p>}
        <div className="mt-4 flex flex-wrap gap-1.5">
          {alert.status === "active" && (
            <Button disabled={decide.isPending} onClick={() => decide.mutate({ alert, decision: "acknowledge" })}>
              Acknowledge
            </Button>
          )}
          {alert.status !== "resolved" && (
            <Button disabled={decide.isPending} onClick={() => decide.mutate({ alert, decision: "resolve" })}>
              Resolve
            </Button>
          )}
          <SilenceMenu of={{ kind: "rule", id: alert.rule_id, name: "the rule" }} until={alert.rule_silenced_until} />
        </div>
      </div>
      {issue !== null && (
        <Section
          title="About"
          aside={
            <SilenceMenu of={{ kind: "issue", id: issue.id, name: "the issue" }} until={alert.issue_silenced_until} />
          }
        >
          {issue.title === null ? (
            <p className="text-faint">The issue is gone.</p>
          ) : (
            <Link
              to="/issues/$issueId"
              params={{ issueId: issue.id }}
              className="block rounded-lg border px-3 py-2 hover:bg-hover"
            >
              <span className="font-medium wrap-anywhere">{issue.title}</span>
              <span className="ml-2 text-xs text-faint">{issue.short_id}</span>
            </Link>
          )}
        </Section>
      )}
      <Timeline activities={alert.timeline} />
      <p className="flex gap-4 text-xs">
        <Link
          to="/projects/$slug/alert-rules/$ruleId"
          params={{ slug: projectSlug, ruleId: alert.rule_id }}
          className="text-dim underline hover:text-ink"
        >
          The rule
        </Link>
        <Link
          to="/projects/$slug/alerts"
          params={{ slug: projectSlug }}
          search={{ rule: alert.rule_id }}
          className="text-dim underline hover:text-ink"
        >
          All its alerts
        </Link>
      </p>
    </article>
  );
}

const ACTIVITY: Readonly<Record<ApiAlertActivity["kind"], { readonly color: string; readonly text: string }>> = {
  fired: { color: "bg-red", text: "Fired" },
  notified: { color: "bg-dim", text: "Notification" },
  silenced: { color: "bg-faint", text: "Silenced" },
  unsilenced: { color: "bg-faint", text: "Heard again" },
  acknowledged: { color: "bg-mark", text: "Acknowledged" },
  resolved: { color: "bg-green", text: "Resolved" },
};

function Timeline({ activities }: { activities: readonly ApiAlertActivity[] }) {
  return (
    <Section title="What happened">
      <ol aria-label="Timeline" className="border-l pl-4">
        {activities.map(({ kind, at, actor, details }, index) => (
          <li key={`${kind} ${at} ${index}`} className="relative pb-3 last:pb-0">
            <span
              aria-hidden
              className={`absolute top-1.5 -left-[1.3rem] size-2.5 rounded-full border-2 border-bg ${ACTIVITY[kind].color}`}
            />
            <p>
              <span className="font-medium">{ACTIVITY[kind].text}</span>{" "}
              {actor.kind !== "system" && <span className="text-dim">by {actor.name} </span>}
              <span className="text-xs text-faint">
                <RelativeTime at={at} />
              </span>
            </p>
            <p className="text-xs wrap-anywhere text-dim">{detailsText({ kind, at, actor, details })}</p>
          </li>
        ))}
      </ol>
    </Section>
  );
}

const DELIVERY: Readonly<Record<string, string>> = { dead: "given up" };

/** What the page does not say elsewhere: whom it reached, and why not. */
function detailsText({ kind, details }: ApiAlertActivity): string {
  const textOf = (name: string) => (typeof details[name] === "string" ? details[name] : "");
  if (kind === "notified") {
    const status = textOf("status");
    const known = DESTINATION_KINDS.find((each) => each === textOf("kind"));
    const by = known === undefined ? textOf("kind") : DESTINATION_FIELDS[known].label;
    const receiver = by === "" ? textOf("receiver") : `${textOf("receiver")} (${by})`;
    const told = [receiver, DELIVERY[status] ?? status].filter((part) => part !== "");
    const error = textOf("error");
    return error === "" ? told.join(", ") : `${told.join(", ")}: ${error}`;
  }
  const value = details["value"];
  return typeof value === "number" ? `${value.toLocaleString("en")} counted` : "";
}
