import { LEVELS } from "@mesher/protocol";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { LevelMark } from "../ui/level-mark.tsx";
import { type IssuesSearch, statusOf } from "./issues-search.ts";

const STATUSES = ["unresolved", "resolved", "archived", "all"] as const;

/** Links, not buttons: what is filtered is part of the address. */
export function IssueFilters({ projectSlug, search }: { projectSlug: string; search: IssuesSearch }) {
  const status = statusOf(search);
  // What goes without saying stands in no address.
  const usual = statusOf({ query: search.query });
  return (
    <div className="flex items-center gap-x-4 overflow-x-auto border-b [scrollbar-width:none] px-4 pb-3 sm:px-6">
      <Chips label="Status">
        {STATUSES.map((choice) => (
          <Chip
            key={choice}
            projectSlug={projectSlug}
            search={{ ...search, status: choice === usual ? undefined : choice }}
            isActive={choice === status}
          >
            <span className="first-letter:uppercase">{choice}</span>
          </Chip>
        ))}
      </Chips>
      <span aria-hidden className="h-4 border-l" />
      <Chips label="Level">
        {LEVELS.map((choice) => (
          <Chip
            key={choice}
            projectSlug={projectSlug}
            // A second press on the active level takes the filter away.
            search={{ ...search, level: choice === search.level ? undefined : choice }}
            isActive={choice === search.level}
          >
            <LevelMark level={choice} decorative />
            <span className="first-letter:uppercase">{choice}</span>
          </Chip>
        ))}
      </Chips>
    </div>
  );
}

function Chips({ label, children }: { label: string; children: ReactNode }) {
  return (
    <nav aria-label={label} className="flex gap-1">
      {children}
    </nav>
  );
}

function Chip(props: { projectSlug: string; search: IssuesSearch; isActive: boolean; children: ReactNode }) {
  return (
    <Link
      to="/projects/$slug"
      params={{ slug: props.projectSlug }}
      search={props.search}
      activeOptions={{ exact: true }}
      // The router marks links to this very address; that of an active level leads away from it.
      aria-current={props.isActive ? "true" : undefined}
      className={`inline-flex h-6.5 items-center gap-1.5 rounded-full border px-2.5 text-xs font-medium whitespace-nowrap focus-visible:-outline-offset-2 ${
        props.isActive ? "border-edge bg-raised text-ink" : "border-transparent text-dim hover:bg-raised hover:text-ink"
      }`}
    >
      {props.children}
    </Link>
  );
}
