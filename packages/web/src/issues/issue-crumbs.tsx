import type { ApiIssue } from "@mesher/protocol";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { projectsQuery } from "../api/queries.ts";
import { listInHand } from "./list-in-hand.ts";

/** The way up from an issue, or from an event of it. */
export function IssueCrumbs({ issue, current }: { issue: ApiIssue | undefined; current?: string }) {
  const projects = useQuery(projectsQuery());
  const project = projects.data?.find(({ id }) => id === issue?.project_id);
  const inHand = listInHand();
  // The way begins with the project.
  if (projects.isPending) return <nav aria-label="Breadcrumb" />;
  // The list as it was left.
  const list = inHand !== undefined && inHand.projectSlug === project?.slug ? inHand.search : {};
  return (
    <nav aria-label="Breadcrumb" className="min-w-0 text-dim">
      <ol className="flex min-w-0 flex-wrap items-center gap-x-1.5">
        {project !== undefined && (
          <li>
            <Link to="/projects/$slug" params={{ slug: project.slug }} search={list} className="rounded hover:text-ink">
              {project.name}
            </Link>
          </li>
        )}
        {issue !== undefined && (
          <li className="before:mr-1.5 before:text-faint before:content-['/']">
            <Link
              to="/issues/$issueId"
              params={{ issueId: issue.short_id }}
              activeOptions={{ exact: true }}
              className="rounded tabular-nums hover:text-ink"
            >
              {issue.short_id}
            </Link>
          </li>
        )}
        {current !== undefined && (
          <li aria-current="page" className="text-ink before:mr-1.5 before:text-faint before:content-['/']">
            {current}
          </li>
        )}
      </ol>
    </nav>
  );
}
