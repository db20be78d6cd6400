import type { ApiProject } from "@mesher/protocol";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { issueQuery, projectsQuery } from "../api/queries.ts";

/** The project the page is about: named in the address, or that of the issue. */
export function useCurrentProject(): ApiProject | undefined {
  const { slug, issueId } = useParams({ strict: false });
  const projects = useQuery(projectsQuery());
  // The page itself loads and refreshes the issue; this only looks at what it loaded.
  const issue = useQuery({ ...issueQuery(issueId ?? ""), enabled: false });
  return projects.data?.find((project) =>
    issueId === undefined ? project.slug === slug : project.id === issue.data?.project_id,
  );
}

/** Whether there is nothing to wait for: which projects there are, and of which the page is, is known or will not be. */
export function useIsProjectKnown(): boolean {
  const { issueId } = useParams({ strict: false });
  const projects = useQuery(projectsQuery());
  const issue = useQuery({ ...issueQuery(issueId ?? ""), enabled: false });
  return !projects.isPending && (issueId === undefined || !issue.isPending);
}
