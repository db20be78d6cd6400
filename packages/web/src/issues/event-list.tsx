import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { issueEventsQuery } from "../api/queries.ts";
import { Button } from "../ui/button.tsx";
import { Failure } from "../ui/failure.tsx";
import { LevelMark } from "../ui/level-mark.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { settle } from "../ui/settle.ts";
import { Bone } from "../ui/skeleton.tsx";
import { uniqueById } from "../ui/unique-by-id.ts";

export function EventList({ issueId }: { issueId: string }) {
  const events = useInfiniteQuery(issueEventsQuery(issueId));

  if (events.isPending) return <Bone className="h-32 w-full" />;
  if (events.data === undefined) {
    return (
      <Failure title="The events could not be loaded." error={events.error} onRetry={() => void events.refetch()} />
    );
  }
  const rows = uniqueById(events.data.pages.flatMap((page) => page.data));
  if (rows.length === 0) return <p className="text-faint">No event is stored any more.</p>;
  return (
    <>
      <ul aria-label="Events" ref={settle} className="divide-y rounded-lg border">
        {rows.map((event) => (
          <li key={event.id} className="arrives">
            <Link
              to="/issues/$issueId/events/$eventId"
              params={{ issueId, eventId: event.id }}
              className="flex items-center gap-2 px-2.5 py-1.5 hover:bg-hover focus-visible:-outline-offset-2"
            >
              <LevelMark level={event.level} />
              <code className="shrink-0 text-faint">{event.id.slice(0, 8)}</code>
              <span className="min-w-0 grow truncate text-dim" title={event.message}>
                {event.message}
              </span>
              <span className="text-xs text-faint">
                <RelativeTime at={event.received_at} />
              </span>
            </Link>
          </li>
        ))}
      </ul>
      {events.hasNextPage && (
        <Button className="mt-2" disabled={events.isFetchingNextPage} onClick={() => void events.fetchNextPage()}>
          {events.isFetchingNextPage ? "Loading…" : "Older events"}
        </Button>
      )}
    </>
  );
}
