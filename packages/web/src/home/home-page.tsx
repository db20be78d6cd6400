import type { ApiProjectOverview } from "@mesher/protocol";
import { useQuery } from "@tanstack/react-query";
import { Link, Navigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { overviewQuery } from "../api/overview-queries.ts";
import { hasRole, sessionQuery } from "../api/session.ts";
import { Sparkline } from "../charts/sparkline.tsx";
import { PLATFORMS, platformOf } from "../onboarding/snippets.ts";
import { buttonClass } from "../ui/button.tsx";
import { formatCount } from "../ui/count.ts";
import { Failure } from "../ui/failure.tsx";
import { Notice } from "../ui/notice.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { StaleNotice } from "../ui/stale-notice.tsx";

/** All projects of the organization at a glance. */
export function HomePage() {
  const overview = useQuery(overviewQuery());
  const mayCreate = hasRole(useQuery(sessionQuery()).data, "admin");

  if (overview.isPending) return <Skeleton rows={8} label="Loading projects" />;
  if (overview.data === undefined) {
    return (
      <Failure
        title="The projects could not be loaded."
        error={overview.error}
        onRetry={() => void overview.refetch()}
      />
    );
  }
  const [first, ...rest] = overview.data;
  if (first === undefined) return <NoProject mayCreate={mayCreate} />;
  // Nothing to compare and nothing to count yet: what is to do is send an event.
  if (rest.length === 0 && first.last_event_at === null) {
    return <Navigate to="/projects/$slug" params={{ slug: first.slug }} replace />;
  }
  return (
    <>
      <title>Overview · Mesher</title>
      <div className="flex h-13 items-center justify-between gap-3 px-4 sm:px-6">
        <h1 className="text-[0.9375rem] font-semibold">Overview</h1>
        {mayCreate && (
          <Link to="/new-project" className={buttonClass}>
            New project
          </Link>
        )}
      </div>
      <StaleNotice error={overview.error} readAtMs={overview.dataUpdatedAt} />
      <Columns />
      <ul aria-label="Projects">
        {overview.data.map((project) => (
          <ProjectRow key={project.id} project={project} />
        ))}
      </ul>
    </>
  );
}

function NoProject({ mayCreate }: { mayCreate: boolean }) {
  return (
    <Notice title="There is no project yet.">
      <p>A project is an app or a service whose errors belong together.</p>
      {mayCreate ? (
        <Link to="/new-project" className={`${buttonClass} mt-4`}>
          Create the first project
        </Link>
      ) : (
        <p>An owner or admin of the organization can create one.</p>
      )}
    </Notice>
  );
}

const GRID =
  "grid items-center gap-x-6 grid-cols-[minmax(0,1fr)_5.5rem] sm:grid-cols-[minmax(0,1fr)_9rem_5rem_5rem_5rem_5.5rem]";

function Columns() {
  return (
    <div aria-hidden className={`${GRID} border-b px-4 pb-1.5 text-xs text-faint max-sm:hidden sm:px-6`}>
      <span>Project</span>
      <span>Last 24 hours</span>
      <span className="text-right">Events</span>
      <span className="text-right">Unresolved</span>
      <span className="text-right">New today</span>
      <span className="text-right">Last event</span>
    </div>
  );
}

function ProjectRow({ project }: { project: ApiProjectOverview }) {
  const total = project.events.reduce((sum, count) => sum + count, 0);
  const params = { slug: project.slug };
  return (
    <li className={`${GRID} relative min-h-15 gap-y-1 border-b px-4 py-2.5 hover:bg-hover sm:px-6`}>
      <div className="min-w-0">
        <Link
          to={total === 0 && project.last_event_at === null ? "/projects/$slug" : "/projects/$slug/dashboard"}
          params={params}
          // The whole row leads there.
          className="block truncate font-medium after:absolute after:inset-0 focus-visible:after:outline-2 focus-visible:after:-outline-offset-2"
        >
          {project.name}
        </Link>
        {project.platform !== null && (
          <p className="truncate text-xs text-faint">{PLATFORMS[platformOf(project.platform)].name}</p>
        )}
      </div>
      <Sparkline
        counts={project.events}
        label={`${total} events in the last 24 hours`}
        className="h-7 w-full justify-self-end"
      />
      <Fact name="events in 24 h">
        <span className={total === 0 ? "text-faint" : ""}>{formatCount(total)}</span>
      </Fact>
      <Fact name="unresolved">
        {project.unresolved_count === 0 ? (
          <span className="text-faint">0</span>
        ) : (
          <Link to="/projects/$slug" params={params} className="relative z-1 rounded hover:underline">
            {formatCount(project.unresolved_count)}
            <span className="sr-only"> unresolved issues of {project.name}</span>
          </Link>
        )}
      </Fact>
      <Fact name="new today">
        <span className={project.new_today === 0 ? "text-faint" : ""}>{formatCount(project.new_today)}</span>
      </Fact>
      <div className="text-right text-xs text-dim max-sm:hidden">
        {project.last_event_at === null ? "never" : <RelativeTime at={project.last_event_at} />}
      </div>
      <p className="col-span-full flex flex-wrap gap-x-4 text-xs text-dim sm:hidden">
        <span>{formatCount(total)} events</span>
        <span>{formatCount(project.unresolved_count)} unresolved</span>
        <span>{formatCount(project.new_today)} new today</span>
        <span>{project.last_event_at === null ? "no event yet" : <RelativeTime at={project.last_event_at} />}</span>
      </p>
    </li>
  );
}

/** On a narrow screen a line of text tells the same. */
function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div title={name} className="text-right tabular-nums max-sm:hidden">
      {children}
    </div>
  );
}
