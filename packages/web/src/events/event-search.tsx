import type { ApiFoundEvent, ApiPage } from "@mesher/protocol";
import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { PERIODS, type Period } from "../issues/issues-search.ts";
import { SearchBox } from "../issues/search-box.tsx";
import { searchFault } from "../issues/search-fault.ts";
import { Button } from "../ui/button.tsx";
import { Failure } from "../ui/failure.tsx";
import { MoreButton } from "../ui/more-button.tsx";
import { Notice } from "../ui/notice.tsx";
import { Select } from "../ui/select.tsx";
import { Bone } from "../ui/skeleton.tsx";
import { StaleNotice } from "../ui/stale-notice.tsx";
import { formatSpan } from "../ui/time.ts";
import { uniqueById } from "../ui/unique-by-id.ts";
import type { EventRange } from "./event-range.ts";
import { EventTable } from "./event-table.tsx";

interface EventSearchProps {
  readonly projectSlug: string;
  readonly query: string | undefined;
  readonly range: EventRange;
  /** What no range at all means. */
  readonly anyTime: string;
  readonly onSearch: (query: string | undefined) => void;
  readonly onRange: (range: EventRange) => void;
  readonly events: UseInfiniteQueryResult<InfiniteData<ApiPage<ApiFoundEvent>>>;
  readonly issueId?: string;
  /** Where nothing at all was asked for, and there is nothing. */
  readonly whenEmpty: ReactNode;
}

/** Events, to be searched and paged through. */
export function EventSearch(props: EventSearchProps) {
  const { projectSlug, query, range, anyTime, onSearch, onRange, events, issueId, whenEmpty } = props;
  return (
    <div>
      <div className="flex flex-wrap items-start gap-2 pb-3">
        <SearchBox
          key={query}
          projectSlug={projectSlug}
          scope="event"
          query={query ?? ""}
          onSearch={(text) => onSearch(text === "" ? undefined : text)}
        />
        {range.from === undefined || range.to === undefined ? (
          <Select
            label="Range of time"
            value={range.period ?? ""}
            choices={{ "": anyTime, ...PERIODS }}
            onChoose={(value) => onRange(value === "" ? {} : { period: value as Period })}
          />
        ) : (
          <Button className="h-8!" aria-label="Any time again" onClick={() => onRange({})}>
            {formatSpan(range.from, range.to)} <span aria-hidden>×</span>
          </Button>
        )}
      </div>
      {searchFault(query ?? "", "event") === undefined && (
        <Found events={events} issueId={issueId} isNarrowed={query !== undefined || Object.values(range).some(Boolean)}>
          {whenEmpty}
        </Found>
      )}
    </div>
  );
}

function Found(props: {
  events: EventSearchProps["events"];
  issueId: string | undefined;
  isNarrowed: boolean;
  children: ReactNode;
}) {
  const { events, issueId, isNarrowed, children } = props;
  if (events.isPending) return <Bone className="h-64 w-full rounded-lg" />;
  if (events.data === undefined) {
    return (
      <Failure title="The events could not be loaded." error={events.error} onRetry={() => void events.refetch()} />
    );
  }
  const rows = uniqueById(events.data.pages.flatMap((page) => page.data));
  if (rows.length === 0) return isNarrowed ? <Notice title="No event matches." /> : children;
  return (
    <div aria-busy={events.isPlaceholderData} className={events.isPlaceholderData ? "opacity-60" : ""}>
      <StaleNotice error={events.error} readAtMs={events.dataUpdatedAt} />
      <EventTable events={rows} {...(issueId !== undefined && { issueId })} />
      {events.hasNextPage && (
        <MoreButton isLoading={events.isFetchingNextPage} onClick={() => void events.fetchNextPage()}>
          Older events
        </MoreButton>
      )}
    </div>
  );
}
