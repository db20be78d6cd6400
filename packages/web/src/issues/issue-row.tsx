import type { ApiListedIssue } from "@mesher/protocol";
import { Link } from "@tanstack/react-router";
import type { CSSProperties, MouseEvent } from "react";
import { formatCount } from "../ui/count.ts";
import { LevelMark } from "../ui/level-mark.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { Assignee } from "./assignee.tsx";
import type { IssuesSearch } from "./issues-search.ts";
import { Sparkline } from "./sparkline.tsx";
import { StatusMark } from "./status-mark.tsx";
import { TitleText } from "./title-text.tsx";

/** Pixels. Wide rows have one height, so that a list knows how long it is before they are there; narrow ones are measured. */
export const ROW_HEIGHT = { wide: 53, narrow: 75 } as const;

/** The link of a row, by which the keyboard goes through them. */
export const ROW_LINK = "a[data-issue]";

/** On a wide screen a row is a line of a table; on a narrow one its numbers stand below the title. */
const COLUMNS =
  "grid min-w-0 grow gap-x-3 pr-4 sm:pr-6 md:grid-cols-[auto_minmax(0,1fr)_1.5rem_5.5rem_3.5rem_3.5rem_4.5rem] md:items-center " +
  "xl:grid-cols-[auto_minmax(0,1fr)_5.25rem_1.5rem_5.5rem_4rem_4rem_5rem_5rem]";
const CHECK = "grid shrink-0 cursor-pointer place-items-start py-3 pr-2.5 pl-4 sm:pl-6";

interface IssueColumnsProps {
  readonly isAllSelected: boolean;
  readonly projectSlug: string;
  readonly search: IssuesSearch;
  readonly onSelectAll: () => void;
}

/** What the columns of the rows are; narrow rows say it themselves. */
export function IssueColumns({ isAllSelected, projectSlug, search, onSelectAll }: IssueColumnsProps) {
  return (
    <div className="sticky top-0 z-10 hidden items-center border-b bg-bg text-xs text-faint md:flex">
      <label className={CHECK.replace("py-3", "py-2")}>
        <Checkbox name="Select all issues shown" isChecked={isAllSelected} onToggle={onSelectAll} />
      </label>
      <div className={`${COLUMNS} py-1.5`}>
        <span className="size-3" />
        <span>Issue</span>
        <StatsToggle projectSlug={projectSlug} search={search} />
        <span />
        <span>Status</span>
        <span className="text-right">Events</span>
        <span className="text-right">Users</span>
        <span className="text-right">Last seen</span>
        <span className="hidden text-right xl:block">First seen</span>
      </div>
    </div>
  );
}

/** Part of the address. */
function StatsToggle({ projectSlug, search }: { projectSlug: string; search: IssuesSearch }) {
  return (
    <nav aria-label="Small charts" className="hidden gap-1 xl:flex">
      {([undefined, "14d"] as const).map((stats) => (
        <Link
          key={stats ?? "24h"}
          to="/projects/$slug"
          params={{ slug: projectSlug }}
          search={{ ...search, stats }}
          replace
          resetScroll={false}
          activeOptions={{ exact: true }}
          aria-current={search.stats === stats ? "true" : undefined}
          className={`rounded px-1 ${search.stats === stats ? "bg-line font-medium text-ink" : "hover:text-ink"}`}
        >
          {stats ?? "24h"}
        </Link>
      ))}
    </nav>
  );
}

interface IssueRowProps {
  readonly issue: ApiListedIssue;
  /** Where it stands: from 0, among how many (-1: nobody knows), and how it gets there. */
  readonly place: { readonly index: number; readonly count: number; readonly style: CSSProperties };
  /** Takes the row once it is there. */
  readonly measure: (row: HTMLElement | null) => void;
  /** Of the small chart. */
  readonly unit: "hour" | "day";
  readonly isSelected: boolean;
  /** `isRange`: with all between it and the one toggled last. */
  readonly onToggle: (isRange: boolean) => void;
  /** It has the focus. */
  readonly onActive: () => void;
}

export function IssueRow({ issue, place, measure, unit, isSelected, onToggle, onActive }: IssueRowProps) {
  // On a narrow screen the mark of the usual status would take a line for itself.
  const isUsual = issue.status === "unresolved" && issue.regressed_at === null;
  return (
    <li
      ref={measure}
      data-index={place.index}
      style={place.style}
      aria-posinset={place.index + 1}
      aria-setsize={place.count}
      className={`arrives absolute inset-x-0 top-0 flex overflow-hidden border-b hover:bg-hover ${isSelected ? "bg-raised" : ""}`}
    >
      <label className={CHECK}>
        <Checkbox
          name={`Select ${issue.short_id}`}
          isChecked={isSelected}
          onToggle={({ shiftKey }) => onToggle(shiftKey)}
        />
      </label>
      <Link
        to="/issues/$issueId"
        params={{ issueId: issue.short_id }}
        data-issue={issue.id}
        onFocus={onActive}
        className={`${COLUMNS} grid-cols-[auto_minmax(0,1fr)] content-start py-2 focus-visible:-outline-offset-2 md:content-center`}
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
        <span className="col-start-2 flex items-center gap-x-3 text-xs whitespace-nowrap text-dim tabular-nums md:contents">
          <span className="hidden xl:block">
            <Sparkline counts={issue.stats ?? []} unit={unit} />
          </span>
          <span className="order-last inline-flex empty:hidden md:order-none md:empty:inline">
            <Assignee issue={issue} short />
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
          <span className="hidden text-faint sm:inline md:hidden xl:inline xl:text-right">
            <span className="xl:sr-only">first </span>
            <RelativeTime at={issue.first_seen} />
          </span>
        </span>
      </Link>
    </li>
  );
}

interface CheckboxProps {
  readonly name: string;
  readonly isChecked: boolean;
  readonly onToggle: (pressed: MouseEvent) => void;
}

function Checkbox({ name, isChecked, onToggle }: CheckboxProps) {
  return (
    <input
      type="checkbox"
      aria-label={name}
      checked={isChecked}
      // A press of the space key is a click, too, and only clicks tell of the shift key.
      onClick={onToggle}
      readOnly
      className="size-3.5 cursor-pointer"
    />
  );
}
