import type { ApiEventDetail, ApiIssueCommand, ApiIssueDetail } from "@mesher/protocol";
import { type UseQueryResult, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { useIssueCommands } from "../api/issue-commands.ts";
import { activityQuery, eventQuery, issueEventsQuery, issueQuery, issueTagsQuery } from "../api/queries.ts";
import { useCurrentProject } from "../app/current-project.ts";
import { EventBody } from "../events/event-body.tsx";
import { EventFacts } from "../events/event-facts.tsx";
import { EventSearch } from "../events/event-search.tsx";
import { MarkdownButton } from "../events/markdown-button.tsx";
import { Button, buttonClass } from "../ui/button.tsx";
import { Failure } from "../ui/failure.tsx";
import { LevelMark } from "../ui/level-mark.tsx";
import { Notice } from "../ui/notice.tsx";
import { PageSkeleton } from "../ui/page-skeleton.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { Section } from "../ui/section.tsx";
import { Bone } from "../ui/skeleton.tsx";
import { StaleNotice } from "../ui/stale-notice.tsx";
import { useKeys } from "../ui/use-keys.ts";
import { Activity } from "./activity.tsx";
import { Assignee } from "./assignee.tsx";
import { GroupingExplanation } from "./grouping-explanation.tsx";
import { IssueActions } from "./issue-actions.tsx";
import { IssueCrumbs } from "./issue-crumbs.tsx";
import { CHART_PERIOD_DEFAULT, type IssueSearch } from "./issue-search.ts";
import { IssueTags } from "./issue-tags.tsx";
import { IssueTimeline } from "./issue-timeline.tsx";
import { MergedIssues, SimilarIssues } from "./merging.tsx";
import { Neighbours } from "./neighbours.tsx";
import { SEARCH_BOX_ID } from "./search-box.tsx";
import { searchFault } from "./search-fault.ts";
import { StatusMark } from "./status-mark.tsx";
import { StatusTerms } from "./status-terms.tsx";
import { TitleText } from "./title-text.tsx";

/** `issueId`: as the address has it, mostly the short id. */
export function IssuePage({ issueId, search }: { issueId: string; search: IssueSearch }) {
  const issue = useQuery(issueQuery(issueId));

  if (issue.isPending) return <PageSkeleton label="Loading the issue" />;
  if (issue.data === undefined) {
    return <Failure title="The issue could not be loaded." error={issue.error} onRetry={() => void issue.refetch()} />;
  }
  return (
    <>
      <StaleNotice error={issue.error} readAtMs={issue.dataUpdatedAt} />
      <FilledIssue key={issue.data.id} issue={issue.data} search={search} />
    </>
  );
}

function FilledIssue({ issue, search }: { issue: ApiIssueDetail; search: IssueSearch }) {
  const navigate = useNavigate({ from: "/issues/$issueId" });
  // Whoever reads an event keeps it, also while newer ones arrive every second.
  const [pinnedId, setPinnedId] = useState(issue.latest_event_id);
  const eventId = pinnedId ?? issue.latest_event_id ?? undefined;
  const latest = useQuery({ ...eventQuery(issue.short_id, eventId ?? ""), enabled: eventId !== undefined });
  const showEvents = (change: Partial<IssueSearch>) =>
    void navigate({ search: (before) => ({ ...before, tab: "events", ...change }), resetScroll: false });
  return (
    <article className="px-4 pb-20 sm:px-6">
      <div className="flex min-h-13 items-center justify-between gap-3 py-2.5">
        <IssueCrumbs issue={issue} />
        <Neighbours shortId={issue.short_id} />
      </div>
      <IssueHeader issue={issue} />
      <ActionBar issue={issue} />
      {/* One column on a narrow screen. On a wide one the facts stand beside what happened. */}
      <div className="mt-5 grid grid-cols-[minmax(0,1fr)] gap-x-10 gap-y-7 border-t pt-5 xl:grid-cols-[minmax(0,1fr)_19rem]">
        <div className="min-w-0 space-y-6">
          <IssueTimeline
            issue={issue}
            period={search.chart ?? CHART_PERIOD_DEFAULT}
            onSpan={({ from, to }) => showEvents({ from, to, period: undefined })}
          />
          <Tabs issue={issue} search={search} />
          {search.tab === "events" ? (
            <IssueEvents issue={issue} search={search} onChange={showEvents} />
          ) : eventId === undefined ? (
            <Notice title="No event of this issue is stored any more.">
              Retention has removed them; the counts above remain.
            </Notice>
          ) : (
            <LatestEvent
              issueId={issue.short_id}
              eventId={eventId}
              latest={latest}
              search={search}
              onShowNewer={eventId === issue.latest_event_id ? undefined : () => setPinnedId(issue.latest_event_id)}
            />
          )}
        </div>
        <aside aria-label="Details" className="min-w-0 space-y-6">
          <IssueDetails issue={issue} latest={search.tab === undefined ? latest.data : undefined} />
        </aside>
      </div>
    </article>
  );
}

/** All at once: what comes one after the other would push down what somebody has begun to read. */
function IssueDetails({ issue, latest }: { issue: ApiIssueDetail; latest: ApiEventDetail | undefined }) {
  const tags = useQuery({ ...issueTagsQuery(issue.id), refetchInterval: false });
  const activity = useInfiniteQuery(activityQuery(issue.id));
  if (tags.isPending || activity.isPending) {
    return (
      <div role="status" aria-label="Loading the details" className="appears-late space-y-6">
        <Bone className="h-32 w-full" />
        <Bone className="h-20 w-full" />
      </div>
    );
  }
  return (
    <>
      <IssueTags issueId={issue.id} shortId={issue.short_id} />
      <Activity issue={issue} />
      <SimilarIssues issue={issue} />
      <MergedIssues issue={issue} />
      <Section title="Why grouped">
        <GroupingExplanation grouping={issue.grouping} />
      </Section>
      {latest !== undefined && <EventFacts detail={latest} showsGrouping={false} />}
    </>
  );
}

/** Links: which part is shown is part of the address. */
function Tabs({ issue, search }: { issue: ApiIssueDetail; search: IssueSearch }) {
  const tab = (name: ReactNode, value: IssueSearch["tab"]) => (
    <Link
      to="/issues/$issueId"
      params={{ issueId: issue.short_id }}
      search={{ chart: search.chart, frames: search.frames, tab: value }}
      resetScroll={false}
      activeOptions={{ exact: true }}
      aria-current={search.tab === value ? "page" : undefined}
      className={`-mb-px border-b-2 pb-1.5 font-medium ${
        search.tab === value ? "border-ink text-ink" : "border-transparent text-dim hover:text-ink"
      }`}
    >
      {name}
    </Link>
  );
  return (
    <nav aria-label="Parts of the issue" className="flex gap-5 border-b">
      {tab("Latest event", undefined)}
      {tab(
        <>
          All events <span className="text-faint tabular-nums">{issue.event_count.toLocaleString("en")}</span>
        </>,
        "events",
      )}
    </nav>
  );
}

interface IssueEventsProps {
  readonly issue: ApiIssueDetail;
  readonly search: IssueSearch;
  readonly onChange: (change: Partial<IssueSearch>) => void;
}

function IssueEvents({ issue, search, onChange }: IssueEventsProps) {
  const { query, period, from, to } = search;
  const project = useCurrentProject();
  const events = useInfiniteQuery({
    ...issueEventsQuery(issue.id, { query, period, from, to }),
    enabled: searchFault(query ?? "", "event") === undefined,
  });
  useKeys({ "/": () => document.getElementById(SEARCH_BOX_ID)?.focus() });
  return (
    <EventSearch
      projectSlug={project?.slug ?? ""}
      query={query}
      range={{ period, from, to }}
      anyTime="Any time"
      onSearch={(text) => onChange({ query: text })}
      onRange={(range) => onChange({ period: range.period, from: range.from, to: range.to })}
      events={events}
      issueId={issue.short_id}
      whenEmpty={<Notice title="No event of this issue is stored any more." />}
    />
  );
}

interface LatestEventProps {
  readonly issueId: string;
  readonly eventId: string;
  readonly latest: UseQueryResult<ApiEventDetail>;
  readonly search: IssueSearch;
  readonly onShowNewer: (() => void) | undefined;
}

function LatestEvent({ issueId, eventId, latest, search, onShowNewer }: LatestEventProps) {
  if (latest.isPending) return <Bone className="h-96 w-full" />;
  if (latest.data === undefined) {
    return (
      <Failure title="The event could not be loaded." error={latest.error} onRetry={() => void latest.refetch()} />
    );
  }
  return (
    <>
      <div className="mb-4 flex flex-wrap items-center justify-between gap-x-3 gap-y-2">
        <p className="text-dim">
          {onShowNewer === undefined ? "Latest event" : "Event of"} <RelativeTime at={latest.data.event.received_at} />
        </p>
        <span className="flex shrink-0 gap-1.5 whitespace-nowrap">
          {onShowNewer !== undefined && <Button onClick={onShowNewer}>Show the newest</Button>}
          <MarkdownButton eventId={eventId} />
          <Link to="/issues/$issueId/events/$eventId" params={{ issueId, eventId }} className={buttonClass}>
            Open
          </Link>
        </span>
      </div>
      <EventBody key={latest.data.event.id} detail={latest.data} mode={search.frames ?? "app"} />
    </>
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
      <dl className="grid w-full grid-cols-2 gap-x-5 gap-y-2 tabular-nums sm:flex sm:w-auto sm:flex-wrap sm:gap-x-7">
        <Counter name="Status">
          <StatusMark issue={issue} />
          <StatusTerms details={issue.status_details} />
        </Counter>
        <Counter name="Level">
          <span className="inline-block first-letter:uppercase">{issue.level}</span>
        </Counter>
        <Counter name="Priority">
          <span className="inline-block first-letter:uppercase">{issue.priority}</span>
        </Counter>
        <Counter name="Assigned to">
          <Assignee issue={issue} />
        </Counter>
        <Counter name="Users">{issue.user_count.toLocaleString("en")}</Counter>
        <Counter name="Events">{issue.event_count.toLocaleString("en")}</Counter>
        <Counter name="First seen" note={issue.first_release}>
          <RelativeTime at={issue.first_seen} />
        </Counter>
        <Counter name="Last seen" note={issue.last_release}>
          <RelativeTime at={issue.last_seen} />
        </Counter>
      </dl>
    </header>
  );
}

function ActionBar({ issue }: { issue: ApiIssueDetail }) {
  const commands = useIssueCommands();
  const navigate = useNavigate();
  const project = useCurrentProject();
  const run = (command: ApiIssueCommand) => {
    commands.mutate({ issues: [issue], command });
    // Of a deleted issue there is nothing to show.
    if (command.do === "delete") {
      void navigate(project === undefined ? { to: "/" } : { to: "/projects/$slug", params: { slug: project.slug } });
    }
  };
  useKeys({
    e: () => run({ do: "resolve", mode: "now" }),
    a: () => document.querySelector<HTMLElement>("[data-menu=assign]")?.click(),
  });
  return (
    <div role="toolbar" aria-label="Actions" className="mt-4 flex flex-wrap gap-1.5">
      <IssueActions issues={[issue]} onCommand={run} side="bottom" />
    </div>
  );
}

function Counter({ name, note, children }: { name: string; note?: string | null; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-xs text-faint">{name}</dt>
      <dd className="font-medium">{children}</dd>
      {note != null && (
        <dd className="max-w-32 truncate text-xs text-dim" title={`in ${note}`}>
          <span className="sr-only">in release </span>
          {note}
        </dd>
      )}
    </div>
  );
}
