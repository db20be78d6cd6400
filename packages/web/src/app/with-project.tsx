import type { ApiProject } from "@mesher/protocol";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { projectQuery, projectsQuery } from "../api/queries.ts";
import { Failure } from "../ui/failure.tsx";
import { Notice } from "../ui/notice.tsx";

/** What is shown of the project that an address names; or that there is none, or why it is not known. */
export function WithProject(props: {
  slug: string;
  /** Until the projects are here. */
  skeleton: ReactNode;
  children: (project: ApiProject) => ReactNode;
}) {
  const projects = useQuery(projectsQuery());
  const listed = projects.data?.find(({ slug }) => slug === props.slug);
  const named = useQuery({ ...projectQuery(props.slug), enabled: projects.data !== undefined && listed === undefined });
  if (projects.isPending) return props.skeleton;
  if (projects.data === undefined) {
    return (
      <Failure
        title="The projects could not be loaded."
        error={projects.error}
        onRetry={() => void projects.refetch()}
      />
    );
  }
  if (listed !== undefined) return props.children(listed);
  // What it is called now is where the pages go.
  if (named.isPending || named.data !== undefined) return props.skeleton;
  return <Notice title={`There is no project “${props.slug}”.`} />;
}
