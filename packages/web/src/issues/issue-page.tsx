import type { ApiIssueDetail } from "@mesher/protocol";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { eventQuery, issueQuery } from "../api/queries.ts";
import { EventBody } from "../events/event-body.tsx";
import { EventFacts } from "../events/event-facts.tsx";
import type { FrameMode } from "../events/frames.ts";
import { buttonClass } from "../ui/button.tsx";
import { Failure } from "../ui/failure.tsx";
import { LevelMark } from "../ui/level-mark.tsx";
import { Notice } from "../ui/notice.tsx";
import { PageSkeleton } from "../ui/page-skeleton.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { Section } from "../ui/section.tsx";
import { Bone } from "../ui/skeleton.tsx";
import { StaleNotice } from "../ui/stale-notice.tsx";
import { EventList } from "./event-list.tsx";
import { GroupingExplanation } from "./grouping-explanation.tsx";
import { IssueCrumbs } from "./issue-crumbs.tsx";
import { StatusMark } from "./status-mark.tsx";
import { TitleText } from "./title-text.tsx";
import { VolumeBars } from "./volume-bars.tsx";

export function IssuePage({ issueId, frameMode }: { issueId: string; frameMode: FrameMode | undefined }) {
  const issue = useQuery(issueQuery(issueId));

  if (issue.isPending) return <PageSkeleton label="Loading the issue" />;
  if (issue.data === undefined) {
    return <Failure title="The issue could not be loaded." error={issue.error} onRetry={() => void issue.refetch()} />;
  }
  return (
    <>
      <StaleNotice error={issue.error} readAtMs={issue.dataUpdatedAt} />
      <FilledIssue issue={issue.data} mode={frameMode ?? "app"} />
    </>
  );
}

function FilledIssue({ issue, mode }: { issue: ApiIssueDetail; mode: FrameMode }) {
  return (
    <article className="px-4 pb-20 sm:px-6">
      <div className="flex min-h-13 items-center py-2.5">
        <IssueCrumbs issue={issue} />
      </div>
      <IssueHeader issue={issue} />
      <div className="mt-5 grid gap-x-10 gap-y-7 border-t pt-5 xl:grid-cols-[minmax(0,1fr)_19rem]">
        <aside aria-label="Overview" className="min-w-0 space-y-6 xl:col-start-2 xl:row-start-1">
          <Section title="Last 24 hours">
            <VolumeBars volume={issue.volume} />
          </Section>
          <Section title="Events">
            <EventList issueId={issue.id} />
          </Section>
          <Section title="Why grouped">
            <GroupingExplanation grouping={issue.grouping} />
          </Section>
        </aside>
        <div className="min-w-0 xl:col-start-1 xl:row-span-2 xl:row-start-1">
          {issue.latest_event_id === null ? (
            <Notice title="No event of this issue is stored any more.">
              Retention has removed them; the counts above remain.
            </Notice>
          ) : (
            <LatestEvent issueId={issue.id} eventId={issue.latest_event_id} mode={mode} />
          )}
        </div>
      </div>
    </article>
  );
}

function IssueHeader({ issue }: { issue: ApiIssueDetail }) {
  return (
    <header className="flex flex-wrap items-start justify-between gap-x-10 gap-y-4">
      <title>{`${issue.short_id} ${issue.title} · Mesher`}</title>
      <div className="min-w-0 flex-[1_1_24rem]">
        <h1 className="flex items-start gap-2.5 text-base leading-6">
          <LevelMark level={issue.level} className="mt-1.5" />
          <TitleText title={issue.title} className="line-clamp-4 min-w-0 break-words" />
        </h1>
        {issue.culprit !== "" && <code className="mt-1 block pl-5.5 break-all text-dim">{issue.culprit}</code>}
      </div>
      <dl className="flex flex-wrap gap-x-7 gap-y-2 tabular-nums">
        <Counter name="Status">
          <StatusMark issue={issue} />
        </Counter>
        <Counter name="Level">
          <span className="capitalize">{issue.level}</span>
        </Counter>
        <Counter name="Events">{issue.event_count.toLocaleString("en")}</Counter>
        <Counter name="First seen">
          <RelativeTime at={issue.first_seen} />
        </Counter>
        <Counter name="Last seen">
          <RelativeTime at={issue.last_seen} />
        </Counter>
      </dl>
    </header>
  );
}

function Counter({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt className="text-xs text-faint">{name}</dt>
      <dd className="font-medium">{children}</dd>
    </div>
  );
}

function LatestEvent({ issueId, eventId, mode }: { issueId: string; eventId: string; mode: FrameMode }) {
  const event = useQuery(eventQuery(issueId, eventId));

  if (event.isPending) return <Bone className="h-96 w-full" />;
  if (event.data === undefined) {
    return <Failure title="The event could not be loaded." error={event.error} onRetry={() => void event.refetch()} />;
  }
  return (
    <>
      <div className="mb-4 flex items-center justify-between gap-3">
        <p className="text-dim">
          Latest event <RelativeTime at={event.data.event.received_at} />
        </p>
        <Link to="/issues/$issueId/events/$eventId" params={{ issueId, eventId }} className={buttonClass}>
          Open
        </Link>
      </div>
      <EventBody detail={event.data} mode={mode} />
      <div className="mt-7 grid">
        <EventFacts detail={event.data} showsGrouping={false} />
      </div>
    </>
  );
}
