import type { ApiFoundEvent } from "@mesher/protocol";
import { Link } from "@tanstack/react-router";
import { LevelMark } from "../ui/level-mark.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { settle } from "../ui/settle.ts";

const COLUMNS =
  "grid grid-cols-[auto_minmax(0,1fr)_auto] gap-x-3 px-3 md:grid-cols-[auto_minmax(0,1fr)_minmax(0,9rem)_minmax(0,7rem)_minmax(0,7rem)_5rem] @4xl:grid-cols-[auto_minmax(0,1fr)_minmax(0,14rem)_minmax(0,11rem)_minmax(0,7rem)_5rem]";

interface EventTableProps {
  readonly events: readonly ApiFoundEvent[];
  /** Whose events they are, by its short name; absent: each row names its own. */
  readonly issueId?: string;
}

/** Events as lines of a table; on a narrow screen what a line has no room for stands below the message. */
export function EventTable({ events, issueId }: EventTableProps) {
  return (
    <div className="@container overflow-hidden rounded-lg border">
      <div aria-hidden className={`hidden border-b bg-raised/60 py-1.5 text-xs text-faint md:grid ${COLUMNS}`}>
        <span className="size-3" />
        <span>Message</span>
        <span>User</span>
        <span>Release</span>
        <span>Environment</span>
        <span className="text-right">Received</span>
      </div>
      <ul aria-label="Events" ref={settle} className="divide-y">
        {events.map((event) => (
          <li key={event.id} className="arrives">
            <EventLine event={event} issueId={issueId ?? event.issue_id} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function EventLine({ event, issueId }: { event: ApiFoundEvent; issueId: string }) {
  const user = userOf(event.tags);
  const surroundings = [event.tags["browser"] ?? event.tags["runtime"], event.tags["os"]].filter(Boolean).join(", ");
  return (
    <Link
      to="/issues/$issueId/events/$eventId"
      params={{ issueId, eventId: event.id }}
      className={`items-baseline py-1.5 hover:bg-hover focus-visible:-outline-offset-2 ${COLUMNS}`}
    >
      <LevelMark level={event.level} className="mt-1 self-start" />
      <span className="min-w-0">
        <span className="block truncate" title={event.message}>
          {event.message || "(no message)"}
        </span>
        <span className="flex min-w-0 gap-2 text-xs text-faint">
          <code className="shrink-0 text-[0.6875rem]">{event.id.slice(0, 8)}</code>
          <span className="truncate">{surroundings}</span>
        </span>
        <span className="block truncate text-xs text-dim md:hidden">
          {[user, event.release, event.environment].filter(Boolean).join(" · ")}
        </span>
      </span>
      <Fact name="user" text={user} />
      <Fact name="release" text={event.release ?? undefined} />
      <Fact name="environment" text={event.environment ?? undefined} />
      <span className="text-right text-xs text-faint">
        <RelativeTime at={event.received_at} />
      </span>
    </Link>
  );
}

function Fact({ name, text }: { name: string; text: string | undefined }) {
  if (text === undefined) return <span aria-hidden className="hidden text-faint md:block" />;
  return (
    <span className="hidden truncate text-dim md:block" title={text}>
      <span className="sr-only">{name} </span>
      {text}
    </span>
  );
}

/** By what people know each other best. */
function userOf(tags: Readonly<Record<string, string>>): string | undefined {
  return tags["user.email"] ?? tags["user.username"] ?? tags["user.id"] ?? tags["user.ip"];
}
