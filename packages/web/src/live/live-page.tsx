import { LEVELS, type Level, SEARCH_LENGTH_MAX } from "@mesher/protocol";
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useState, useSyncExternalStore } from "react";
import { searchFault } from "../issues/search-fault.ts";
import { Button } from "../ui/button.tsx";
import { inputClass } from "../ui/field.tsx";
import { Form, textOf } from "../ui/form.tsx";
import { Notice } from "../ui/notice.tsx";
import { useKeys } from "../ui/use-keys.ts";
import { type Feed, type FeedState, feedOf } from "./feed.ts";
import { LiveList } from "./live-list.tsx";
import { LiveRowStore, ROWS_MAX } from "./live-rows.ts";

export interface LiveSearch {
  readonly level?: Level | undefined;
  readonly environment?: string | undefined;
  readonly release?: string | undefined;
  /** A search of events. */
  readonly query?: string | undefined;
}

export function LivePage({ projectSlug, search }: { projectSlug: string; search: LiveSearch }) {
  const query = new URLSearchParams(
    Object.entries(search).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  ).toString();
  // Asked here, since a browser does not tell why a stream was refused.
  const fault = searchFault(search.query ?? "", "event");
  return (
    <div className="flex h-[calc(100dvh-3rem)] flex-col lg:h-dvh">
      <title>Live · Mesher</title>
      {fault !== undefined && (
        <>
          <div className="flex min-h-13 items-center px-4 sm:px-6">
            <h1 className="text-[0.9375rem] font-semibold">Live</h1>
          </div>
          <LiveFilters key={query} search={search} />
          <Notice title="The search cannot be understood." alert>
            {fault.message}
          </Notice>
        </>
      )}
      {fault === undefined && (
        <Stream key={`${projectSlug}?${query}`} feed={feedOf(projectSlug, query)} isFiltered={query !== ""}>
          <LiveFilters key={query} search={search} />
        </Stream>
      )}
    </div>
  );
}

function Stream({ feed, isFiltered, children }: { feed: Feed; isFiltered: boolean; children: ReactNode }) {
  const [store] = useState(() => new LiveRowStore(feed));
  const { size, added, waiting, isPaused } = useSyncExternalStore(store.subscribe, store.read);
  const toggle = () => store.pause(!isPaused);
  useKeys({ p: toggle, c: () => store.clear() });
  return (
    <>
      <div className="flex min-h-13 shrink-0 flex-wrap items-center gap-x-3 gap-y-2 px-4 py-2 sm:px-6">
        <h1 className="text-[0.9375rem] font-semibold">Live</h1>
        <Connection feed={feed} />
        <span className="text-dim tabular-nums">
          {isPaused ? `Paused, ${waiting.toLocaleString("en")} waiting` : countOf(size)}
        </span>
        <span className="grow" />
        <div className="flex gap-2">
          <Button aria-pressed={isPaused} aria-keyshortcuts="p" onClick={toggle}>
            {isPaused ? "Resume" : "Pause"}
          </Button>
          <Button aria-keyshortcuts="c" onClick={() => store.clear()} disabled={size === 0 && waiting === 0}>
            Clear
          </Button>
        </div>
      </div>
      {children}
      {size === 0 ? (
        <div className="border-t">
          <Notice title={isFiltered ? "Nothing that matches has happened." : "Nothing has happened since you came."}>
            {isPaused && waiting > 0
              ? "What came in the meantime waits until you resume."
              : "Events appear here as they are stored, from every node."}
          </Notice>
        </div>
      ) : (
        <LiveList store={store} size={size} added={added} />
      )}
    </>
  );
}

function countOf(rows: number): string {
  if (rows >= ROWS_MAX) return `the last ${ROWS_MAX.toLocaleString("en")} events`;
  return `${rows.toLocaleString("en")} ${rows === 1 ? "event" : "events"}`;
}

const STATE: Readonly<Record<FeedState, { readonly dot: string; readonly text: string }>> = {
  connected: { dot: "bg-green", text: "Connected" },
  connecting: { dot: "bg-mark pulses", text: "Connecting…" },
  away: { dot: "bg-red", text: "Connection lost, reconnecting…" },
};

function Connection({ feed }: { feed: Feed }) {
  const state = useSyncExternalStore(
    (listener) => feed.listenToState(listener),
    () => feed.state,
  );
  const { dot, text } = STATE[state];
  return (
    <span role="status" className="inline-flex items-center gap-1.5 text-xs text-dim">
      <span aria-hidden className={`size-2 rounded-full ${dot}`} />
      {/* Where there is little room, only what is not as it should be needs words. */}
      <span className={state === "connected" ? "max-sm:sr-only" : ""}>{text}</span>
    </span>
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
        query: given("query"),
      },
    });
  };
  const isFiltered = Object.values(search).some((value) => value !== undefined);
  return (
    <Form
      aria-label="Filters"
      onData={apply}
      onChange={(changed) => {
        if (changed.target instanceof HTMLSelectElement) changed.currentTarget.requestSubmit();
      }}
      className="grid shrink-0 grid-cols-2 gap-2 px-4 pb-3 sm:flex sm:flex-wrap sm:px-6"
    >
      <select name="level" aria-label="Level" defaultValue={search.level ?? ""} className={`${inputClass} sm:max-w-32`}>
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
        maxLength={200}
        defaultValue={search.environment}
        className={`${inputClass} sm:max-w-44`}
      />
      <input
        name="release"
        aria-label="Release"
        placeholder="Release"
        maxLength={200}
        defaultValue={search.release}
        className={`${inputClass} max-sm:col-span-2 sm:max-w-44`}
      />
      <div className="col-span-2 flex gap-2 sm:grow">
        <input
          name="query"
          type="search"
          aria-label="Search"
          placeholder='"card declined" browser:Firefox'
          maxLength={SEARCH_LENGTH_MAX}
          spellCheck={false}
          defaultValue={search.query}
          className={`${inputClass} sm:max-w-80`}
        />
        <Button type="submit" className="h-8">
          Filter
        </Button>
        {isFiltered && (
          <Button className="h-8" onClick={() => void navigate({ search: {} })}>
            Show all
          </Button>
        )}
      </div>
    </Form>
  );
}
