import type { ApiProject } from "@mesher/protocol";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { hasIssuesQuery, issuesQuery } from "../api/queries.ts";
import { WithProject } from "../app/with-project.tsx";
import { FirstEvent } from "../onboarding/first-event.tsx";
import { WaitingForFirstEvent } from "../onboarding/waiting-for-first-event.tsx";
import { Select } from "../ui/select.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { IssueFilters } from "./issue-filters.tsx";
import { IssueList } from "./issue-list.tsx";
import { filterOf, ISSUE_SORTS, type IssueSort, type IssuesSearch, PERIODS, type Period } from "./issues-search.ts";
import { SavedSearches } from "./saved-searches.tsx";
import { SearchBox } from "./search-box.tsx";
import { searchFault } from "./search-fault.ts";

export function IssuesPage({ projectSlug, search }: { projectSlug: string; search: IssuesSearch }) {
  return (
    <WithProject slug={projectSlug} skeleton={<Skeleton rows={10} label="Loading issues" />}>
      {(project) => <ProjectIssues key={project.id} project={project} search={search} />}
    </WithProject>
  );
}

function ProjectIssues({ project, search }: { project: ApiProject; search: IssuesSearch }) {
  const { query, sort, period } = search;
  const filter = filterOf(search);
  const navigate = useNavigate({ from: "/projects/$slug" });
  const isSearch = searchFault(query ?? "", "issue") === undefined;
  // The list below keeps it fresh.
  const list = useInfiniteQuery({ ...issuesQuery(project.slug, filter), enabled: isSearch, refetchInterval: false });
  const listed = list.data?.pages[0]?.data.length;
  // Whoever sees one need not ask whether there are any.
  const asked = useQuery({ ...hasIssuesQuery(project.slug), enabled: !isSearch || listed === 0 }).data;
  const hasIssues = listed === undefined || listed === 0 ? asked : true;
  const narrow = (change: Partial<IssuesSearch>) => void navigate({ search: (before) => ({ ...before, ...change }) });
  const isEmpty = hasIssues === false;

  return (
    <>
      <title>{`${project.name} · Mesher`}</title>
      <div className="flex h-13 items-center gap-3 px-4 sm:px-6">
        <h1 className="truncate text-[0.9375rem] font-semibold">{isEmpty ? project.name : "Issues"}</h1>
        {!isEmpty && <span className="truncate text-dim">{project.name}</span>}
      </div>
      <FirstEvent projectSlug={project.slug} hasIssues={hasIssues} />
      {isEmpty ? (
        <WaitingForFirstEvent project={project} chosen={search.sdk} />
      ) : (
        <>
          <div className="flex flex-wrap items-start gap-2 px-4 pb-3 sm:px-6">
            <SearchBox
              key={query}
              projectSlug={project.slug}
              scope="issue"
              query={query ?? ""}
              onSearch={(text) => narrow({ query: text === "" ? undefined : text })}
            />
            <Select
              label="Range of time"
              value={period ?? ""}
              choices={{ "": "Any time", ...PERIODS }}
              onChoose={(value) => narrow({ period: value === "" ? undefined : (value as Period) })}
            />
            <Select
              label="Sort"
              value={sort ?? "last_seen"}
              choices={ISSUE_SORTS}
              onChoose={(value) => narrow({ sort: value === "last_seen" ? undefined : (value as IssueSort) })}
            />
            <SavedSearches project={project} search={search} />
          </div>
          <IssueFilters projectSlug={project.slug} search={search} />
          {isSearch && <IssueList projectSlug={project.slug} filter={filter} search={search} />}
        </>
      )}
    </>
  );
}
