import type { ApiTopIssue } from "@mesher/protocol";
import { Link } from "@tanstack/react-router";
import { formatCount } from "../ui/count.ts";
import { LevelMark } from "../ui/level-mark.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";

/** Their events in the time that is shown. Users are counted over an issue's whole life, so they would not compare with it. */
export function TopIssues({ issues }: { issues: readonly ApiTopIssue[] }) {
  return (
    <ol aria-label="Top issues" className="divide-y border-y">
      {issues.map((issue) => (
        <li key={issue.id} className="relative flex items-center gap-3 px-1 py-1.5 hover:bg-hover">
          <LevelMark level={issue.level} />
          <Link
            to="/issues/$issueId"
            params={{ issueId: issue.id }}
            title={issue.title}
            className="min-w-0 grow truncate after:absolute after:inset-0 focus-visible:after:outline-2 focus-visible:after:-outline-offset-2"
          >
            {issue.title}
          </Link>
          <span className="w-12 shrink-0 text-right font-medium tabular-nums" title={`${issue.event_count} events`}>
            {formatCount(issue.event_count)}
          </span>
          <span className="w-14 shrink-0 text-right text-xs text-dim">
            <RelativeTime at={issue.last_seen} />
          </span>
        </li>
      ))}
    </ol>
  );
}
