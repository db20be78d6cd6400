import type { ApiProject } from "@mesher/protocol";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useEffect } from "react";
import { issueQuery, projectQuery, projectsQuery } from "../api/queries.ts";

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

/** An address that names a project as it was called before leads to the same page of it as it is called now. For one place that is on every page. */
export function useRenamedProject(): void {
  const { slug } = useParams({ strict: false });
  const navigate = useNavigate();
  const queries = useQueryClient();
  const projects = useQuery(projectsQuery()).data;
  const isUnknown = slug !== undefined && projects?.every((project) => project.slug !== slug) === true;
  const called = useQuery({ ...projectQuery(slug ?? ""), enabled: isUnknown }).data?.slug;
  useEffect(() => {
    if (!isUnknown || called === undefined) return;
    // Somebody has made it, or renamed it back, since the projects were read.
    if (called === slug) void queries.invalidateQueries({ queryKey: ["projects"] });
    else void navigate({ to: ".", params: { slug: called }, search: true, hash: true, replace: true });
  }, [isUnknown, called, slug, navigate, queries]);
}
