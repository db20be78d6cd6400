import type { ApiProject } from "@mesher/protocol";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { projectsQuery } from "../api/queries.ts";
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
  if (projects.isPending) return props.skeleton;
  if (projects.isError) {
    return (
      <Failure
        title="The projects could not be loaded."
        error={projects.error}
        onRetry={() => void projects.refetch()}
      />
    );
  }
  const project = projects.data.find(({ slug }) => slug === props.slug);
  return project === undefined ? <Notice title={`There is no project “${props.slug}”.`} /> : props.children(project);
}
