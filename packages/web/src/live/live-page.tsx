import { type EventStored, LEVELS, type Level, type Occasion } from "@mesher/protocol";
import { Link, useNavigate } from "@tanstack/react-router";
import { useLayoutEffect, useRef, useState, useSyncExternalStore } from "react";
import { Button } from "../ui/button.tsx";
import { inputClass } from "../ui/field.tsx";
import { Form, textOf } from "../ui/form.tsx";
import { LevelMark } from "../ui/level-mark.tsx";
import { Notice } from "../ui/notice.tsx";
import { formatClock } from "../ui/time.ts";
import { feedOf } from "./feed.ts";
import { LiveRowStore, type LiveRows } from "./live-rows.ts";

export interface LiveSearch {
  readonly level?: Level | undefined;
  readonly environment?: string | undefined;
  readonly release?: string | undefined;
}

/** Every row is as high, so that only those in sight have to be there. */
const ROW_PX = 44;
/** Rows above and below what is in sight, for fast scrolling. */
const SPARE_ROWS = 12;

export function LivePage({ projectSlug, search }: { projectSlug: string; search: LiveSearch }) {
  const query = new URLSearchParams(
    Object.entries(search).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  ).toString();
  return <Stream key={`${projectSlug}?${query}`} projectSlug={projectSlug} query={query} search={search} />;
}

function Stream({ projectSlug, query, search }: { projectSlug: string; query: string; search: LiveSearch }) {
  const [store] = useState(() => new LiveRowStore(feedOf(projectSlug, query)));
  const live = useSyncExternalStore(store.subscribe, store.read);
  const { rows, waiting, dropped, isPaused } = live;
  return (
    <div className="flex h-[calc(100dvh-3rem)] flex-col lg:h-dvh">
      <title>Live · Mesher</title>
      <div className="flex min-h-13 flex-wrap items-center gap-2 px-4 py-2 sm:px-6">
        <h1 className="mr-2 text-[0.9375rem] font-semibold">Live</h1>
        <span role="status" className="text-dim tabular-nums">
          {isPaused ? `Paused, ${waiting} waiting` : `${rows.length} ${rows.length === 1 ? "event" : "events"}`}
          {dropped > 0 && `, ${dropped} too fast to show`}
        </span>
        <span className="grow" />
        <Button aria-pressed={isPaused} onClick={() => store.pause(!isPaused)}>
          {isPaused ? "Resume" : "Pause"}
        </Button>
        <Button onClick={() => store.clear()} disabled={rows.length === 0 && waiting === 0}>
          Clear
        </Button>
      </div>
      <LiveFilters search={search} />
      {rows.length === 0 ? (
        <div className="border-t">
          <Notice title={query === "" ? "Nothing has happened since you came." : "Nothing that matches has happened."}>
            Events appear here as they are stored.
          </Notice>
        </div>
      ) : (
        <VirtualRows live={live} />
      )}
    </div>
  );
}

function LiveFilters({ search }: { search: LiveSearch }) {
  const navigate = useNavigate({ from: "/projects/$slug/live" });
  const apply = (data: FormData) => {
    const given = (name: string) => textOf(data, name) || undefined;
    void navigate({
      search: {
        level: LEVELS.find((level) => level === given("level")),
        environment: given("environment"),
        release: given("release"),
      },
    });
  };
  return (
    <Form
      onData={apply}
      onChange={(changed) => {
        if (changed.target instanceof HTMLSelectElement) changed.currentTarget.requestSubmit();
      }}
      className="flex gap-2 px-4 pb-3 sm:px-6"
    >
      <select name="level" aria-label="Level" defaultValue={search.level ?? ""} className={`${inputClass} max-w-32`}>
        <option value="">All levels</option>
        {LEVELS.map((level) => (
          <option key={level} value={level}>
            {level}
          </option>
        ))}
      </select>
      <input
        name="environment"
        aria-label="Environment"
        placeholder="Environment"
        defaultValue={search.environment}
        className={`${inputClass} max-w-44`}
      />
      <input
        name="release"
        aria-label="Release"
        placeholder="Release"
        defaultValue={search.release}
        className={`${inputClass} max-w-44`}
      />
      <Button type="submit" className="h-8">
        Filter
      </Button>
    </Form>
  );
}

function VirtualRows({ live: { rows, added } }: { live: LiveRows }) {
  const frame = useRef<HTMLDivElement>(null);
  const addedBefore = useRef(added);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(0);

  useLayoutEffect(() => {
    if (frame.current === null) return undefined;
    const watcher = new ResizeObserver(([entry]) => setHeight(entry?.contentRect.height ?? 0));
    watcher.observe(frame.current);
    return () => watcher.disconnect();
  }, []);

  // Whoever has scrolled down reads on, while events come in above.
  useLayoutEffect(() => {
    const more = added - addedBefore.current;
    addedBefore.current = added;
    if (frame.current !== null && frame.current.scrollTop > 0) frame.current.scrollTop += more * ROW_PX;
  }, [added]);

  const first = Math.max(0, Math.floor(top / ROW_PX) - SPARE_ROWS);
  const last = Math.ceil((top + height) / ROW_PX) + SPARE_ROWS;
  return (
    <div
      ref={frame}
      tabIndex={0}
      role="region"
      aria-label="Events"
      onScroll={(scrolled) => setTop(scrolled.currentTarget.scrollTop)}
      className="min-h-0 grow overflow-y-auto border-t [overflow-anchor:none] focus-visible:-outline-offset-2"
    >
      <ol className="relative" style={{ height: rows.length * ROW_PX }}>
        {rows.slice(first, last).map((row, index) => (
          <LiveRow key={row.event_id} row={row} position={first + index} count={rows.length} />
        ))}
      </ol>
    </div>
  );
}

const OCCASION: Readonly<Record<Occasion, string | undefined>> = {
  new_issue: "New",
  regression: "Regression",
  archive_ended: "Back",
  repeat: undefined,
};

function LiveRow({ row, position, count }: { row: EventStored; position: number; count: number }) {
  const occasion = OCCASION[row.occasion];
  const { level, message, culprit, environment, release, received_at } = row.data;
  return (
    <li
      aria-posinset={position + 1}
      aria-setsize={count}
      className="absolute inset-x-0 border-b"
      style={{ top: position * ROW_PX, height: ROW_PX }}
    >
      <Link
        to="/issues/$issueId/events/$eventId"
        params={{ issueId: row.issue_id, eventId: row.event_id }}
        className="flex h-full items-center gap-3 px-4 hover:bg-hover focus-visible:-outline-offset-2 sm:px-6"
      >
        <LevelMark level={level} />
        <span className="min-w-0 grow leading-4">
          <span className="flex min-w-0 items-baseline gap-2">
            <span className="min-w-0 truncate font-medium">{message === "" ? "(no message)" : message}</span>
            {occasion !== undefined && (
              <span
                className={`shrink-0 text-xs font-medium ${row.occasion === "regression" ? "text-red" : "text-amber"}`}
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
    </li>
  );
}
