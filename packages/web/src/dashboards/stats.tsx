import type { ApiHealth } from "@mesher/protocol";
import type { UseQueryResult } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { formatCount } from "../ui/count.ts";
import { Bone } from "../ui/skeleton.tsx";

interface StatsProps {
  readonly projectSlug: string;
  /** Of the range; undefined: not known yet. */
  readonly events: number | undefined;
  readonly users: number | undefined;
  readonly health: UseQueryResult<ApiHealth>;
}

/** The state of a project in four numbers. */
export function Stats({ projectSlug, events, users, health }: StatsProps) {
  const { data, isError } = health;
  return (
    <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-lg border bg-line sm:grid-cols-4">
      <Stat name="Events" count={events} />
      <Stat name="Users affected" count={users} />
      <Stat name="Unresolved issues" count={data?.unresolved_count} isUnknown={isError}>
        {(count) => (
          <Link to="/projects/$slug" params={{ slug: projectSlug }} className="rounded hover:underline">
            {count}
          </Link>
        )}
      </Stat>
      <Stat name="New today" count={data?.new_today} isUnknown={isError}>
        {(count) => (
          <Link
            to="/projects/$slug"
            params={{ slug: projectSlug }}
            search={{ sort: "first_seen", status: "all" }}
            className="rounded hover:underline"
          >
            {count}
          </Link>
        )}
      </Stat>
    </dl>
  );
}

function Stat(props: {
  name: string;
  count: number | undefined;
  isUnknown?: boolean;
  children?: (count: ReactNode) => ReactNode;
}) {
  const { name, count, isUnknown = false, children = (text) => text } = props;
  return (
    <div className="flex flex-col-reverse justify-end bg-bg px-4 py-3">
      <dt className="text-xs text-dim">{name}</dt>
      <dd className="h-7 text-lg font-semibold tracking-tight tabular-nums" title={count?.toLocaleString("en")}>
        {count !== undefined ? children(formatCount(count)) : isUnknown ? "–" : <Bone className="mt-1.5 h-4 w-12" />}
      </dd>
    </div>
  );
}
