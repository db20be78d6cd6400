import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { newestIssueQuery } from "../api/overview-queries.ts";
import { Button, buttonClass } from "../ui/button.tsx";

/**
 * Over the list of issues: glad about the first event, if somebody on this page waited for it.
 * `hasIssues` undefined: it is not known yet.
 */
export function FirstEvent({ projectSlug, hasIssues }: { projectSlug: string; hasIssues: boolean | undefined }) {
  const [hasWaited, setHasWaited] = useState(false);
  if (hasIssues === false && !hasWaited) setHasWaited(true);
  const isHere = hasWaited && hasIssues === true;
  const newest = useQuery({ ...newestIssueQuery(projectSlug), enabled: isHere });
  const issue = newest.data;
  if (!isHere || issue === undefined || issue === null) return null;
  return (
    <div
      role="status"
      className="rises mx-4 mb-3 flex flex-wrap items-center gap-x-3 gap-y-2 rounded-lg border border-green/40 bg-green/8 px-3.5 py-2.5 sm:mx-6"
    >
      <svg viewBox="0 0 20 20" aria-hidden className="size-5 shrink-0 text-green">
        <circle cx="10" cy="10" r="8.5" fill="none" stroke="currentColor" strokeWidth="1.5" />
        <path
          d="m6.2 10.3 2.6 2.6 5-5.4"
          fill="none"
          stroke="currentColor"
          strokeWidth="1.6"
          strokeLinecap="round"
          strokeLinejoin="round"
          pathLength="1"
          className="draws"
        />
      </svg>
      <span className="min-w-0 grow">
        <span className="font-medium">The first event is here.</span>{" "}
        <span className="text-dim">{issue.short_id} is what Mesher made of it.</span>
      </span>
      <Link to="/issues/$issueId" params={{ issueId: issue.id }} className={buttonClass}>
        Look at it
      </Link>
      <Button className="border-transparent bg-transparent" aria-label="Dismiss" onClick={() => setHasWaited(false)}>
        ×
      </Button>
    </div>
  );
}
