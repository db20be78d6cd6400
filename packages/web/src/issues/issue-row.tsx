import type { ApiIssue } from "@mesher/protocol";
import { Link } from "@tanstack/react-router";
import { formatCount } from "../ui/count.ts";
import { LevelMark } from "../ui/level-mark.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { StatusMark } from "./status-mark.tsx";
import { TitleText } from "./title-text.tsx";

/** On a wide screen a row is a line of a table; on a narrow one its numbers stand below the title. */
const COLUMNS = "grid gap-x-3 px-4 sm:px-6 md:grid-cols-[auto_minmax(0,1fr)_5.5rem_4rem_5rem_5rem] md:items-center";

/** What the columns of the rows are; narrow rows say it themselves. */
export function IssueColumns() {
  return (
    <div aria-hidden className={`${COLUMNS} hidden border-b py-1.5 text-xs text-faint md:grid`}>
      <span className="size-3" />
      <span>Issue</span>
      <span>Status</span>
      <span className="text-right">Events</span>
      <span className="text-right">Last seen</span>
      <span className="text-right">First seen</span>
    </div>
  );
}

export function IssueRow({ issue }: { issue: ApiIssue }) {
  return (
    <li className="arrives border-b">
      <Link
        to="/issues/$issueId"
        params={{ issueId: issue.id }}
        className={`${COLUMNS} grid-cols-[auto_minmax(0,1fr)] py-2 hover:bg-hover focus-visible:-outline-offset-2`}
      >
        <LevelMark level={issue.level} className="mt-1 self-start" />
        <span className="min-w-0">
          <TitleText title={issue.title} className="line-clamp-2 break-words md:line-clamp-1 md:break-all" />
          <span className="flex min-w-0 items-baseline gap-2 text-xs">
            <span className="shrink-0 text-faint tabular-nums">{issue.short_id}</span>
            <span className="truncate font-mono text-[0.6875rem] text-dim">{issue.culprit}</span>
          </span>
        </span>
        <span className="col-start-2 flex flex-wrap gap-x-3 text-xs text-dim tabular-nums md:contents">
          <span className="order-last inline-flex md:order-none">
            <StatusMark issue={issue} quiet />
          </span>
          <span
            className="md:text-right md:text-[0.8125rem] md:font-medium md:text-ink"
            title={String(issue.event_count)}
          >
            {formatCount(issue.event_count)}
            <span className="md:sr-only">{issue.event_count === 1 ? " event" : " events"}</span>
          </span>
          <span className="md:text-right">
            <span className="sr-only">last seen </span>
            <RelativeTime at={issue.last_seen} />
          </span>
          <span className="text-faint md:text-right">
            <span className="md:sr-only">first </span>
            <RelativeTime at={issue.first_seen} />
          </span>
        </span>
      </Link>
    </li>
  );
}
