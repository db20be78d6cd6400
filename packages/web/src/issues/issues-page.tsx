import type { ApiProject } from "@mesher/protocol";
import { useQuery } from "@tanstack/react-query";
import { hasIssuesQuery, type IssueFilter, projectsQuery } from "../api/queries.ts";
import { Failure } from "../ui/failure.tsx";
import { Notice } from "../ui/notice.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { IssueFilters } from "./issue-filters.tsx";
import { IssueList } from "./issue-list.tsx";
import type { IssuesSearch } from "./issues-search.ts";
import { WaitingForFirstEvent } from "./waiting-for-first-event.tsx";

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
  const filter: IssueFilter = { status: search.status ?? "unresolved", level: search.level };
  const isEmpty = useQuery(hasIssuesQuery(project.slug)).data === false;

  return (
    <>
      <title>{`${project.name} · Mesher`}</title>
      <div className="flex h-13 items-center gap-3 px-4 sm:px-6">
        <h1 className="truncate text-[0.9375rem] font-semibold">{isEmpty ? project.name : "Issues"}</h1>
        {!isEmpty && <span className="truncate text-dim">{project.name}</span>}
      </div>
      {isEmpty ? (
        <WaitingForFirstEvent project={project} snippet={search.sdk} />
      ) : (
        <>
          <IssueFilters projectSlug={project.slug} filter={filter} />
          <IssueList key={JSON.stringify(filter)} projectSlug={project.slug} filter={filter} />
        </>
      )}
    </>
  );
}
