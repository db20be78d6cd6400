import type { ApiIssue, ApiIssueCommand } from "@mesher/protocol";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FocusEvent, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { ApiFailure } from "../api/client.ts";
import { useIssueCommands } from "../api/issue-commands.ts";
import { type IssueFilter, issuesQuery } from "../api/queries.ts";
import { Button } from "../ui/button.tsx";
import { Failure } from "../ui/failure.tsx";
import { MoreButton } from "../ui/more-button.tsx";
import { Notice } from "../ui/notice.tsx";
import { settle } from "../ui/settle.ts";
import { Skeleton } from "../ui/skeleton.tsx";
import { StaleNotice } from "../ui/stale-notice.tsx";
import { uniqueById } from "../ui/unique-by-id.ts";
import { useKeys } from "../ui/use-keys.ts";
import { holdOrder } from "./hold-order.ts";
import { IssueActions } from "./issue-actions.tsx";
import { IssueColumns, IssueRow } from "./issue-row.tsx";
import { SEARCH_BOX_ID } from "./search-box.tsx";

export function IssueList({ projectSlug, filter }: { projectSlug: string; filter: IssueFilter }) {
  const issues = useInfiniteQuery(issuesQuery(projectSlug, filter));

  if (issues.isPending) return <Skeleton rows={10} label="Loading issues" />;
  if (issues.data === undefined) {
    const isQuery = issues.error instanceof ApiFailure && issues.error.code === "invalid_search";
    return (
      <Failure
        title={isQuery ? "This is no search." : "The issues could not be loaded."}
        error={issues.error}
        onRetry={() => void issues.refetch()}
      />
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
  const list = useRef<HTMLUListElement>(null);
  /** The order in which somebody found the rows who is among them now; undefined: nobody is. */
  const [heldIds, setHeldIds] = useState<readonly string[]>();
  const { shown, waiting } = heldIds === undefined ? { shown: issues, waiting: 0 } : holdOrder(heldIds, issues);
  const [selectedIds, setSelectedIds] = useState<ReadonlySet<string>>(new Set());
  const selected = shown.filter(({ id }) => selectedIds.has(id));
  const commands = useIssueCommands();

  const hold = () => setHeldIds((held) => held ?? issues.map(({ id }) => id));
  const release = () => {
    if (selectedIds.size === 0) setHeldIds(undefined);
  };
  const releaseOutside = ({ currentTarget, relatedTarget }: FocusEvent) => {
    if (!currentTarget.contains(relatedTarget)) release();
  };
  const clear = () => {
    setSelectedIds(new Set());
    setHeldIds(undefined);
  };
  const toggle = (id: string) => {
    hold();
    setSelectedIds((ids) => (ids.has(id) ? new Set([...ids].filter((other) => other !== id)) : new Set([...ids, id])));
  };
  const run = (command: ApiIssueCommand, on = selected) => {
    if (on.length > 0) commands.mutate({ issues: on, command });
    clear();
  };

  const focused = () => shown.find(({ id }) => id === focusedRowId(list.current));
  const aimed = () => (selected.length > 0 ? selected : [focused()].filter((issue) => issue !== undefined));
  useKeys({
    j: () => moveFocus(list.current, 1),
    k: () => moveFocus(list.current, -1),
    x: () => {
      const issue = focused();
      if (issue !== undefined) toggle(issue.id);
    },
    e: () => run({ do: "resolve", mode: "now" }, aimed()),
    a: () => {
      const issue = focused();
      if (selected.length === 0 && issue === undefined) return;
      // The bar with the menu is there once something is selected.
      if (selected.length === 0 && issue !== undefined) flushSync(() => toggle(issue.id));
      document.querySelector<HTMLElement>("[data-menu=assign]")?.click();
    },
    Escape: clear,
    "/": () => document.getElementById(SEARCH_BOX_ID)?.focus(),
  });

  return (
    <>
      <IssueColumns
        isAllSelected={selected.length === shown.length}
        onSelectAll={() => {
          hold();
          setSelectedIds(selected.length === shown.length ? new Set() : new Set(shown.map(({ id }) => id)));
        }}
      />
      <div onPointerEnter={hold} onPointerLeave={release} onFocus={hold} onBlur={releaseOutside}>
        {/* Over the list, not in it: what says that rows wait must not move them either. */}
        <div role="status" className="pointer-events-none sticky top-1 z-10 flex h-0 justify-center">
          {waiting > 0 && (
            <Button className="pointer-events-auto -translate-y-full rounded-full shadow-md" onClick={clear}>
              {waiting === 1 ? "One new issue" : `${waiting} new issues`}: show
            </Button>
          )}
        </div>
        <ul
          aria-label="Issues"
          ref={(element) => {
            list.current = element;
            settle(element);
          }}
        >
          {shown.map((issue) => (
            <IssueRow
              key={issue.id}
              issue={issue}
              isSelected={selectedIds.has(issue.id)}
              onToggle={() => toggle(issue.id)}
            />
          ))}
        </ul>
      </div>
      {selected.length > 0 && (
        <div
          role="toolbar"
          aria-label="Selected issues"
          className="sticky bottom-4 z-10 mx-auto mt-4 flex w-fit max-w-[calc(100%-1.5rem)] flex-wrap items-center justify-center gap-1.5 rounded-xl border border-edge bg-bg px-3 py-2 shadow-lg"
        >
          <span className="px-1 font-medium tabular-nums" aria-live="polite">
            {selected.length} selected
          </span>
          <IssueActions issues={selected} onCommand={(command) => run(command)} side="top" />
          <Button className="border-transparent" onClick={clear}>
            Clear
          </Button>
        </div>
      )}
    </>
  );
}

const ROW_LINK = "a[data-issue]";

function focusedRowId(list: HTMLElement | null): string | undefined {
  const row = document.activeElement?.closest("li");
  const link = row !== null && list?.contains(row ?? null) === true ? row?.querySelector<HTMLElement>(ROW_LINK) : null;
  return link?.dataset["issue"];
}

function moveFocus(list: HTMLElement | null, step: 1 | -1): void {
  const links = [...(list?.querySelectorAll<HTMLElement>(ROW_LINK) ?? [])];
  const at = links.findIndex((link) => link.dataset["issue"] === focusedRowId(list));
  const next = at < 0 ? links[0] : links[at + step];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

function NothingMatches({ projectSlug, filter }: { projectSlug: string; filter: IssueFilter }) {
  if (filter.status === "unresolved" && filter.level === undefined && filter.query === undefined) {
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
