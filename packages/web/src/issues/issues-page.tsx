import type { ApiProject } from "@mesher/protocol";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { hasIssuesQuery, type IssueFilter, projectsQuery } from "../api/queries.ts";
import { FirstEvent } from "../onboarding/first-event.tsx";
import { WaitingForFirstEvent } from "../onboarding/waiting-for-first-event.tsx";
import { Failure } from "../ui/failure.tsx";
import { Notice } from "../ui/notice.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { IssueFilters } from "./issue-filters.tsx";
import { IssueList } from "./issue-list.tsx";
import { ISSUE_SORTS, type IssueSort, type IssuesSearch, statusOf } from "./issues-search.ts";
import { SearchBox } from "./search-box.tsx";

export function IssuesPage({ projectSlug, search }: { projectSlug: string; search: IssuesSearch }) {
  const projects = useQuery(projectsQuery());

  if (projects.isPending) return <Skeleton rows={10} label="Loading issues" />;
  if (projects.isError) {
    return (
      <Failure
        title="The projects could not be loaded."
        error={projects.error}
        onRetry={() => void projects.refetch()}
      />
    );
  }
  const project = projects.data.find(({ slug }) => slug === projectSlug);
  if (project === undefined) return <Notice title={`There is no project “${projectSlug}”.`} />;
  return <ProjectIssues key={project.id} project={project} search={search} />;
}

function ProjectIssues({ project, search }: { project: ApiProject; search: IssuesSearch }) {
  const { level, query, sort } = search;
  const filter: IssueFilter = { status: statusOf(search), level, query, sort };
  const navigate = useNavigate({ from: "/projects/$slug" });
  const hasIssues = useQuery(hasIssuesQuery(project.slug)).data;
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
          <div className="flex gap-2 px-4 pb-3 sm:px-6">
            <SearchBox
              key={query}
              query={query ?? ""}
              onSearch={(text) =>
                void navigate({ search: (before) => ({ ...before, query: text === "" ? undefined : text }) })
              }
            />
            <select
              aria-label="Sort"
              value={sort ?? "last_seen"}
              onChange={({ target: { value } }) =>
                void navigate({
                  search: (before) => ({ ...before, sort: value === "last_seen" ? undefined : (value as IssueSort) }),
                })
              }
              className="h-8 shrink-0 rounded-md border border-edge bg-bg px-1.5 text-xs"
            >
              {Object.entries(ISSUE_SORTS).map(([value, name]) => (
                <option key={value} value={value}>
                  {name}
                </option>
              ))}
            </select>
          </div>
          <IssueFilters projectSlug={project.slug} search={search} />
          <IssueList key={JSON.stringify(filter)} projectSlug={project.slug} filter={filter} />
        </>
      )}
    </>
  );
}
