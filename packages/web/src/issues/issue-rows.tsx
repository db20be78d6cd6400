import type { ApiIssueCommand, ApiListedIssue } from "@mesher/protocol";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { type FocusEvent, useEffect, useEffectEvent, useLayoutEffect, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { useIssueCommands, useMatchingCommands } from "../api/issue-commands.ts";
import { useMerge } from "../api/merge-commands.ts";
import { isByKeys, isFocusNowhere, isFocusWanted, WINDOWED } from "../app/keep-focus.ts";
import { Button } from "../ui/button.tsx";
import { useKeptState } from "../ui/kept-state.ts";
import { useIsWide } from "../ui/media.ts";
import { settle } from "../ui/settle.ts";
import { Bone } from "../ui/skeleton.tsx";
import { useKeys } from "../ui/use-keys.ts";
import { holdOrder } from "./hold-order.ts";
import { IssueColumns, IssueRow, ROW_HEIGHT, ROW_LINK } from "./issue-row.tsx";
import type { IssueFilter, IssuesSearch } from "./issues-search.ts";
import { takeInHand } from "./list-in-hand.ts";
import { SEARCH_BOX_ID } from "./search-box.tsx";
import { SelectionBar } from "./selection-bar.tsx";

/** Rows kept ready above and below what is on screen. */
const OVERSCAN = 10;
/** The next page is asked for when so many rows are left below. */
const ROWS_AHEAD = 15;

interface IssueRowsProps {
  /** Of the list: what is kept of one says nothing of another. */
  readonly name: string;
  readonly projectSlug: string;
  readonly filter: IssueFilter;
  readonly search: IssuesSearch;
  readonly issues: readonly ApiListedIssue[];
  readonly hasMore: boolean;
  readonly onMore: () => void;
}

/** However many rows there are, only those on screen are in the document. */
export function IssueRows({ name, projectSlug, filter, search, issues, hasMore, onMore }: IssueRowsProps) {
  const list = useRef<HTMLUListElement>(null);
  /** The order in which somebody found the rows who is among them now; undefined: nobody is. */
  const [heldIds, setHeldIds] = useKeptState<readonly string[] | undefined>(`held ${name}`, undefined);
  const { shown, waiting } = heldIds === undefined ? { shown: issues, waiting: 0 } : holdOrder(heldIds, issues);
  const [selectedIds, setSelectedIds] = useKeptState<ReadonlySet<string>>(`selected ${name}`, new Set());
  /** All that match are meant, also those that are not loaded. */
  const [isAllMatching, setAllMatching] = useKeptState(`all matching ${name}`, false);
  const [activeId, setActiveId] = useKeptState<string | undefined>(`active ${name}`, undefined);
  const [lastToggledId, setLastToggledId] = useState<string>();
  const selected = shown.filter(({ id }) => selectedIds.has(id));
  const commands = useIssueCommands();
  const matchingCommands = useMatchingCommands();
  const merge = useMerge();

  const isWide = useIsWide();
  const height = ROW_HEIGHT[isWide ? "wide" : "narrow"];
  const [top, setTop] = useState(0);
  // oxlint-disable-next-line react/incompatible-library -- it is about the React Compiler, which does not build these pages
  const rows = useWindowVirtualizer({
    count: shown.length + (hasMore ? 1 : 0),
    estimateSize: () => height,
    overscan: OVERSCAN,
    scrollMargin: top,
    getItemKey: (index) => shown[index]?.id ?? "more",
    useFlushSync: false,
  });
  useLayoutEffect(() => rows.measure(), [rows, height]);
  useLayoutEffect(() => {
    const element = list.current;
    if (element !== null) setTop(Math.round(element.getBoundingClientRect().top + window.scrollY));
  }, []);

  const items = rows.getVirtualItems();
  const lastOnScreen = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && lastOnScreen >= shown.length - ROWS_AHEAD) onMore();
  });

  const shortIds = shown.map(({ short_id }) => short_id).join(" ");
  useEffect(() => takeInHand({ projectSlug, search, shortIds: shortIds.split(" ") }), [projectSlug, search, shortIds]);

  // Whoever comes back goes on where they were, as soon as the page has scrolled there.
  const comesBackTo = useRef(activeId);
  useEffect(() => {
    const link = comesBackTo.current === undefined ? null : linkOf(list.current, comesBackTo.current);
    if (link === null) return;
    comesBackTo.current = undefined;
    if (isFocusNowhere()) link.focus({ preventScroll: true });
  });
  // Whoever resolves a row goes on with the one that takes its place.
  const activeAt = useRef<number>(undefined);
  useEffect(() => {
    const at = shown.findIndex(({ id }) => id === activeId);
    const next =
      at >= 0 || activeAt.current === undefined ? undefined : shown[Math.min(activeAt.current, shown.length - 1)];
    if (next !== undefined && isFocusWanted()) linkOf(list.current, next.id)?.focus({ preventScroll: true });
    activeAt.current = at < 0 ? undefined : at;
  });

  const hold = () => setHeldIds((held) => held ?? issues.map(({ id }) => id));
  const holdWhileAway = useEffectEvent(() => {
    if (window.scrollY > top) hold();
  });
  useEffect(() => {
    window.addEventListener("scroll", holdWhileAway, { passive: true });
    return () => window.removeEventListener("scroll", holdWhileAway);
  }, []);
  const release = () => {
    if (selectedIds.size === 0 && window.scrollY <= top) setHeldIds(undefined);
  };
  const releaseOutside = ({ currentTarget, relatedTarget }: FocusEvent) => {
    if (!currentTarget.contains(relatedTarget)) release();
  };
  const clear = () => {
    setSelectedIds(new Set());
    setAllMatching(false);
    setHeldIds(undefined);
  };
  const showWaiting = () => {
    clear();
    window.scrollTo({ top: 0 });
  };
  const toggle = (id: string, isRange = false) => {
    hold();
    setAllMatching(false);
    setLastToggledId(id);
    const range = isRange ? idsBetween(shown, lastToggledId, id) : [id];
    setSelectedIds((ids) => {
      const next = new Set(ids);
      for (const each of range)
        if (ids.has(id)) next.delete(each);
        else next.add(each);
      return next;
    });
  };
  const run = (command: ApiIssueCommand, on = selected) => {
    if (isAllMatching) matchingCommands.mutate({ projectSlug, filter, command });
    else if (on.length > 0) commands.mutate({ issues: on, command });
    clear();
  };

  const focused = () => shown.find(({ id }) => id === focusedRowId(list.current));
  const aimed = () => (selected.length > 0 ? selected : [focused()].filter((issue) => issue !== undefined));
  const move = (step: 1 | -1) => {
    const known = shown.findIndex(({ id }) => id === (focusedRowId(list.current) ?? activeId));
    const isOnScreen = items.some(({ index }) => index === known);
    const firstOnScreen = items.find(({ start }) => start >= window.scrollY)?.index ?? 0;
    const next = isOnScreen ? Math.min(shown.length - 1, Math.max(0, known + step)) : firstOnScreen;
    const issue = shown[next];
    if (issue === undefined) return;
    rows.scrollToIndex(next);
    linkOf(list.current, issue.id)?.focus({ preventScroll: true });
  };
  useKeys({
    j: () => move(1),
    k: () => move(-1),
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

  const isAllSelected = selected.length === shown.length;
  return (
    <>
      <IssueColumns
        isAllSelected={isAllSelected}
        search={search}
        projectSlug={projectSlug}
        onSelectAll={() => {
          hold();
          setAllMatching(false);
          setSelectedIds(isAllSelected ? new Set() : new Set(shown.map(({ id }) => id)));
        }}
      />
      <div onPointerEnter={hold} onPointerLeave={release} onFocus={hold} onBlur={releaseOutside}>
        {/* Over the list, not in it: what says that rows wait must not move them either. */}
        <div role="status" className="pointer-events-none sticky top-9 z-10 flex h-0 justify-center">
          {waiting > 0 && (
            <Button className="pointer-events-auto -translate-y-full rounded-full shadow-md" onClick={showWaiting}>
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
          style={{ height: rows.getTotalSize() }}
          className="relative"
          {...WINDOWED}
        >
          {items.map(({ index, start }) => {
            const issue = shown[index];
            const style = { height: isWide ? height : undefined, transform: `translateY(${start - top}px)` };
            if (issue === undefined) return <MoreComing key="more" style={style} />;
            return (
              <IssueRow
                key={issue.id}
                issue={issue}
                measure={rows.measureElement}
                place={{ index, count: hasMore ? -1 : shown.length, style }}
                unit={filter.stats === "24h" ? "hour" : "day"}
                isSelected={isAllMatching || selectedIds.has(issue.id)}
                onToggle={(isRange) => toggle(issue.id, isRange)}
                onActive={() => setActiveId(issue.id)}
              />
            );
          })}
        </ul>
      </div>
      {selected.length > 0 && (
        <SelectionBar
          issues={selected}
          isAllMatching={isAllMatching}
          matchingStatus={filter.status}
          onAllMatching={isAllSelected && hasMore && !isAllMatching ? () => setAllMatching(true) : undefined}
          onCommand={(command) => run(command)}
          onMerge={(into, others) => {
            merge.mutate({ into, issues: others });
            clear();
          }}
          onClear={clear}
          onFocusLost={() => isByKeys() && linkOf(list.current, activeId ?? "")?.focus({ preventScroll: true })}
        />
      )}
    </>
  );
}

function MoreComing({ style }: { style: React.CSSProperties }) {
  return (
    <li aria-label="More are loading" style={style} className="absolute inset-x-0 top-0 px-4 py-3 sm:px-6">
      <Bone className="ml-9 h-3 w-2/5" />
      <Bone className="mt-2 ml-9 h-2.5 w-1/4" />
    </li>
  );
}

function focusedRowId(list: HTMLElement | null): string | undefined {
  const row = document.activeElement?.closest("li") ?? null;
  if (row === null || list?.contains(row) !== true) return undefined;
  return row.querySelector<HTMLElement>(ROW_LINK)?.dataset["issue"];
}

function linkOf(list: HTMLElement | null, id: string): HTMLElement | null {
  return list?.querySelector<HTMLElement>(`a[data-issue="${CSS.escape(id)}"]`) ?? null;
}

/** Those of a list between two of it, both included. */
function idsBetween(rows: readonly { readonly id: string }[], from: string | undefined, to: string): string[] {
  const ends = [rows.findIndex(({ id }) => id === from), rows.findIndex(({ id }) => id === to)];
  const [first = 0, last = 0] = ends.includes(-1) ? [ends[1], ends[1]] : ends.toSorted((a, b) => a - b);
  return rows.slice(first, last + 1).map(({ id }) => id);
}
