import type { ApiProject } from "@mesher/protocol";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { projectEventsQuery } from "../api/queries.ts";
import { WithProject } from "../app/with-project.tsx";
import { SEARCH_BOX_ID } from "../issues/search-box.tsx";
import { searchFault } from "../issues/search-fault.ts";
import { Notice } from "../ui/notice.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { useKeys } from "../ui/use-keys.ts";
import type { EventRange } from "./event-range.ts";
import { EventSearch } from "./event-search.tsx";

export interface EventsSearch extends EventRange {
  readonly query?: string | undefined;
}

/** All events of a project, whatever issue they are of. */
export function EventsPage({ projectSlug, search }: { projectSlug: string; search: EventsSearch }) {
  return (
    <WithProject slug={projectSlug} skeleton={<Skeleton rows={10} label="Loading events" />}>
      {(project) => <ProjectEvents key={project.id} project={project} search={search} />}
    </WithProject>
  );
}

function ProjectEvents({ project, search }: { project: ApiProject; search: EventsSearch }) {
  const { query, ...range } = search;
  const navigate = useNavigate({ from: "/projects/$slug/events" });
  const events = useInfiniteQuery({
    ...projectEventsQuery(project.slug, search),
    enabled: searchFault(query ?? "", "event") === undefined,
  });
  useKeys({ "/": () => document.getElementById(SEARCH_BOX_ID)?.focus() });
  return (
    <div className="px-4 pb-16 sm:px-6">
      <title>{`Events · ${project.name} · Mesher`}</title>
      <div className="flex h-13 items-center gap-3">
        <h1 className="truncate text-[0.9375rem] font-semibold">Events</h1>
        <span className="truncate text-dim">{project.name}</span>
      </div>
      <EventSearch
        projectSlug={project.slug}
        query={query}
        range={range}
        anyTime="Last 24 hours"
        onSearch={(text) => void navigate({ search: { ...range, query: text } })}
        onRange={(next) => void navigate({ search: { ...next, query } })}
        events={events}
        whenEmpty={
          <Notice title="No event in the last 24 hours.">
            <p>What happened before is found with a longer range.</p>
          </Notice>
        }
      />
    </div>
  );
}
