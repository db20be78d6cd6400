import type { ApiIssue } from "@mesher/protocol";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type IssueFilter, issuesQuery } from "../api/queries.ts";
import { Failure } from "../ui/failure.tsx";
import { MoreButton } from "../ui/more-button.tsx";
import { Notice } from "../ui/notice.tsx";
import { settle } from "../ui/settle.ts";
import { Skeleton } from "../ui/skeleton.tsx";
import { StaleNotice } from "../ui/stale-notice.tsx";
import { uniqueById } from "../ui/unique-by-id.ts";
import { IssueColumns, IssueRow } from "./issue-row.tsx";

export function IssueList({ projectSlug, filter }: { projectSlug: string; filter: IssueFilter }) {
  const issues = useInfiniteQuery(issuesQuery(projectSlug, filter));

  if (issues.isPending) return <Skeleton rows={10} label="Loading issues" />;
  if (issues.data === undefined) {
    return (
      <Failure title="The issues could not be loaded." error={issues.error} onRetry={() => void issues.refetch()} />
    );
  }
  const rows = uniqueById(issues.data.pages.flatMap((page) => page.data));
  return (
    <>
      <StaleNotice error={issues.error} readAtMs={issues.dataUpdatedAt} />
      {rows.length === 0 ? <NothingMatches projectSlug={projectSlug} filter={filter} /> : <Rows issues={rows} />}
      {issues.hasNextPage && (
        <MoreButton isLoading={issues.isFetchingNextPage} onClick={() => void issues.fetchNextPage()}>
          More issues
        </MoreButton>
      )}
    </>
  );
}

function Rows({ issues }: { issues: readonly ApiIssue[] }) {
  return (
    <>
      <IssueColumns />
      <ul aria-label="Issues" ref={settle}>
        {issues.map((issue) => (
          <IssueRow key={issue.id} issue={issue} />
        ))}
      </ul>
    </>
  );
}

function NothingMatches({ projectSlug, filter }: { projectSlug: string; filter: IssueFilter }) {
  if (filter.status === "unresolved" && filter.level === undefined) {
    return (
      <Notice title="Nothing is unresolved.">
        <p>
          <span aria-hidden className="mr-1.5 inline-block size-2 rounded-full bg-green" />
          The next event that matters appears here by itself.
        </p>
      </Notice>
    );
  }
  return (
    <Notice title={`No ${filter.status === "all" ? "" : `${filter.status} `}issue matches.`}>
      <Link to="/projects/$slug" params={{ slug: projectSlug }} search={{ status: "all" }} className="underline">
        Show all issues
      </Link>
    </Notice>
  );
}
