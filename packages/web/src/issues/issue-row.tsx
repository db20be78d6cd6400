import type { ApiIssue } from "@mesher/protocol";
import { Link } from "@tanstack/react-router";
import { formatCount } from "../ui/count.ts";
import { LevelMark } from "../ui/level-mark.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { StatusMark } from "./status-mark.tsx";
import { TitleText } from "./title-text.tsx";

export function IssueRow({ issue }: { issue: ApiIssue }) {
  return (
    <li className="arrives border-b">
      <Link
        to="/issues/$issueId"
        params={{ issueId: issue.id }}
        className="grid grid-cols-[auto_minmax(0,1fr)_auto] gap-x-3 px-4 py-2.5 hover:bg-hover focus-visible:-outline-offset-2 sm:px-6 md:grid-cols-[auto_minmax(0,1fr)_auto_4.5rem_9.5rem] md:items-center"
      >
        <LevelMark level={issue.level} className="mt-1 self-start" />
        <span className="min-w-0">
          <TitleText title={issue.title} className="block truncate" />
          <span className="mt-0.5 flex min-w-0 items-baseline gap-2 text-xs text-dim">
            <span className="shrink-0 text-faint tabular-nums">{issue.short_id}</span>
            <span className="truncate font-mono text-[0.6875rem]">{issue.culprit}</span>
          </span>
        </span>
        <span className="hidden justify-self-end md:block">
          <StatusMark issue={issue} />
        </span>
        <span className="text-right tabular-nums" title={`${issue.event_count} events`}>
          <span className="font-medium">{formatCount(issue.event_count)}</span>
          <span className="block text-xs text-faint">{issue.event_count === 1 ? "event" : "events"}</span>
        </span>
        <span className="col-span-2 col-start-2 mt-0.5 flex gap-x-3 text-xs text-dim md:col-span-1 md:mt-0 md:block md:text-right">
          <span className="block">
            <span className="sr-only">last seen </span>
            <RelativeTime at={issue.last_seen} />
          </span>
          <span className="block text-faint">
            first <RelativeTime at={issue.first_seen} />
          </span>
          <span className="md:hidden">
            <StatusMark issue={issue} />
          </span>
        </span>
      </Link>
    </li>
  );
}
