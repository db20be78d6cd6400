import type { EventStored, Occasion } from "@mesher/protocol";
import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useLayoutEffect, useRef, useState } from "react";
import { WINDOWED } from "../app/keep-focus.ts";
import { LevelMark } from "../ui/level-mark.tsx";
import { formatClock } from "../ui/time.ts";
import { useKeys } from "../ui/use-keys.ts";
import type { LiveRow, LiveRowStore } from "./live-rows.ts";

/** Every row is as high, so that nothing has to be measured. */
const ROW_PX = 44;
/** Rows above and below what is in sight, for fast scrolling. */
const SPARE_ROWS = 12;

/** `added`: rows that were ever put on top. Only those in sight are in the document, however many there are. */
export function LiveList({ store, size, added }: { store: LiveRowStore; size: number; added: number }) {
  const frame = useRef<HTMLDivElement>(null);
  const addedBefore = useRef(added);
  const [addedAtTop, setAddedAtTop] = useState<number>();
  // oxlint-disable-next-line react/incompatible-library -- it is about the React Compiler, which does not build these pages
  const virtual = useVirtualizer({
    count: size,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW_PX,
    overscan: SPARE_ROWS,
    getItemKey: (index) => store.rowAt(index)?.key ?? index,
  });

  // Whoever has scrolled down, or is at a row with the keyboard, reads on while events come in above.
  useLayoutEffect(() => {
    const list = frame.current;
    const more = added - addedBefore.current;
    addedBefore.current = added;
    if (list === null || more === 0) return;
    const isHeld = list.scrollTop > 0 || (list.contains(document.activeElement) && document.activeElement !== list);
    if (isHeld) list.scrollTop += more * ROW_PX;
  }, [added]);

  const step = (by: 1 | -1) => {
    const links = [...(frame.current?.querySelectorAll<HTMLElement>("a") ?? [])];
    const at = links.findIndex((link) => link === document.activeElement);
    links[at === -1 ? firstInSight(links, frame.current) : at + by]?.focus();
  };
  useKeys({ j: () => step(1), k: () => step(-1) });

  const newer = addedAtTop === undefined ? 0 : added - addedAtTop;
  return (
    <div className="relative min-h-0 grow">
      <div
        ref={frame}
        tabIndex={0}
        role="region"
        aria-label="Events"
        onScroll={({ currentTarget: { scrollTop } }) => {
          const isAway = scrollTop > 0;
          if (isAway !== (addedAtTop !== undefined)) setAddedAtTop(isAway ? added : undefined);
        }}
        className="h-full overflow-y-auto border-t [overflow-anchor:none] focus-visible:-outline-offset-2"
      >
        <ol className="relative" style={{ height: virtual.getTotalSize() }} {...WINDOWED}>
          {virtual.getVirtualItems().map(({ key, index, start }) => {
            const row = store.rowAt(index);
            return row === undefined ? null : (
              <li
                key={key}
                aria-posinset={index + 1}
                aria-setsize={size}
                className="absolute inset-x-0 border-b"
                style={{ top: start, height: ROW_PX }}
              >
                {row.kind === "event" ? <EventRow event={row.event} /> : <MissingRow row={row} />}
              </li>
            );
          })}
        </ol>
      </div>
      {newer > 0 && (
        <button
          type="button"
          onClick={() => frame.current?.scrollTo({ top: 0 })}
          className="absolute top-3 left-1/2 -translate-x-1/2 rounded-full border border-edge bg-bg px-3 py-1 text-xs font-medium tabular-nums shadow-lg hover:bg-raised"
        >
          ↑ {newer.toLocaleString("en")} newer
        </button>
      )}
    </div>
  );
}

function firstInSight(links: readonly HTMLElement[], list: HTMLElement | null): number {
  const top = list?.getBoundingClientRect().top ?? 0;
  return links.findIndex((link) => link.getBoundingClientRect().top >= top);
}

/** What should stand here is not known: said, never hidden. */
function MissingRow({ row }: { row: Exclude<LiveRow, { kind: "event" }> }) {
  return (
    <p className="flex h-full items-center gap-3 bg-amber-wash px-4 text-xs text-amber sm:px-6">
      {row.kind === "dropped"
        ? `${row.count.toLocaleString("en")} ${row.count === 1 ? "event" : "events"} left out here: they came faster than this browser took them.`
        : "Some events may be missing here: a connection was away. The list of issues has them all."}
    </p>
  );
}

const OCCASION: Readonly<Record<Occasion, string | undefined>> = {
  new_issue: "New",
  regression: "Regression",
  archive_ended: "Back",
  repeat: undefined,
};

function EventRow({ event }: { event: EventStored }) {
  const occasion = OCCASION[event.occasion];
  const { level, message, culprit, environment, release, received_at } = event.data;
  return (
    <Link
      to="/issues/$issueId/events/$eventId"
      params={{ issueId: event.issue_id, eventId: event.event_id }}
      className="flex h-full items-center gap-3 px-4 hover:bg-hover focus-visible:-outline-offset-2 sm:px-6"
    >
      <LevelMark level={level} />
      <span className="min-w-0 grow leading-4">
        <span className="flex min-w-0 items-baseline gap-2">
          <span className="min-w-0 truncate font-medium">{message === "" ? "(no message)" : message}</span>
          {occasion !== undefined && (
            <span
              className={`shrink-0 text-xs font-medium ${event.occasion === "regression" ? "text-red" : "text-amber"}`}
            >
              {occasion}
            </span>
          )}
        </span>
        <span className="flex min-w-0 gap-2 text-[0.6875rem] text-dim">
          <span className="truncate font-mono">{culprit}</span>
          {environment !== null && <span className="shrink-0 text-faint">{environment}</span>}
          {release !== null && <span className="truncate text-faint">{release}</span>}
        </span>
      </span>
      <time dateTime={received_at} className="shrink-0 font-mono text-[0.6875rem] text-faint">
        {formatClock(received_at)}
      </time>
    </Link>
  );
}
