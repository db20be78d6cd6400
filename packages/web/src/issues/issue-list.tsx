import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { issuesQuery } from "../api/queries.ts";
import { Failure } from "../ui/failure.tsx";
import { Notice } from "../ui/notice.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { StaleNotice } from "../ui/stale-notice.tsx";
import { uniqueById } from "../ui/unique-by-id.ts";
import { IssueRows } from "./issue-rows.tsx";
import type { IssueFilter, IssuesSearch } from "./issues-search.ts";

interface IssueListProps {
  readonly projectSlug: string;
  readonly filter: IssueFilter;
  readonly search: IssuesSearch;
}

export function IssueList({ projectSlug, filter, search }: IssueListProps) {
  const issues = useInfiniteQuery(issuesQuery(projectSlug, filter));
  const pages = issues.data?.pages;
  const rows = useMemo(() => uniqueById(pages?.flatMap((page) => page.data) ?? []), [pages]);

  if (issues.isPending) return <Skeleton rows={10} label="Loading issues" />;
  if (issues.data === undefined) {
    return (
      <Failure title="The issues could not be loaded." error={issues.error} onRetry={() => void issues.refetch()} />
    );
  }
  // Of another list nothing is selected, and nothing is held; nor of one that only stands in for another.
  const name = JSON.stringify(issues.isPlaceholderData ? null : filter);
  return (
    <div aria-busy={issues.isPlaceholderData} className={issues.isPlaceholderData ? "opacity-60" : ""}>
      <StaleNotice error={issues.error} readAtMs={issues.dataUpdatedAt} />
      {rows.length === 0 ? (
        <NothingMatches projectSlug={projectSlug} filter={filter} />
      ) : (
        <IssueRows
          key={name}
          name={name}
          projectSlug={projectSlug}
          filter={filter}
          search={search}
          issues={rows}
          hasMore={issues.hasNextPage}
          onMore={() => {
            if (!issues.isFetchingNextPage) void issues.fetchNextPage();
          }}
        />
      )}
    </div>
  );
}

function NothingMatches({ projectSlug, filter }: { projectSlug: string; filter: IssueFilter }) {
  const { status, level, query, period } = filter;
  if (status === "unresolved" && level === undefined && query === undefined && period === undefined) {
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
    <Notice title={`No ${status === "all" ? "" : `${status} `}issue matches.`}>
      <Link to="/projects/$slug" params={{ slug: projectSlug }} search={{ status: "all" }} className="underline">
        Show all issues
      </Link>
    </Notice>
  );
}
