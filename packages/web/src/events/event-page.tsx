import type { ApiEventDetail, ApiIssueDetail } from "@mesher/protocol";
import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { type ReactNode, useEffect } from "react";
import { eventQuery, issueQuery } from "../api/queries.ts";
import { IssueCrumbs } from "../issues/issue-crumbs.tsx";
import { TitleText } from "../issues/title-text.tsx";
import { buttonClass } from "../ui/button.tsx";
import { Failure } from "../ui/failure.tsx";
import { LevelMark } from "../ui/level-mark.tsx";
import { Menu, MenuItem } from "../ui/menu.tsx";
import { PageSkeleton } from "../ui/page-skeleton.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { useKeys } from "../ui/use-keys.ts";
import { EventBody } from "./event-body.tsx";
import { EventFacts } from "./event-facts.tsx";
import { eventTitle } from "./event-title.ts";
import type { FrameMode } from "./frames.ts";
import { MarkdownButton, MarkdownItem } from "./markdown-button.tsx";

export function EventPage(props: { issueId: string; eventId: string; frameMode: FrameMode | undefined }) {
  const { issueId, eventId, frameMode } = props;
  const event = useQuery(eventQuery(issueId, eventId));
  const issue = useQuery(issueQuery(issueId));
  useSuccessor(event, issue.data?.latest_event_id);

  // Both, since what the issue adds would move what the event has brought.
  if (event.isPending || issue.isPending) return <PageSkeleton label="Loading the event" />;
  if (event.data === undefined) {
    return <Failure title="The event could not be loaded." error={event.error} onRetry={() => void event.refetch()} />;
  }
  return (
    <article
      className={`px-4 pb-20 sm:px-6 ${event.isPlaceholderData ? "opacity-60" : ""}`}
      aria-busy={event.isPlaceholderData}
    >
      <div className="flex min-h-13 flex-wrap items-center justify-between gap-x-4 gap-y-2 py-2.5">
        <IssueCrumbs issue={issue.data} current="Event" />
        <EventNavigation
          detail={event.data}
          latestId={latestOf(event.data, issue.data)}
          issueId={issueId}
          frameMode={frameMode}
        />
      </div>
      <EventHeader detail={event.data} culprit={issue.data?.culprit} />
      <div className="mt-6 grid grid-cols-[minmax(0,1fr)] gap-x-10 gap-y-8 xl:grid-cols-[minmax(0,1fr)_19rem]">
        {/* What is open in one event says nothing of the next. */}
        <EventBody key={event.data.event.id} detail={event.data} mode={frameMode ?? "app"} />
        <aside aria-label="Facts" className="min-w-0">
          <EventFacts detail={event.data} showsGrouping />
        </aside>
      </div>
    </article>
  );
}

/** The newest event knows best that it is; of an older one the issue, which the feed keeps as it is now. */
function latestOf({ navigation }: ApiEventDetail, issue: ApiIssueDetail | undefined): string {
  return (navigation.next_id === null ? undefined : issue?.latest_event_id) ?? navigation.latest_id;
}

/** The newest event has none, until the feed tells that the issue has a newer one. */
function useSuccessor(event: UseQueryResult<ApiEventDetail>, latestId: string | null | undefined): void {
  const { data, refetch, isPlaceholderData } = event;
  const isNewest = data !== undefined && !isPlaceholderData && data.navigation.next_id === null;
  const successorId = isNewest && latestId !== data.event.id ? latestId : undefined;
  useEffect(() => {
    // Anew: what is on its way already may have left before the successor was there.
    if (successorId !== undefined && successorId !== null) void refetch();
  }, [successorId, refetch]);
}

function EventHeader({ detail, culprit }: { detail: ApiEventDetail; culprit: string | undefined }) {
  const { normalized, message, received_at } = detail.event;
  const title = eventTitle(normalized, message);
  return (
    <header>
      <title>{`${title} · Mesher`}</title>
      <h1 className="flex items-start gap-2.5 text-base leading-6">
        <LevelMark level={normalized.level} className="mt-1.5" />
        <TitleText title={title} className="line-clamp-4 min-w-0 break-words" />
      </h1>
      <p className="mt-1 flex flex-wrap gap-x-2 pl-5.5 text-dim">
        {culprit !== undefined && culprit !== "" && <code className="break-all">{culprit}</code>}
        <RelativeTime at={received_at} />
        {normalized.environment !== undefined && <span>{normalized.environment}</span>}
        {normalized.release !== undefined && <span className="break-all">{normalized.release}</span>}
      </p>
    </header>
  );
}

interface NavigationProps {
  readonly detail: ApiEventDetail;
  readonly latestId: string | null | undefined;
  readonly issueId: string;
  readonly frameMode: FrameMode | undefined;
}

function EventNavigation({ detail, latestId, issueId, frameMode }: NavigationProps) {
  const { prev_id, next_id, first_id } = detail.navigation;
  const navigate = useNavigate();
  const go = (eventId: string | null) => {
    if (eventId === null) return;
    void navigate({
      to: "/issues/$issueId/events/$eventId",
      params: { issueId, eventId },
      search: { frames: frameMode },
    });
  };
  useKeys({ "[": () => go(prev_id), "]": () => go(next_id) });
  const isAnother = (id: string | null | undefined): id is string => id != null && id !== detail.event.id;
  const link = (to: string | null | undefined, label: ReactNode, name: string) =>
    !isAnother(to) ? (
      <span aria-disabled="true" aria-label={`${name}: none`} className={buttonClass}>
        {label}
      </span>
    ) : (
      <Link
        to="/issues/$issueId/events/$eventId"
        params={{ issueId, eventId: to }}
        search={{ frames: frameMode }}
        aria-label={name}
        className={buttonClass}
      >
        {label}
      </Link>
    );
  return (
    <nav aria-label="Events of this issue" className="flex gap-1.5">
      <div className="flex gap-1.5 max-sm:hidden">
        <MarkdownButton eventId={detail.event.id} />
        {link(first_id, "First", "First event")}
      </div>
      {link(prev_id, <Direction arrow="←">Older</Direction>, "Older event")}
      {link(next_id, <Direction arrow="→">Newer</Direction>, "Newer event")}
      <div className="max-sm:hidden">{link(latestId, "Latest", "Latest event")}</div>
      {/* A narrow screen has room for the way back and forth alone. */}
      <div className="sm:hidden">
        <Menu label="More of this event" button="More" align="end">
          {isAnother(first_id) && <MenuItem onSelect={() => go(first_id)}>First event</MenuItem>}
          {isAnother(latestId) && <MenuItem onSelect={() => go(latestId)}>Latest event</MenuItem>}
          <MarkdownItem eventId={detail.event.id} />
        </Menu>
      </div>
    </nav>
  );
}

/** On a narrow screen the arrow has to do. */
function Direction({ arrow, children }: { arrow: "←" | "→"; children: string }) {
  const word = <span className="max-sm:hidden">{children}</span>;
  return arrow === "←" ? (
    <>
      {arrow} {word}
    </>
  ) : (
    <>
      {word} {arrow}
    </>
  );
}
