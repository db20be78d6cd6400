import { useQuery } from "@tanstack/react-query";
import { Navigate } from "@tanstack/react-router";
import { projectsQuery } from "../api/queries.ts";
import { Failure } from "../ui/failure.tsx";
import { Notice } from "../ui/notice.tsx";
import { Skeleton } from "../ui/skeleton.tsx";

/** Leads to the first project. */
export function HomePage() {
  const projects = useQuery(projectsQuery());

  if (projects.isPending) return <Skeleton rows={8} label="Loading projects" />;
  if (projects.isError) {
    return (
      <Failure
        title="The projects could not be loaded."
        error={projects.error}
        onRetry={() => void projects.refetch()}
      />
    );
  }
  const [first] = projects.data;
  if (first === undefined) return <Notice title="There is no project yet." />;
  return <Navigate to="/projects/$slug" params={{ slug: first.slug }} replace />;
}
