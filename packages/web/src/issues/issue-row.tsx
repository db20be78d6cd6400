import type { ApiIssue } from "@mesher/protocol";
import { Link } from "@tanstack/react-router";
import { formatCount } from "../ui/count.ts";
import { LevelMark } from "../ui/level-mark.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { Assignee } from "./assignee.tsx";
import { StatusMark } from "./status-mark.tsx";
import { TitleText } from "./title-text.tsx";

/** On a wide screen a row is a line of a table; on a narrow one its numbers stand below the title. */
const COLUMNS =
  "grid min-w-0 grow gap-x-3 pr-4 sm:pr-6 md:grid-cols-[auto_minmax(0,1fr)_1.5rem_5.5rem_4rem_4rem_5rem_5rem] md:items-center";
const CHECK = "grid shrink-0 cursor-pointer place-items-start py-3 pr-2.5 pl-4 sm:pl-6";

/** What the columns of the rows are; narrow rows say it themselves. */
export function IssueColumns({ isAllSelected, onSelectAll }: { isAllSelected: boolean; onSelectAll: () => void }) {
  return (
    <div className="hidden items-center border-b text-xs text-faint md:flex">
      <label className={CHECK.replace("py-3", "py-2")}>
        <Checkbox name="Select all issues shown" isChecked={isAllSelected} onToggle={onSelectAll} />
      </label>
      <div aria-hidden className={`${COLUMNS} py-1.5`}>
        <span className="size-3" />
        <span>Issue</span>
        <span />
        <span>Status</span>
        <span className="text-right">Events</span>
        <span className="text-right">Users</span>
        <span className="text-right">Last seen</span>
        <span className="text-right">First seen</span>
      </div>
    </div>
  );
}

interface IssueRowProps {
  readonly issue: ApiIssue;
  readonly isSelected: boolean;
  readonly onToggle: () => void;
}

export function IssueRow({ issue, isSelected, onToggle }: IssueRowProps) {
  // On a narrow screen the mark of the usual status would take a line for itself.
  const isUsual = issue.status === "unresolved" && issue.regressed_at === null;
  return (
    <li className={`arrives flex border-b hover:bg-hover ${isSelected ? "bg-raised" : ""}`}>
      <label className={CHECK}>
        <Checkbox name={`Select ${issue.short_id}`} isChecked={isSelected} onToggle={onToggle} />
      </label>
      <Link
        to="/issues/$issueId"
        params={{ issueId: issue.id }}
        data-issue={issue.id}
        className={`${COLUMNS} grid-cols-[auto_minmax(0,1fr)] py-2 focus-visible:-outline-offset-2`}
      >
        <LevelMark level={issue.level} className="mt-1 self-start" />
        <span className="min-w-0">
          <TitleText title={issue.title} className="line-clamp-2 break-words md:line-clamp-1 md:break-all" />
          <span className="flex min-w-0 items-baseline gap-2 text-xs">
            <span className="shrink-0 text-faint tabular-nums">{issue.short_id}</span>
            {issue.priority === "high" && <span className="shrink-0 font-medium text-ink">High</span>}
            <span className="truncate font-mono text-[0.6875rem] text-dim">{issue.culprit}</span>
          </span>
        </span>
        <span className="col-start-2 flex flex-wrap items-center gap-x-3 text-xs text-dim tabular-nums md:contents">
          <span className="order-last inline-flex empty:hidden md:order-none md:empty:inline">
            <Assignee userId={issue.assigned_to} short />
          </span>
          <span className={`order-last md:order-none md:inline-flex ${isUsual ? "hidden" : "inline-flex"}`}>
            <StatusMark issue={issue} quiet />
          </span>
          <span
            className="md:text-right md:text-[0.8125rem] md:font-medium md:text-ink"
            title={String(issue.event_count)}
          >
            {formatCount(issue.event_count)}
            <span className="md:sr-only">{issue.event_count === 1 ? " event" : " events"}</span>
          </span>
          <span className={`md:text-right md:text-[0.8125rem] ${issue.user_count === 0 ? "max-md:hidden" : ""}`}>
            {issue.user_count === 0 ? <span aria-hidden>–</span> : formatCount(issue.user_count)}
            <span className="md:sr-only">{issue.user_count === 1 ? " user" : " users"}</span>
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

function Checkbox({ name, isChecked, onToggle }: { name: string; isChecked: boolean; onToggle: () => void }) {
  return (
    <input
      type="checkbox"
      aria-label={name}
      checked={isChecked}
      onChange={onToggle}
      className="size-3.5 cursor-pointer accent-ink"
    />
  );
}
