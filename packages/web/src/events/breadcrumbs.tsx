import type { Breadcrumb } from "@mesher/protocol";
import { useState } from "react";
import { Button } from "../ui/button.tsx";
import { LevelMark } from "../ui/level-mark.tsx";
import { Section } from "../ui/section.tsx";
import { formatBefore, formatClock, formatFull } from "../ui/time.ts";
import { ClampedText } from "./clamped-text.tsx";
import { JsonValue } from "./json-value.tsx";

/** The last ones tell most, and some SDKs send a hundred. */
const SHOWN_AT_FIRST = 15;

export function Breadcrumbs({ breadcrumbs, eventAt }: { breadcrumbs: readonly Breadcrumb[]; eventAt: string }) {
  const [showsAll, setShowsAll] = useState(false);
  const hidden = showsAll ? 0 : Math.max(0, breadcrumbs.length - SHOWN_AT_FIRST);
  return (
    <Section
      title="Breadcrumbs"
      aside={hidden > 0 && <Button onClick={() => setShowsAll(true)}>Show {hidden} earlier</Button>}
    >
      <ol aria-label="Breadcrumbs, oldest first" className="divide-y overflow-hidden rounded-lg border">
        {breadcrumbs.slice(hidden).map((breadcrumb, index) => (
          <BreadcrumbRow key={hidden + index} breadcrumb={breadcrumb} eventAt={eventAt} />
        ))}
      </ol>
    </Section>
  );
}

function BreadcrumbRow({ breadcrumb, eventAt }: { breadcrumb: Breadcrumb; eventAt: string }) {
  const { timestamp, category, type, level, message, data } = breadcrumb;
  const before = timestamp === undefined ? "" : formatBefore(timestamp, eventAt);
  const hasData = data !== undefined && Object.keys(data).length > 0;
  return (
    <li className="grid grid-cols-[auto_minmax(0,1fr)_auto] gap-x-2.5 px-3 py-1.5">
      <LevelMark level={level ?? "info"} className="mt-1" />
      <div className="min-w-0">
        <span className="mr-2 text-xs text-faint">{category ?? type ?? "breadcrumb"}</span>
        {message !== undefined && <ClampedText text={message} />}
        {hasData && <JsonValue value={data} />}
      </div>
      {timestamp !== undefined && (
        <time
          dateTime={timestamp}
          title={formatFull(timestamp)}
          className="flex flex-wrap justify-end gap-x-3 text-right text-xs text-faint tabular-nums"
        >
          {formatClock(timestamp)}
          {before !== "" && <span className="hidden min-w-14 sm:block">{before}</span>}
        </time>
      )}
    </li>
  );
}
